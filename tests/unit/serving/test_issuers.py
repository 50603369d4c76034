"""Tokens of trusted issuers: their keys are fetched, kept and fetched again, and no other token passes."""

import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import msgspec
import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

import issuer
from issuer import DISCOVERY, JWKS, Issuer
from keys import segment, signed
from serving import issuers
from serving.access import BadToken, Principal
from serving.issuers import Issuers
from serving.problems import ProblemError
from serving.settings import SettingError


@pytest.fixture
def trusted() -> Iterator[Issuer]:
    """An issuer that runs on this machine."""
    with issuer.running() as running:
        yield running


def configured(*entries: dict[str, Any]) -> Issuers:
    return Issuers(msgspec.convert(entries, list[issuers.Issuer]))


def let_time_pass(verifier: Issuers) -> None:
    """As if the last request for keys were long ago."""
    for _, keys in verifier._issuers.values():
        keys._tried_at = -1e9


@pytest.mark.parametrize("alg", ["RS256", "ES256", "EdDSA"])
def test_a_program_is_known_by_its_subject_and_the_role_of_its_claim(trusted: Issuer, alg: str) -> None:
    verified = configured(trusted.entry()).verify(trusted.token(alg))
    assert verified.principal == Principal("workload", "importer", "editor")
    assert time.time() < verified.until <= time.time() + 60


@pytest.mark.parametrize(
    ("claim", "claims", "role"),
    [
        ("roles", {"roles": "catalogue-readers"}, "reader"),
        ("roles", {"roles": ["other", "catalogue-readers"]}, "reader"),
        ("roles", {"roles": ["catalogue-readers", "catalogue-editors"]}, "editor"),
        ("roles", {"roles": []}, ""),
        ("roles", {"roles": None}, ""),
        ("roles", {"roles": {"catalogue-editors": True}}, ""),
        ("roles", {"roles": [["catalogue-editors"], 7]}, ""),
        ("roles", {"roles": "catalogue-editors,catalogue-readers"}, ""),
        ("realm_access.roles", {"realm_access": {"roles": ["catalogue-editors"]}}, "editor"),
        ("realm_access.roles", {"realm_access": "catalogue-editors"}, ""),
        ("https://example.com/roles", {"https://example.com/roles": "catalogue-editors"}, "editor"),
        ("kubernetes.io.serviceaccount.name",
         {"kubernetes.io": {"serviceaccount": {"name": "catalogue-editors"}}}, "editor"),
        ("nothing.here", {}, ""),
    ],
)  # fmt: skip
def test_a_claim_is_a_text_or_a_list_and_may_be_nested(
    trusted: Issuer, claim: str, claims: dict[str, Any], role: str
) -> None:
    verifier = configured(trusted.entry(claim=claim))
    assert verifier.verify(trusted.token(**claims)).principal.role == role


def test_a_service_account_of_kubernetes_needs_no_discovery(trusted: Issuer, tmp_path: Path) -> None:
    own = tmp_path / "token"
    own.write_text("own-token\n")
    subject = "system:serviceaccount:shop:importer"
    entry = trusted.entry(jwks_url=trusted.url + JWKS, token_file=str(own), claim="sub", editors=[subject])
    verified = configured(entry).verify(trusted.token(sub=subject, aud=["product-catalog"]))
    assert verified.principal == Principal("workload", subject, "editor")
    assert trusted.requests == [(JWKS, "Bearer own-token")]


def test_keys_are_fetched_once_and_again_when_they_rotate(trusted: Issuer) -> None:
    verifier = configured(trusted.entry())
    for _ in range(3):
        verifier.verify(trusted.token())
    assert [path for path, _ in trusted.requests] == [DISCOVERY, JWKS]
    trusted.keys["ES256"] = ECKey.generate_key("P-256")
    trusted.publish(trusted.keys["ES256"])
    with pytest.raises(BadToken, match="does not publish"):
        verifier.verify(trusted.token("ES256"))
    assert len(trusted.requests) == 2, "at most once in ten seconds"
    let_time_pass(verifier)
    assert verifier.verify(trusted.token("ES256"))
    with pytest.raises(BadToken, match="does not publish"):
        verifier.verify(trusted.token())
    assert len(trusted.requests) == 4


