"""Signing in at an OpenID Connect provider: who is let in as what, and every answer that must not be believed."""

import http.client
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import RSAKey
from msgspec.structs import replace

import display_product
from catalog.settings import Settings
from pages import Browser, Page
from people import EDITOR, sign_in
from provider import CLIENT_ID, CLIENT_SECRET, Provider, running_provider

CALLBACK = "http://localhost/sign-in/callback"


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider."""
    with running_provider() as found:
        yield found


@pytest.fixture
def federated(provider: Provider, guarded_settings: Settings, tmp_path: Path) -> Settings:
    """Settings of pages where people sign in at this provider."""
    (tmp_path / "client-secret").write_text(CLIENT_SECRET)
    return replace(
        guarded_settings,
        oidc_issuer=provider.issuer,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret_file=str(tmp_path / "client-secret"),
        oidc_editor_groups="staff, admins",
        oidc_reader_groups="interns",
    )


@pytest.fixture
def browser(federated: Settings) -> Browser:
    """A browser in front of these pages."""
    return Browser(display_product.create_app(federated).test_client())


def go(address: str) -> str:
    """Where the provider sends a browser that comes to this address."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    connection.request("GET", f"{parts.path}?{parts.query}")
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == 303
    return answer.headers["Location"]


def begin(browser: Browser, target: str = "/") -> str:
    """Begins to sign in; the address at the provider."""
    answer = browser.client.get("/sign-in/provider", query_string={"next": target})
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def arrive(browser: Browser, address: str) -> Page:
    """Comes back from the provider."""
    assert address.startswith(CALLBACK)
    return browser.get(address.removeprefix("http://localhost"))


def enter(browser: Browser, target: str = "/") -> Page:
    """Signs in at the provider."""
    return arrive(browser, go(begin(browser, target)))


def test_whoever_signs_in_at_the_provider_goes_on_to_where_they_wanted_to_go(browser: Browser) -> None:
    page = browser.get("/sign-in?next=/products/new")
    link = page.attribute("main a.button", "href")
    answer = browser.client.get(link)
    page = arrive(browser, go(answer.headers["Location"]))
    assert (page.status, page.response.headers["Location"]) == (303, "/products/new")
    page = browser.get("/products/new")
    assert page.status == 200
    assert page.texts("header .who") == ["ada"]


def test_the_request_has_a_state_a_nonce_and_a_challenge_that_are_never_the_same(browser: Browser) -> None:
    asked = [parse_qs(urlsplit(begin(browser)).query) for _ in range(2)]
    for each in asked:
        assert each["redirect_uri"] == [CALLBACK]
        assert each["client_id"] == [CLIENT_ID]
        assert each["scope"] == ["openid profile email groups"]
    for name in ("state", "nonce", "code_challenge"):
        (first,), (second,) = (each[name] for each in asked)
        assert first != second
        assert len(first) >= 20


@pytest.mark.parametrize(
    ("groups", "readers", "role"),
    [
        (["staff"], "interns", "editor"),
        (["interns", "admins"], "interns", "editor"),
        (["interns"], "interns", "reader"),
        ("staff", "interns", "editor"),
        ("interns", "interns", "reader"),
        ("staffing", "interns", None),
        (["Staff", "staff "], "interns", None),
        ([], "interns", None),
        (None, "interns", None),
        ({"staff": 1}, "", "editor"),
        ([["staff"], 7, None], "interns", None),
        (7, "interns", None),
        (None, "*", "reader"),
    ],
)
def test_groups_decide_the_role(
    groups: object, readers: str, role: str | None, provider: Provider, federated: Settings
) -> None:
    browser = Browser(display_product.create_app(replace(federated, oidc_reader_groups=readers)).test_client())
    provider.claims["groups"] = groups
    page = enter(browser)
    if role is None:
        assert page.status == 403
        assert "in none of the groups" in page.text
    assert browser.get("/products/new").status == {"editor": 200, "reader": 403, None: 303}[role]


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({}, "ada"),
        ({"preferred_username": None, "email": "ada@example.org"}, "ada@example.org"),
        ({"preferred_username": None, "email": "ada@example.org", "email_verified": True}, "ada@example.org"),
        ({"preferred_username": None, "email": "boss@example.org", "email_verified": False}, "42"),
        ({"preferred_username": "a\r\nX-Evil: 1"}, "42"),
        ({"preferred_username": ["ada"]}, "42"),
        ({"preferred_username": "Zoë 李雷 <b>"}, "Zoë 李雷 <b>"),
    ],
)
def test_a_person_has_the_name_that_the_provider_vouches_for(
    claims: dict, name: str, provider: Provider, browser: Browser
) -> None:
    provider.claims |= claims
    assert enter(browser).status == 303
    assert browser.get("/").texts("header .who") == [name]


