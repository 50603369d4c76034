"""Who may read and write once authentication is on, and that no forged token, header or shortcut changes that."""

import hashlib
import hmac
import json
import logging
from collections.abc import Iterator

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from joserfc.jwk import OKPKey

import add_product
from apps import Api, Apps, close
from catalog import counters
from catalog.page_tokens import AUDIENCE, ISSUER
from keys import claims, private_pem, segment, signed
from secured import NEW, PRODUCTS, Secured, assert_refused, bearing
from serving import bearer
from serving import guard as guarding

OPEN = {"/livez", "/readyz", "/api/v1/openapi.json"}


@pytest.mark.usefixtures("api")
def test_writing_needs_a_token_and_the_role_of_an_editor(secured: Secured) -> None:
    assert_refused(secured.write(), 401)
    assert_refused(secured.write(secured.token("reader")), 403, "insufficient_scope")
    assert secured.write(secured.token()).status_code == 201


@pytest.mark.usefixtures("api")
def test_everybody_may_read_unless_the_installation_says_otherwise(secured: Secured, closed: Secured) -> None:
    assert secured.list().status_code == 200
    assert secured.list(secured.token("reader")).status_code == 200
    assert_refused(closed.list(), 401)
    assert closed.list(closed.token("reader")).status_code == 200
    assert closed.list(closed.token("editor")).status_code == 200


@pytest.mark.usefixtures("api")
def test_a_bad_token_is_refused_where_everybody_may_read(secured: Secured) -> None:
    assert secured.list().status_code == 200
    assert_refused(secured.list(bearing("x")), 401, "invalid_token")


@pytest.mark.usefixtures("api")
@pytest.mark.parametrize("query", ["", "?limit=5", "?q=thing"])
def test_a_cached_page_is_for_those_who_may_read_it(closed: Secured, query: str) -> None:
    client = closed.read.test_client()
    reader = closed.token("reader")
    for _ in range(3):
        answer = client.get(PRODUCTS + query, headers=reader)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "private, max-age=60"
    assert "Age" in answer.headers, "otherwise this tries no cached page"
    for headers in ({}, bearing("x"), closed.token("reader", exp=1, iat=0), {"Authorization": "Basic YTpi"}):
        for _ in range(2):
            assert client.get(PRODUCTS + query, headers=headers).status_code == 401
            assert client.head(PRODUCTS + query, headers=headers).status_code == 401


@pytest.mark.usefixtures("api")
def test_no_shared_cache_may_keep_what_only_some_may_read(closed: Secured, api: Api) -> None:
    product = api.create()
    client = closed.read.test_client()
    for path in (PRODUCTS, f"{PRODUCTS}/{product['id']}", f"{PRODUCTS}/export", "/api/v1/imports"):
        control = client.get(path, headers=closed.token("reader")).headers["Cache-Control"]
        assert control == "no-store" or control.startswith("private, "), path


@pytest.mark.usefixtures("api")
@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "bearer  ", "Bearer a b", "Bearer a, Bearer b", "Bearer é", "Bearer a\tb",
     f"Bearer {'a' * 8001}", f"Bearer {'a' * 4000}.{'b' * 3000}.{'c' * 500}",
     "Bearer " + ".".join((segment({}), segment(b'{"deep":' + b"[" * 2500 + b"]" * 2500 + b"}"), "AA"))],
)  # fmt: skip
def test_a_header_without_one_token_is_refused(secured: Secured, authorization: str) -> None:
    answer = secured.list({"Authorization": authorization})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.usefixtures("api")
def test_another_scheme_is_refused_without_an_error_code(secured: Secured) -> None:
    assert_refused(secured.list({"Authorization": "Basic YTpi"}), 401)
    assert_refused(secured.write({"Authorization": "Digest x"}), 401)


@pytest.mark.usefixtures("api")
def test_two_authorization_headers_are_refused_even_if_one_is_good(secured: Secured) -> None:
    good = secured.token()["Authorization"]
    client = secured.add.test_client()
    assert (
        client.post(PRODUCTS, json=NEW, headers=[("Authorization", good), ("Authorization", good)]).status_code == 401
    )