def test_an_issuer_that_is_away_is_not_the_fault_of_the_token(trusted: Issuer) -> None:
    documents, trusted.documents = trusted.documents, {}
    verifier = configured(trusted.entry())
    for _ in range(3):
        with pytest.raises(ProblemError) as away:
            verifier.verify(trusted.token())
        assert away.value.status == 503
        assert "Retry-After" in away.value.headers
    assert len(trusted.requests) == 1
    trusted.documents = documents
    let_time_pass(verifier)
    token = trusted.token()
    assert verifier.verify(token)
    trusted.documents = {}
    let_time_pass(verifier)
    assert verifier.verify(token), "the keys are known"


def test_a_slow_issuer_holds_few_requests_and_the_others_are_told_to_come_again(trusted: Issuer) -> None:
    verifier = configured(trusted.entry())
    verifier.verify(trusted.token())
    let_time_pass(verifier)
    known, unknown = trusted.token(), signed(ECKey.generate_key("P-256"), trusted.claims(), alg="ES256")
    trusted.answers.clear()
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(verifier.verify, unknown) for _ in range(8)]
        refused = list(itertools.islice(as_completed(asked), 8 - issuers.WAITING_MAX))
        assert verifier.verify(known)
        trusted.answers.set()
    for each in refused:
        problem = each.exception()
        assert isinstance(problem, ProblemError)
        assert (problem.status, "Retry-After" in problem.headers) == (503, True)
    assert all(isinstance(each.exception(), BadToken) for each in asked if each not in refused)


def test_the_keys_are_there_before_the_first_token(trusted: Issuer) -> None:
    verifier = configured(trusted.entry())
    verifier.start()
    verifier.stop()
    trusted.documents = {}
    assert verifier.verify(trusted.token())


@pytest.mark.parametrize(
    ("path", "document", "told"),
    [
        (DISCOVERY, (404, {}), "responded 404; an issuer without discovery needs a jwks_url"),
        (DISCOVERY, (200, b"<html>"), "is not what it should be"),
        (DISCOVERY, (200, {"issuer": "https://other.example", "jwks_uri": "https://other.example/keys"}),
         "calls itself https://other.example"),
        (DISCOVERY, (302, {}), "responded 302"),
        (JWKS, (200, {"keys": []}), "has none for the algorithms"),
        (JWKS, (500, {}), "responded 500"),
        (JWKS, (302, {}), "responded 302"),
        (JWKS, (200, b" " * 1_100_000), "is larger than"),
    ],
)  # fmt: skip
def test_the_log_says_at_the_start_why_an_issuer_cannot_be_used(
    trusted: Issuer, caplog: pytest.LogCaptureFixture, path: str, document: tuple[int, Any], told: str
) -> None:
    trusted.documents[path] = document
    verifier = configured(trusted.entry())
    verifier.start()
    verifier.stop()
    assert f"the keys of the issuer {trusted.url} cannot be fetched" in caplog.text
    assert told in caplog.text


def test_keys_over_plain_http_from_elsewhere_are_not_fetched(trusted: Issuer, caplog: pytest.LogCaptureFixture) -> None:
    trusted.documents[DISCOVERY] = (200, {"issuer": trusted.url, "jwks_uri": "http://192.0.2.1/keys"})
    configured(trusted.entry())._fetch_all()
    assert "without https" in caplog.text


