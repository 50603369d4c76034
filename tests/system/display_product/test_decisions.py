"""Each page has decided who may use it, and nobody else can."""

from collections.abc import Iterator

import pytest
from flask import Flask
from msgspec.structs import replace
from werkzeug.routing import Rule

import display_product
from catalog.settings import Settings
from display_product.web import decisions
from pages import Browser
from people import EDITOR, READER, sign_in

OPEN = {
    "livez", "readyz", "assets.static", "preferences.choose", "signing_in.show", "signing_in.sign_in",
    "signing_in.sign_out", "provider.begin", "provider.finish", "provider.leave",
}  # fmt: skip
READER_SEES = {
    "home.index", "products.index", "products.index_with_slash", "products.show", "imports.index", "imports.show",
    "imports.faults", "exports.download", "status.show",
}  # fmt: skip
MEMBER_SEES = {"signing_in.account", "history.show", "history.index"}


@pytest.fixture
def app(guarded_settings: Settings) -> Flask:
    """Pages with every way to sign in, whose provider is away."""
    provider = {"oidc_issuer": "http://127.0.0.1:9", "oidc_client_id": "pages", "oidc_editor_groups": "staff"}
    return display_product.create_app(replace(guarded_settings, **provider))


def addresses(app: Flask) -> Iterator[tuple[str, str, str]]:
    """Endpoint, method and an address of each route."""
    urls = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        values = {name: _value(rule, name) for name in rule.arguments}
        for method in sorted(rule.methods - {"OPTIONS", "HEAD"}):
            yield rule.endpoint, method, urls.build(rule.endpoint, values, method)


def _value(rule: Rule, name: str) -> int | str:
    return {"kind": "csv", "name": "x.css"}.get(name, 999_999_999)


def test_each_route_has_a_decision(app: Flask) -> None:
    """A new page must say who may use it; until it does, only editors can."""
    decided = {endpoint: decisions.of(app, endpoint) for endpoint, _, _ in addresses(app)}
    undecided = [endpoint for endpoint, decision in decided.items() if decision is None]
    assert not undecided, "say who may use it, by a decorator of display_product.web.decisions"
    assert {endpoint for endpoint, decision in decided.items() if decision == "open"} == OPEN
    assert {endpoint for endpoint, decision in decided.items() if decision == "reader"} == READER_SEES
    assert {endpoint for endpoint, decision in decided.items() if decision == "member"} == MEMBER_SEES


def test_what_writes_is_for_editors(app: Flask) -> None:
    writing = {endpoint for endpoint, method, _ in addresses(app) if method != "GET"} - OPEN
    assert writing
    assert {decisions.of(app, endpoint) for endpoint in writing} == {"editor"}


def test_a_view_without_a_decision_is_for_editors(app: Flask) -> None:
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    browser = Browser(app.test_client())
    assert browser.get("/forgotten").status == 303
    sign_in(browser, READER)
    assert browser.get("/forgotten").status == 403


@pytest.mark.parametrize("anonymous_read", [True, False])
def test_nobody_gets_what_is_for_others(anonymous_read: bool, guarded_settings: Settings) -> None:
    app = display_product.create_app(replace(guarded_settings, anonymous_read=anonymous_read))
    nobody, reader = Browser(app.test_client()), Browser(app.test_client())
    sign_in(reader, READER)
    tried = 0
    for endpoint, method, address in addresses(app):
        decision = decisions.of(app, endpoint)
        if decision == "open":
            continue
        for verb in {method, "OPTIONS"} | ({"HEAD"} if method == "GET" else set()):
            answers = [browser.client.open(address, method=verb, buffered=True) for browser in (nobody, reader)]
            tried += 1
            statuses = [answer.status_code for answer in answers]
            where = f"{verb} {address}: {statuses}"
            if decision == "editor":
                # A form that keeps what was typed is shown again.
                assert statuses[0] == 303 or (endpoint in ("editing.add", "editing.change") and statuses[0] == 403), (
                    where
                )
                assert statuses[1] == 403, where
            elif not anonymous_read or decision == "member":
                assert statuses[0] == 303 or verb == "OPTIONS", where
                assert statuses[1] in (200, 308, 404), where
            if statuses[0] == 303:
                assert answers[0].headers["Location"].startswith("/sign-in?next=/"), where
    assert tried > 30


def test_an_upload_that_is_refused_is_read_to_its_end(app: Flask) -> None:
    """A browser that is still sending would not show the answer."""
    browser = Browser(app.test_client())
    sign_in(browser, READER)
    for client, status in ((browser.client, 403), (app.test_client(), 303)):
        answer = client.post("/import", data={"file": (__file__, "x.csv")}, buffered=True)
        assert answer.status_code == status
        assert answer.request.environ["wsgi.input"].read() == b""
        answer.request.environ["wsgi.input"].close()


def test_with_authentication_off_nothing_is_asked(settings: Settings) -> None:
    app = display_product.create_app(settings)
    browser = Browser(app.test_client())
    assert browser.get("/products/new").status == 200
    assert not browser.get("/").soup.select("header .who")
    for address in ("/sign-in", "/account"):
        assert browser.get(address).status == 404


def test_an_editor_is_let_in_everywhere(app: Flask) -> None:
    browser = Browser(app.test_client())
    sign_in(browser, EDITOR)
    for endpoint, method, address in addresses(app):
        if method == "GET" and endpoint not in OPEN:
            assert browser.get(address).status in (200, 308, 404), address
