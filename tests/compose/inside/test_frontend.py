from http.cookies import SimpleCookie

import pytest
import urllib3
from bs4 import BeautifulSoup

from conftest import PUBLIC_URL, SECRETS, SIGNING_IN, Site


def fill_in(site: Site, path: str, session: str = "", **fields: str) -> dict:
    """What a browser would send for the form of this page."""
    page = site.request("GET", path, headers={"Cookie": session} if session else {})
    assert page.status == 200, page.data
    soup = BeautifulSoup(page.data, "html.parser")
    hidden = {field["name"]: field.get("value", "") for field in soup.select("main form input[type=hidden][name]")}
    headers = {"Cookie": cookies(page) or session, "Referer": PUBLIC_URL + path, "Origin": PUBLIC_URL}
    return {"fields": hidden | fields, "headers": headers}


def cookies(page: urllib3.BaseHTTPResponse) -> str:
    """The cookies that a page sets, as a browser sends them back."""
    set_here = [SimpleCookie(line) for line in page.headers.getlist("Set-Cookie")]
    found = {name: morsel for cookie in set_here for name, morsel in cookie.items()}
    assert all(morsel["secure"] and morsel["httponly"] for morsel in found.values())
    return "; ".join(f"{name}={morsel.value}" for name, morsel in found.items())


@pytest.fixture
def session(site: Site) -> str:
    """The cookie of the first editor; none where nobody signs in."""
    if not SIGNING_IN:
        return ""
    password = SECRETS / "editor-password"
    if not password.exists():
        pytest.skip("the accounts are somebody's own")
    form = fill_in(site, "/sign-in", name="editor", password=password.read_text(encoding="utf-8").rstrip("\n"))
    answer = site.request("POST", "/sign-in", encode_multipart=False, **form)
    assert answer.status == 303, answer.data
    return cookies(answer)


def test_the_home_page_and_its_style_are_there(site: Site) -> None:
    page = site.request("GET", "/")
    assert page.status == 200
    style = BeautifulSoup(page.data, "html.parser").select_one("link[rel=stylesheet]")["href"]
    assert site.request("GET", style).status == 200


def test_a_product_added_by_the_form_is_shown_and_the_address_stays_https(site: Site, session: str) -> None:
    answer = site.request(
        "POST",
        "/products/new",
        encode_multipart=False,
        **fill_in(site, "/products/new", session, name=f"Vase & Co 🍃 {site.mark}", price="12.50"),
    )
    assert answer.status == 303, answer.data
    where = answer.headers["Location"]
    assert where.startswith((PUBLIC_URL + "/products/", "/products/"))
    page = site.request("GET", where.removeprefix(PUBLIC_URL))
    assert page.status == 200
    assert "Vase & Co 🍃" in BeautifulSoup(page.data, "html.parser").get_text()


def test_a_form_without_its_token_is_refused(site: Site, session: str) -> None:
    fields = {"name": "x", "price": "1"}
    answer = site.request("POST", "/products/new", fields=fields, encode_multipart=False, headers={"Cookie": session})
    assert answer.status in (400, 403)


def test_forged_headers_change_no_address(site: Site) -> None:
    forged = {"X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    for path in ("/", "/products", "/products/"):
        page = site.request("GET", path, headers=forged)
        assert b"evil.example" not in page.data
        assert "evil.example" not in page.headers.get("Location", "")
        assert not page.headers.get("Location", "").startswith("http://")