def test_forged_tokens_are_refused(trusted: Issuer) -> None:
    verifier = configured(trusted.entry())
    verifier.verify(trusted.token())
    rsa = trusted.keys["RS256"]
    assert isinstance(rsa, RSAKey)
    kid = rsa.thumbprint()
    forger = RSAKey.generate_key(2048)
    hs256 = f"{segment({'alg': 'HS256', 'kid': kid})}.{segment(trusted.claims())}"
    secret = rsa.as_pem(private=False)
    public = {name: value for name, value in forger.as_dict(private=False).items() if name in ("kty", "n", "e")}
    tokens = {
        "none": f"{segment({'alg': 'none', 'kid': kid})}.{segment(trusted.claims())}.AA",
        "HS256 with the public key": f"{hs256}.{segment(hmac.new(secret, hs256.encode(), hashlib.sha256).digest())}",
        "another key": signed(forger, trusted.claims(), alg="RS256", kid=kid),
        "an algorithm that is not accepted": signed(rsa, trusted.claims(), alg="RS512"),
        "a key for another algorithm": f"{segment({'alg': 'ES256', 'kid': kid})}.{segment(trusted.claims())}.AA",
        "key in the header": signed(forger, trusted.claims(), alg="RS256", kid=kid, jku=trusted.url),
        "public key in the header": signed(forger, trusted.claims(), alg="RS256", jwk=public, kid=kid),
        "another audience": trusted.token(aud="shop"),
        "no audience": trusted.token(aud=None),
        "a longer audience": trusted.token(aud="product-catalog.example.com"),
        "expired": trusted.token(iat=1, exp=2),
        "for ever": trusted.token(exp=None),
        "not yet valid": trusted.token(nbf=4_000_000_000),
        "no name": trusted.token(sub=None),
        "a name with a line break": trusted.token(sub="a\nb"),
        "a long name": trusted.token(sub="a" * 256),
    }
    for name, token in tokens.items():
        with pytest.raises(BadToken):
            print(name, verifier.verify(token))
    assert verifier.verify(trusted.token(iss="https://other.example")) is None


def test_published_keys_that_do_not_suit_are_left_out(trusted: Issuer) -> None:
    secret = OctKey.generate_key(256)
    good, other_use = trusted.keys["ES256"], ECKey.generate_key("P-256")
    short = {"kty": "RSA", "n": segment(b"\xff" * 128), "e": "AQAB", "kid": "short"}
    trusted.publish(
        {**secret.as_dict(private=True), "kid": "secret"},
        short,
        {"kty": "RSA", "n": 7, "e": "AQAB", "kid": "broken"},
        {"kty": "RSA", "n": segment(b"\xff" * 256), "kid": "incomplete"},
        {**other_use.as_dict(private=False), "kid": "enc", "use": "enc"},
        {**ECKey.generate_key("P-384").as_dict(private=False), "kid": "curve"},
        {**OKPKey.generate_key("X25519").as_dict(private=False), "kid": "x"},
        good,
    )
    verifier = configured(trusted.entry())
    assert verifier.verify(trusted.token("ES256"))
    ((_, keys),) = verifier._issuers.values()
    assert list(keys._keys or {}) == [good.thumbprint()]


def test_a_clock_that_is_off_is_named_in_the_log(trusted: Issuer, caplog: pytest.LogCaptureFixture) -> None:
    now = int(time.time())
    with pytest.raises(BadToken, match="not valid yet"):
        configured(trusted.entry()).verify(trusted.token(iat=now + 300, exp=now + 900))
    assert "in the future by the clock of this machine" in caplog.text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[", "is not JSON"),
        ('{"issuer": "https://a.example"}', "wrong entry: Expected `array`"),
        ('[{"issuer": "https://a.example"}]', "missing required field `audience`"),
        ([{"issuers": "x"}], "unknown field `issuers`"),
        ([{"editors": "everybody"}], "Expected `array`, got `str`"),
        ([{"editors": [], "readers": []}], "neither editors nor readers"),
        ([{"issuer": "http://idp.example"}], "without https: http://idp.example"),
        ([{"jwks_url": "http://idp.example/keys"}], "without https: http://idp.example/keys"),
        ([{"ca_file": "/nowhere/ca.crt"}], "cannot be used:.*/nowhere/ca.crt"),
        ([{"token_file": "/nowhere/token"}], "cannot be used:.*/nowhere/token"),
        ([{}, {}], "lists an issuer twice"),
    ],
)
def test_a_wrong_file_is_refused_at_the_start_with_a_sentence(tmp_path: Path, text: Any, told: str) -> None:
    entry = {"issuer": "https://idp.example", "audience": "a", "claim": "groups", "editors": ["e"]}
    file = tmp_path / "issuers.json"
    file.write_text(text if isinstance(text, str) else json.dumps([{**entry, **others} for others in text]))
    with pytest.raises(SettingError, match=f"^ISSUERS names a file .*{told}"):
        issuers.read(str(file), "ISSUERS")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"^ISSUERS names a file that cannot be read"):
        issuers.read(str(tmp_path / "none"), "ISSUERS")