@pytest.mark.usefixtures("api")
def test_forged_tokens_write_nothing(secured: Secured, api: Api) -> None:
    forger, ours = Ed25519PrivateKey.generate(), OKPKey.import_key(secured.key)
    theirs = OKPKey.import_key(forger)
    public = {name: value for name, value in theirs.as_dict(private=False).items() if name != "kid"}
    kid = ours.thumbprint()
    public_pem = bearer.public_keys(private_pem(secured.key)).encode()
    hs256 = f"{segment({'alg': 'HS256', 'kid': kid})}.{segment(claims())}"
    critical = f"{segment({'alg': 'Ed25519', 'kid': kid, 'crit': ['more'], 'more': 1})}.{segment(claims())}"
    genuine = signed(secured.key, claims(role="reader"))
    tokens = {
        "none": f"{segment({'alg': 'none', 'kid': kid})}.{segment(claims())}.",
        "None": f"{segment({'alg': 'None', 'kid': kid})}.{segment(claims())}.AA",
        "HS256 with the public key": f"{hs256}.{segment(hmac.new(public_pem, hs256.encode(), hashlib.sha256).digest())}",
        "another key": signed(forger, claims()),
        "another key under the id of ours": signed(forger, claims(), kid=kid),
        "key in the header": signed(forger, claims(), kid=kid, jwk=public),
        "address of keys": signed(forger, claims(), kid=kid, jku="http://127.0.0.1:1/jwks"),
        "address of a certificate": signed(forger, claims(), kid=kid, x5u="http://127.0.0.1:1/x5u"),
        "critical extension": f"{critical}.{segment(secured.key.sign(critical.encode()))}",
        "raised role": f"{genuine.split('.')[0]}.{segment(claims())}.{genuine.split('.')[2]}",
        "of another issuer": signed(secured.key, claims(iss="https://issuer.example")),
        "for another service": signed(secured.key, claims(aud="shop")),
        "expired": signed(secured.key, claims(iat=1_000_000_000, exp=1_000_000_060)),
        "from the future": signed(secured.key, claims(iat=4_000_000_000, exp=4_000_000_060)),
        "not yet valid": signed(secured.key, claims(nbf=4_000_000_000)),
        "for ever": signed(secured.key, {name: value for name, value in claims().items() if name != "exp"}),
        "for a year": signed(secured.key, claims(exp=claims()["exp"] + 365 * 86400)),
        "without a role": signed(secured.key, claims(role="")),
        "of an unknown role": signed(secured.key, claims(role="admin")),
    }  # fmt: skip
    for name, token in tokens.items():
        answer = secured.write(bearing(token))
        assert_refused(answer, 401, "invalid_token")
        assert token not in answer.text + str(answer.headers), name
    assert api.names() == []