LATER = int(time.time()) + 10_000
WRONG: dict[str, dict] = {
    "another audience": {"claims": {"aud": "another"}},
    "another audience, issued to us": {"claims": {"aud": "another", "azp": CLIENT_ID}},
    "for us and another, issued to the other": {"claims": {"aud": [CLIENT_ID, "another"], "azp": "another"}},
    "no audience": {"claims": {"aud": None}},
    "another issuer": {"claims": {"iss": "https://evil.example"}},
    "expired": {"claims": {"iat": 1_700_000_000, "exp": 1_700_000_300}},
    "expired, by a clock that is five minutes slow": {"claims": {"exp": int(time.time()) - 300}},
    "issued in the future": {"claims": {"iat": LATER, "nbf": LATER}},
    "no end": {"claims": {"exp": None}},
    "another nonce": {"claims": {"nonce": "replayed"}},
    "no nonce": {"claims": {"nonce": None}},
    "no subject": {"claims": {"sub": None}},
    "a subject that is no text": {"claims": {"sub": 42}},
    "an end that is no number": {"claims": {"exp": "soon"}},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_an_id_token_that_is_not_for_this_sign_in_lets_nobody_in(
    wrong: str, provider: Provider, browser: Browser
) -> None:
    provider.claims |= WRONG[wrong]["claims"]
    page = enter(browser)
    assert page.status == 403
    assert page.texts("[role=alert]")[0].startswith("The provider’s answer could not be accepted.")
    assert browser.get("/products/new").status == 303


def test_forged_signatures_let_nobody_in(provider: Provider, browser: Browser) -> None:
    other = RSAKey.generate_key(2048, {"kid": "first"})
    for key, header in (
        (other, {}),
        (None, {"alg": "HS256"}),
        (provider.key, {"alg": "RS512"}),
        (RSAKey.generate_key(2048, {"kid": "unknown"}), {"kid": "unknown"}),
    ):
        provider.signed_with, provider.header = key, header
        assert enter(browser).status == 403
    provider.signed_with, provider.header = None, {}
    assert enter(browser).status == 303


def test_a_provider_cannot_offer_weak_signatures(provider: Provider, browser: Browser) -> None:
    provider.described["id_token_signing_alg_values_supported"] = ["HS256", "none", "RS256"]
    provider.header = {"alg": "HS256"}
    assert enter(browser).status == 403


def test_a_new_key_of_the_provider_is_fetched(provider: Provider, browser: Browser) -> None:
    assert enter(browser).status == 303
    provider.key = RSAKey.generate_key(2048, {"kid": "second"})
    assert enter(browser).status == 303


def test_the_provider_is_asked_for_its_description_and_keys_once(provider: Provider, browser: Browser) -> None:
    for _ in range(3):
        enter(browser)
    assert provider.requests.count("/.well-known/openid-configuration") == 1
    assert provider.requests.count("/keys") == 1


def test_an_answer_for_another_browser_signs_nobody_in(federated: Settings) -> None:
    app = display_product.create_app(federated)
    attacker, victim = Browser(app.test_client()), Browser(app.test_client())
    address = go(begin(attacker))
    page = arrive(victim, address)
    assert page.status == 403
    assert "begun in another browser" in page.text
    begin(victim)
    assert arrive(victim, address).status == 403
    assert victim.get("/products/new").status == 303


def test_an_answer_counts_once(browser: Browser) -> None:
    address = go(begin(browser))
    assert arrive(browser, address).status == 303
    browser.client.delete_cookie("catalog_session")
    assert arrive(browser, address).status == 403


def test_a_code_of_another_sign_in_is_worth_nothing(provider: Provider, browser: Browser) -> None:
    """PKCE: the code of one sign-in with the verifier of another."""
    first, second = go(begin(browser)), go(begin(browser))
    code = parse_qs(urlsplit(first).query)["code"][0]
    state = parse_qs(urlsplit(second).query)["state"][0]
    assert arrive(browser, f"{CALLBACK}?code={code}&state={state}").status == 403


@pytest.mark.parametrize("query", ["", "?state=x", "?code=x", "?code=x&state=y", "?error=access_denied", "?state=%00"])
def test_an_address_that_somebody_made_up_signs_nobody_in(query: str, browser: Browser) -> None:
    begin(browser)
    assert browser.get(f"/sign-in/callback{query}").status == 403


def test_a_refusal_of_the_provider_is_said(provider: Provider, browser: Browser) -> None:
    provider.error = "access_denied"
    page = enter(browser)
    assert (page.status, page.texts("[role=alert]")) == (403, ["The provider did not let you in."])
    provider.error = "server_error"
    assert enter(browser).status == 403


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil", "/sign-in?next=/"])
def test_no_target_leads_out_of_the_pages(target: str, browser: Browser) -> None:
    assert enter(browser, target).response.headers["Location"] == "/"


def test_a_session_that_was_prepared_is_not_the_one_that_is_signed_in(browser: Browser) -> None:
    token = browser.get("/sign-in").fields()["csrf_token"]
    assert enter(browser).status == 303
    fields = {"csrf_token": token, "name": "Forged", "price": "1"}
    assert browser.client.post("/products/new", data=fields).status_code == 403


def test_while_the_provider_is_away_whoever_is_signed_in_goes_on(federated: Settings) -> None:
    with running_provider() as provider:
        settings = replace(federated, oidc_issuer=provider.issuer)
        app = display_product.create_app(settings)
        inside, outside, late = (Browser(app.test_client()) for _ in range(3))
        enter(inside)
        address = go(begin(late))
    assert inside.get("/products/new").status == 200
    page = arrive(late, address)
    assert (page.status, page.response.headers["Retry-After"]) == (503, "5")
    # Pages that start now do not know the provider at all.
    other = Browser(display_product.create_app(settings).test_client())
    page = other.get("/sign-in/provider?next=/import")
    assert page.status == 503
    assert "The provider does not answer" in page.text
    assert page.attribute("main a.button", "href") == "/sign-in/provider?next=/import"
    # The accounts of this installation work all the same.
    assert sign_in(outside, EDITOR).status == 303


def test_a_provider_without_https_stops_the_start(federated: Settings) -> None:
    with pytest.raises(SystemExit, match="CATALOG_OIDC_ISSUER is an address without https"):
        display_product.create_app(replace(federated, oidc_issuer="http://id.example.com"))


@pytest.mark.parametrize("key", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
def test_nothing_is_sent_to_an_address_of_the_provider_without_https(
    key: str, provider: Provider, federated: Settings
) -> None:
    provider.described = {key: "http://id.example.com/x"}
    browser = Browser(display_product.create_app(federated).test_client())
    assert browser.get("/sign-in/provider").status == 503


@pytest.mark.parametrize("described", [{"issuer": "https://evil.example"}, {"issuer": None}])
def test_an_address_that_describes_another_issuer_is_said_at_the_start(
    described: dict, provider: Provider, federated: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    provider.described = described
    browser = Browser(display_product.create_app(federated).test_client())
    (record,) = [each for each in caplog.records if each.name.endswith("oidc")]
    assert "CATALOG_OIDC_ISSUER" in record.getMessage()
    assert browser.get("/sign-in/provider").status == 503
    provider.described = {}
    assert enter(browser).status == 303


def test_a_change_of_the_groups_that_may_write_signs_out_whoever_came_from_the_provider(federated: Settings) -> None:
    browser = Browser(display_product.create_app(federated).test_client())
    enter(browser)
    cookie = browser.client.get_cookie("catalog_session").value
    other = Browser(display_product.create_app(replace(federated, oidc_editor_groups="admins")).test_client())
    other.client.set_cookie("catalog_session", cookie)
    assert other.get("/products/new").status == 303


def test_signing_out_ends_the_session_at_the_provider_too(provider: Provider, browser: Browser) -> None:
    enter(browser)
    assert browser.get("/sign-out/provider").response.headers["Location"] == "/account"
    page = browser.send(browser.get("/account"), "/sign-out")
    assert page.status == 200
    assert page.response.headers["Refresh"] == "0; url=/sign-out/provider"
    assert page.attribute("main a.button", "href") == "/sign-out/provider"
    assert "eyJ" not in page.response.text
    assert browser.get("/products/new").status == 303
    assert not provider.logged_out
    answer = browser.client.get("/sign-out/provider")
    assert go(answer.headers["Location"]) == "http://localhost/"
    (asked,) = provider.logged_out
    assert asked["id_token_hint"].count(".") == 2
    assert asked["client_id"] == CLIENT_ID
    assert browser.client.get_cookie("catalog_id_token", path="/sign-out") is None


def test_cookies_of_people_are_for_https_and_no_script(provider: Provider, federated: Settings) -> None:
    app = display_product.create_app(replace(federated, public_url="https://shop.example/shop"))
    browser = Browser(app.test_client())
    address = browser.client.get("/shop/sign-in/provider", base_url="https://shop.example").headers["Location"]
    back = urlsplit(go(address))
    assert (back.netloc, back.path) == ("shop.example", "/shop/sign-in/callback")
    answer = browser.client.get(f"{back.path}?{back.query}", base_url="https://shop.example")
    assert answer.status_code == 303
    cookies = {cookie.partition("=")[0]: cookie for cookie in answer.headers.getlist("Set-Cookie")}
    assert set(cookies) == {"catalog_session", "catalog_id_token"}
    for name, path in (("catalog_session", "/shop"), ("catalog_id_token", "/shop/sign-out")):
        assert {"Secure", "HttpOnly", "SameSite=Lax", f"Path={path}"} <= set(cookies[name].split("; "))


def test_where_the_provider_offers_no_sign_out_only_the_session_here_ends(
    provider: Provider, federated: Settings
) -> None:
    provider.described["end_session_endpoint"] = None
    browser = Browser(display_product.create_app(federated).test_client())
    enter(browser)
    page = browser.send(browser.get("/account"), "/sign-out")
    assert (page.status, page.response.headers["Location"]) == (303, "/")


def test_no_log_has_a_token_code_or_secret(
    provider: Provider, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    address = go(begin(browser))
    arrive(browser, address)
    provider.claims["aud"] = "another"
    enter(browser)
    logged = " ".join(str(vars(record)) for record in caplog.records)
    assert "sign_in_failed" in logged
    assert parse_qs(urlsplit(address).query)["code"][0] not in logged
    assert CLIENT_SECRET not in logged
    assert "eyJ" not in logged


def test_without_a_secret_the_pages_are_a_public_client(provider: Provider, federated: Settings) -> None:
    app = display_product.create_app(replace(federated, oidc_client_secret_file=None))
    page = enter(Browser(app.test_client()))
    # This provider wants the secret.
    assert page.status == 403
