"""What goes wrong, as a page in the person's language that says what to do next."""

import errno
import re

import msgspec
import pytest

import display_product
from apps import Api
from catalog.settings import Settings
from pages import Browser, Page

LANGUAGES = ["en", "fr"]
AWAY = "http://127.0.0.1:9"

HEADINGS = {
    "away": {"en": "The catalogue is out of reach", "fr": "Le catalogue est injoignable"},
    "product": {"en": "There is no such product", "fr": "Ce produit n’existe pas"},
    "page": {"en": "There is no page at this address", "fr": "Il n’y a pas de page à cette adresse"},
    "address": {"en": "This address does not work", "fr": "Cette adresse ne fonctionne pas"},
    "form": {"en": "The form could not be accepted", "fr": "Le formulaire n’a pas pu être accepté"},
    "large": {"en": "That is too large", "fr": "C’est trop volumineux"},
    "method": {"en": "This address cannot be used like that", "fr": "Cette adresse ne s’utilise pas ainsi"},
    "room": {"en": "The server is out of space", "fr": "Le serveur n’a plus d’espace"},
    "bug": {"en": "Something went wrong", "fr": "Une erreur s’est produite"},
}  # fmt: skip


def lonely(settings: Settings, **away: str) -> Browser:
    """A browser in front of pages that do not reach a service."""
    return Browser(display_product.create_app(msgspec.structs.replace(settings, **away)).test_client())


def explained(page: Page, status: int, kind: str, language: str) -> None:
    """The page is in this language, and has the number of the request and a way back."""
    assert page.status == status
    assert page.one("html")["lang"] == language
    assert page.texts("h1") == [HEADINGS[kind][language]]
    assert page.one("main code").get_text() == page.response.headers["X-Request-ID"]
    assert page.soup.select("main .actions a")[-2]["href"] == "/"
    assert page.soup.select("main .actions a")[-1]["href"] == "/products"
    # A search needs what has just failed.
    assert bool(page.soup.select("main form[action='/products'] input[type=search]")) == (status < 500)


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    """The person's language."""
    return request.param


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/products",
        "/products?q=lamp",
        "/products/1",
        "/products/1/edit",
        "/products/1/delete",
        "/export/products.csv",
    ],
)
def test_read_product_is_away(address: str, language: str, settings: Settings) -> None:
    page = lonely(settings, read_url=AWAY).get(address, headers={"Accept-Language": language})
    explained(page, 503, "away", language)
    assert page.response.headers["Retry-After"] == "5"
    assert page.one("main .actions a")["href"] == address


def test_add_product_is_away(language: str, settings: Settings, api: Api) -> None:
    product = api.create(name="Lamp")
    browser = lonely(settings, add_url=AWAY)
    browser.client.set_cookie("language", language)
    address = f"/products/{product['id']}/delete"
    answer = browser.send(browser.get(address), address)
    explained(answer, 503, "away", language)
    assert len(answer.soup.select("main .actions a")) == 2, "a link cannot send the form again"
    assert api.all() == [product]


@pytest.mark.parametrize(
    "address", [f"/products/{2**63}", "/products/999999999", "/products/999999999/edit", "/products/999999999/delete"]
)
def test_unknown_products(address: str, language: str, browser: Browser) -> None:
    explained(browser.get(address, headers={"Accept-Language": language}), 404, "product", language)


@pytest.mark.parametrize(
    "address",
    [
        "/nowhere",
        "/products/abc",
        "/products/1/x",
        "/static/none.css",
        "/%00",
        "/products/-1",
        "/products/0",
    ],
)
def test_unknown_addresses(address: str, language: str, browser: Browser) -> None:
    explained(browser.get(address, headers={"Accept-Language": language}), 404, "page", language)


