"""How pages travel: headers that forbid, what may be kept, what is compressed."""

import gzip

import pytest
from msgspec.structs import replace

import display_product
from apps import Api
from catalog.settings import Settings
from pages import Browser

GZIP = {"Accept-Encoding": "gzip"}


@pytest.mark.parametrize("address", ["/", "/products", "/products/new", "/nowhere", "/export/products.csv", "/status"])
def test_every_answer_forbids_what_these_pages_never_do(address: str, browser: Browser) -> None:
    headers = browser.get(address).response.headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("public_url", "told"),
    [
        ("https://shop.example/shop", "max-age=31536000"),
        ("http://shop.example", None),
        ("https://localhost:8443", None),
        ("https://catalog.localhost", None),
        (None, None),
    ],
)
def test_browsers_are_told_to_stay_with_https_where_it_is_used(
    settings: Settings, public_url: str | None, told: str | None
) -> None:
    app = display_product.create_app(replace(settings, public_url=public_url))
    for address in ("/livez", "/nowhere", "/static/none"):
        assert app.test_client().get(address).headers.get("Strict-Transport-Security") == told


def test_no_page_needs_more_than_its_policy_allows(api: Api, browser: Browser) -> None:
    product = api.create(name="Lamp")
    for address in ("/", "/products", f"/products/{product['id']}", "/products/new", "/import", "/status", "/nowhere"):
        page = browser.get(address)
        assert not page.soup.select("style, [style], script:not([src]), iframe, object, embed")
        assert not [each for each in page.soup.select("*") if any(name.startswith("on") for name in each.attrs)]
        linked = [str(each.get("src") or each["href"]) for each in page.soup.select("[src], link[href], a[href]")]
        assert all(each.startswith(("/", "#")) for each in linked)


def test_a_page_that_has_not_changed_does_not_travel_again(api: Api, browser: Browser) -> None:
    api.create(name="Lamp")
    first = browser.get("/products").response
    again = browser.get("/products", headers={"If-None-Match": first.headers["ETag"]}).response
    assert (again.status_code, again.data) == (304, b"")
    api.create(name="Vase")
    assert browser.get("/products", headers={"If-None-Match": first.headers["ETag"]}).status == 200
    french = {"If-None-Match": first.headers["ETag"], "Accept-Language": "fr"}
    assert browser.get("/products", headers=french).status == 200
    assert {"cookie", "accept-language", "accept-encoding"} <= {each.lower() for each in first.vary}
    assert first.cache_control.private


def test_pages_are_compressed_unless_they_hold_a_secret(api: Api, browser: Browser) -> None:
    for number in range(5):
        api.create(name=f"Lamp {number}")
    page = browser.get("/products", headers=GZIP).response
    assert page.headers["Content-Encoding"] == "gzip"
    assert b"Lamp 4" in gzip.decompress(page.data)
    assert "Content-Encoding" not in browser.get("/products").response.headers
    for address in ("/products/new", "/import"):
        answer = browser.get(address, headers=GZIP).response
        assert "Content-Encoding" not in answer.headers
        assert "ETag" not in answer.headers


def test_static_files_are_kept_for_good_under_names_of_their_content(browser: Browser) -> None:
    page = browser.get("/")
    files = [
        str(each.get("href") or each["src"])
        for each in page.soup.select("link[type], link[rel=stylesheet], script[src], img")
    ]
    assert len(files) >= 4
    for file in files:
        answer = browser.get(file, headers=GZIP).response
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["Content-Encoding"] == "gzip"
        assert "Set-Cookie" not in answer.headers
        assert browser.get(file).response.data == gzip.decompress(answer.data)