@pytest.mark.usefixtures("api")
def test_a_token_is_not_accepted_after_its_end_even_if_it_was_before(
    secured: Secured, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = secured.token()
    assert secured.write(headers).status_code == 201
    later = claims()["exp"] + 11
    monkeypatch.setattr("serving.jwts.time.time", lambda: later)
    monkeypatch.setattr("serving.guard.time.monotonic", lambda: later + 10.0**9)
    assert_refused(secured.write(headers), 401, "invalid_token")


def routes(app: Flask) -> Iterator[tuple[str, str, str]]:
    """Each method, path and endpoint of a service."""
    for rule in app.url_map.iter_rules():
        path = rule.rule
        for argument, converter in rule._converters.items():
            path = path.replace(f"<product_id:{argument}>", "1")
            assert converter is not None
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            yield method, path, rule.endpoint


@pytest.mark.parametrize("service", ["add", "read"])
def test_each_route_has_a_decision(secured: Secured, closed: Secured, service: str) -> None:
    app: Flask = getattr(closed, service)
    client, open_client = app.test_client(), getattr(secured, service).test_client()
    assert "<" not in "".join(path for _, path, _ in routes(app))
    for method, path, endpoint in routes(app):
        need = getattr(app.view_functions[endpoint], "operation").access  # noqa: B009
        assert need in ("open", "reader", "member", "editor", "person"), (
            f"say what {method} {path} needs: operation(…, access=…)"
        )
        assert (need == "open") == (path in OPEN), path
        assert method == "GET" or need in ("editor", "person"), path
        anonymous = client.open(path, method=method)
        if need == "open":
            assert anonymous.status_code == 200, path
            continue
        assert_refused(anonymous, 401)
        assert_refused(client.open(path, method=method, headers=bearing("x")), 401, "invalid_token")
        if need == "person":
            for kind in ("token", "workload"):
                program = closed.token(kind=kind)
                assert_refused(client.open(path, method=method, headers=program), 403, "insufficient_scope")
        if need != "reader":
            assert_refused(open_client.open(path, method=method), 401)
        if need in ("editor", "person"):
            reader = closed.token("reader")
            assert_refused(client.open(path, method=method, headers=reader), 403, "insufficient_scope")


def test_addresses_without_a_route_and_questions_about_methods_need_no_token(secured: Secured) -> None:
    client = secured.add.test_client()
    assert client.get("/nowhere").status_code == 404
    assert client.get(PRODUCTS).status_code == 405
    allowed = client.options(PRODUCTS)
    assert allowed.status_code == 200
    assert "POST" in allowed.headers["Allow"]
    assert secured.read.test_client().options(PRODUCTS, headers=bearing("x")).status_code == 200


@pytest.mark.usefixtures("api")
def test_health_does_not_depend_on_tokens(closed: Secured) -> None:
    for app in (closed.add, closed.read):
        for path in OPEN:
            assert app.test_client().get(path, headers=bearing("x")).status_code == 200


@pytest.mark.usefixtures("api")
def test_each_write_and_refusal_is_on_the_audit_log_and_no_token_is(
    secured: Secured, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    headers = {**secured.token(sub="Anna Ærø"), "X-Forwarded-For": "203.0.113.9, 198.51.100.7", "X-Request-ID": "r-1"}
    created = secured.write(headers).json
    refused = secured.token("reader", sub="Rae")
    secured.write(refused)
    forged = bearing(signed(Ed25519PrivateKey.generate(), claims()))
    secured.write(forged)
    lines = [record for record in caplog.records if record.name == "audit"]
    wrote, role, key_line = (line.__dict__ for line in lines)
    expected = {"event": "products.add_product", "who": "Anna Ærø", "kind": "person", "role": "editor", "status": 201,
                "product": created["id"], "address": "198.51.100.7", "path": PRODUCTS}  # fmt: skip
    assert {name: wrote[name] for name in expected} == expected
    assert (role["event"], role["reason"], role["who"], role["status"]) == ("refused", "role", "Rae", 403)
    assert (key_line["event"], key_line["reason"], key_line["who"], key_line["status"]) == ("refused", "key", "", 401)
    everything = json.dumps([line.__dict__ for line in caplog.records], default=str)
    for sent in (headers, refused, forged):
        token = sent["Authorization"].removeprefix("Bearer ")
        assert token not in everything
        assert token.split(".")[2] not in everything


@pytest.mark.usefixtures("api")
def test_refusals_are_counted_by_reason(secured: Secured) -> None:
    def count(reason: str) -> float:
        return counters.refusals.labels(reason)._value.get()

    before = {reason: count(reason) for reason in ("missing", "role", "expired")}
    secured.write()
    secured.write(secured.token("reader"))
    secured.write(secured.token(iat=0, exp=60))
    assert {reason: count(reason) - old for reason, old in before.items()} == {"missing": 1, "role": 1, "expired": 1}


def test_the_document_says_what_needs_a_token(secured: Secured, closed: Secured, apps: Apps) -> None:
    def described(app: Flask, path: str, method: str) -> dict:
        document = app.test_client().get("/api/v1/openapi.json").json
        assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
        found: dict = document["paths"][path][method]
        return found

    required: list[dict] = [{"bearer": []}]
    write = described(secured.add, PRODUCTS, "post")
    assert write["security"] == required
    assert {"401", "403"} <= set(write["responses"])
    read, closed_read = (described(each.read, PRODUCTS, "get") for each in (secured, closed))
    assert (read["security"], closed_read["security"]) == ([{}, *required], required)
    assert "security" not in described(secured.add, "/livez", "get")
    assert "securitySchemes" not in apps.add.test_client().get("/api/v1/openapi.json").json["components"]


def test_the_names_in_tokens_of_the_pages_are_those_of_the_tests() -> None:
    assert (claims()["iss"], claims()["aud"]) == (ISSUER, AUDIENCE)


@pytest.mark.usefixtures("api")
def test_nobody_is_asked_for_a_token_while_authentication_is_off(apps: Apps) -> None:
    assert "guard" not in apps.add.extensions
    unprotected = msgspec.structs.replace(apps.settings, auth="unprotected", listen="0.0.0.0:80")
    app = add_product.create_app(unprotected)
    assert "guard" not in app.extensions
    close(app)
    assert apps.add.test_client().post(PRODUCTS, json=NEW, headers=bearing("x")).status_code == 201


def test_what_is_remembered_of_tokens_is_bounded(secured: Secured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarding, "KEPT_MAX", 3)
    guard: guarding.Guard = secured.read.extensions["guard"]
    for number in range(20):
        guard.identify(secured.token("reader", sub=f"Reader {number}")["Authorization"])
    assert len(guard._kept) <= 3
