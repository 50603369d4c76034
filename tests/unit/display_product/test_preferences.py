"""What a person chose for all pages."""

import msgspec
import pytest

import display_product
from catalog.settings import Settings
from pages import Browser


@pytest.mark.parametrize(("name", "value"), [("theme", "dark"), ("layout", "table"), ("language", "fr")])
def test_a_choice_is_a_cookie_for_a_year_that_no_script_reads(name: str, value: str, browser: Browser):
    answer = browser.client.post("/preferences", data={name: value, "next": "/products?q=a%26b"})
    assert (answer.status_code, answer.location) == (303, "/products?q=a%26b")
    cookie = answer.headers["Set-Cookie"]
    for part in (f"{name}={value}", "Max-Age=31536000", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in cookie
    assert "Secure" not in cookie


def test_behind_https_and_under_a_path_cookies_stay_there(settings: Settings):
    public = msgspec.structs.replace(settings, public_url="https://example.test/shop/")
    client = display_product.create_app(public).test_client()
    answer = client.post("/shop/preferences", data={"theme": "dark", "next": "/shop/products"})
    assert answer.location == "/shop/products"
    session = client.get("/shop/import").headers["Set-Cookie"]
    for cookie in (answer.headers["Set-Cookie"], session):
        assert "Secure" in cookie
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Path=/shop;" in cookie + ";"


@pytest.mark.parametrize(
    "forged", ["https://evil.test/", "//evil.test", "/\\evil.test", "javascript:alert(1)", "", "/a\r\nX: y", "/\tx"]
)
def test_it_never_leads_to_another_site(forged: str, browser: Browser):
    assert browser.client.post("/preferences", data={"theme": "dark", "next": forged}).location == "/"


@pytest.mark.parametrize("fields", [{"theme": "pink"}, {"language": "de"}, {"language": "<script>"}, {"colour": "red"}])
def test_what_cannot_be_chosen_is_refused(fields: dict[str, str], browser: Browser):
    answer = browser.client.post("/preferences", data={**fields, "next": "/"})
    assert answer.status_code == 400
    assert "Set-Cookie" not in answer.headers


def test_a_forged_cookie_changes_nothing(browser: Browser):
    for name in ("theme", "layout", "language"):
        browser.client.set_cookie(name, '"><script>')
    page = browser.get("/import")
    assert page.one("html").attrs == {"lang": "en"}