def test_wrong_addresses_of_the_list(language: str, browser: Browser) -> None:
    for query in ("limit=0", "after=forged", "sort=colour", "q=" + "x" * 201, "limit=5&limit=6"):
        explained(browser.get(f"/products?{query}", headers={"Accept-Language": language}), 400, "address", language)


def test_a_cursor_of_another_sort_order(api: Api, language: str, browser: Browser) -> None:
    api.fill([{"name": f"Thing {n}", "price": "1"} for n in range(25)])
    forged = browser.get("/products?sort=name").attribute("a[rel=next]", "href").replace("sort=name", "sort=price")
    explained(browser.get(forged, headers={"Accept-Language": language}), 400, "address", language)


@pytest.mark.parametrize("token", ["", "forged", None])
def test_wrong_and_missing_csrf_tokens(token: str | None, language: str, api: Api, browser: Browser) -> None:
    product = api.create(name="Lamp")
    address = f"/products/{product['id']}/delete"
    browser.client.set_cookie("language", language)
    fields = {**browser.get(address).fields(), "csrf_token": token}
    answer = browser.client.post(address, data={name: value for name, value in fields.items() if value is not None})
    explained(Page(answer), 403, "form", language)
    assert api.all() == [product]


def test_an_expired_session(language: str, api: Api, browser: Browser) -> None:
    product = api.create(name="Lamp")
    address = f"/products/{product['id']}/delete"
    browser.client.set_cookie("language", language)
    question = browser.get(address)
    browser.client.delete_cookie("catalog_session")
    explained(browser.send(question, address), 403, "form", language)
    assert api.all() == [product]


def test_a_body_over_the_limit(language: str, browser: Browser) -> None:
    browser.client.set_cookie("language", language)
    page = browser.send(browser.get("/products/new"), "/products/new", name="x", description="x" * 600_000)
    explained(page, 413, "large", language)


def test_a_wrong_method(language: str, browser: Browser) -> None:
    browser.client.set_cookie("language", language)
    answer = browser.client.delete("/products")
    explained(Page(answer), 405, "method", language)
    assert "GET" in answer.headers["Allow"]


def test_a_bug_of_ours(language: str, settings: Settings) -> None:
    app = display_product.create_app(settings)
    app.add_url_rule("/bug", view_func=lambda: str(1 / 0))
    page = Browser(app.test_client()).get("/bug", headers={"Accept-Language": language})
    explained(page, 500, "bug", language)
    assert "Traceback" not in page.text
    assert "ZeroDivisionError" not in page.text


def test_a_full_disk(language: str, settings: Settings) -> None:
    def keep() -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/tmp/secret-place")

    app = display_product.create_app(settings)
    app.add_url_rule("/full", view_func=keep)
    page = Browser(app.test_client()).get("/full", headers={"Accept-Language": language})
    explained(page, 507, "room", language)
    assert "secret-place" not in page.text


def test_a_body_in_a_content_coding(browser: Browser) -> None:
    answer = browser.client.post("/products/new", data=b"name=x", headers={"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.headers["Accept-Encoding"]) == (415, "identity")


@pytest.mark.parametrize("asked", ["de", "xx-invalid", "*", "fr;q=broken", "'\"<script>", "fr;q=0"])
def test_an_unknown_language_is_english(asked: str, browser: Browser) -> None:
    assert browser.get("/import", headers={"Accept-Language": asked}).one("html")["lang"] == "en"
    browser.client.set_cookie("language", "de")
    assert browser.get("/import").one("html")["lang"] == "en"


def test_the_language_can_be_switched_on_a_page_that_only_a_form_reaches(browser: Browser) -> None:
    refused = browser.client.post("/products/undo", data={})
    assert Page(refused).one(".choices [name=next]")["value"] == "/"


def test_a_forged_request_number_is_not_repeated(browser: Browser) -> None:
    page = browser.get("/nowhere", headers={"X-Request-ID": "<script>alert(1)</script>"})
    assert re.fullmatch(r"[\w-]+", page.one("main code").get_text())
