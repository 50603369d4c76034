from http.cookies import SimpleCookie

from bs4 import BeautifulSoup

from conftest import PUBLIC_URL, Site


def fill_in(site: Site, path: str, **fields: str) -> dict:
    """What a browser would send for the form of this page."""
    page = site.request("GET", path)
    assert page.status == 200, page.data
    soup = BeautifulSoup(page.data, "html.parser")
    hidden = {field["name"]: field.get("value", "") for field in soup.select("main form input[type=hidden][name]")}
    cookies = SimpleCookie(page.headers["Set-Cookie"])
    assert all(cookie["secure"] and cookie["httponly"] for cookie in cookies.values())
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())
    headers = {"Cookie": cookie, "Referer": PUBLIC_URL + path, "Origin": PUBLIC_URL}
    return {"fields": hidden | fields, "headers": headers}


def test_the_home_page_and_its_style_are_there(site: Site) -> None:
    page = site.request("GET", "/")
    assert page.status == 200
    style = BeautifulSoup(page.data, "html.parser").select_one("link[rel=stylesheet]")["href"]
    assert site.request("GET", style).status == 200


def test_a_product_added_by_the_form_is_shown_and_the_address_stays_https(site: Site) -> None:
    answer = site.request(
        "POST",
        "/products/new",
        encode_multipart=False,
        **fill_in(site, "/products/new", name=f"Vase & Co 🍃 {site.mark}", price="12.50"),
    )
    assert answer.status == 303, answer.data
    where = answer.headers["Location"]
    assert where.startswith((PUBLIC_URL + "/products/", "/products/"))
    page = site.request("GET", where.removeprefix(PUBLIC_URL))
    assert page.status == 200
    assert "Vase & Co 🍃" in BeautifulSoup(page.data, "html.parser").get_text()


def test_a_form_without_its_token_is_refused(site: Site) -> None:
    fields = {"name": "x", "price": "1"}
    assert site.request("POST", "/products/new", fields=fields, encode_multipart=False).status in (400, 403)


def test_forged_headers_change_no_address(site: Site) -> None:
    forged = {"X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    for path in ("/", "/products", "/products/"):
        page = site.request("GET", path, headers=forged)
        assert b"evil.example" not in page.data
        assert "evil.example" not in page.headers.get("Location", "")
        assert not page.headers.get("Location", "").startswith("http://")
