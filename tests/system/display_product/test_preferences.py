"""What a person chose for all pages."""

import msgspec
import pytest

import display_product
from apps import Api
from catalog.settings import Settings
from pages import Browser, Page


@pytest.mark.parametrize(("name", "value"), [("theme", "dark"), ("layout", "table"), ("language", "fr")])
def test_a_choice_is_a_cookie_for_a_year_that_no_script_reads(name: str, value: str, browser: Browser) -> None:
    answer = browser.client.post("/preferences", data={name: value, "next": "/products?q=a%26b"})
    assert (answer.status_code, answer.location) == (303, "/products?q=a%26b")
    cookie = answer.headers["Set-Cookie"]
    for part in (f"{name}={value}", "Max-Age=31536000", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in cookie
    assert "Secure" not in cookie


def test_behind_https_and_under_a_path_cookies_stay_there(settings: Settings) -> None:
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
    "forged",
    ["https://evil.test/", "//evil.test", "///evil.test", "/\\evil.test", "javascript:alert(1)", "", "/a\r\nX: y", "/\tx",
     "/" + "x" * 10_000, "/\u2028", "evil.test", "/%2e%2e/x", "?q=x"],
)  # fmt: skip
def test_it_never_leads_to_another_site(forged: str, browser: Browser) -> None:
    assert browser.client.post("/preferences", data={"theme": "dark", "next": forged}).location == "/"


@pytest.mark.parametrize(
    "neighbour",
    ["/", "/admin", "/shopping", "/shop", "/shop/../admin", "/shop/%2e%2E/admin", "/shop/x/../../admin", "/shop\\..\\admin",
     "//shop/x", "/./shop/x", "https://shop.example.evil.test/shop/"],
)  # fmt: skip
def test_it_never_leads_out_of_the_shop(neighbour: str, settings: Settings) -> None:
    public = msgspec.structs.replace(settings, public_url="https://shop.example/shop")
    client = display_product.create_app(public).test_client()
    answer = client.post("/shop/preferences", data={"theme": "dark", "next": neighbour})
    assert answer.location == "/shop/"


def switch(browser: Browser, page: Page, name: str, value: str) -> Page:
    """Presses the switch at the foot of the page, as a browser without JavaScript does."""
    button = page.one(f"footer button[name={name}][value={value}]")
    fields = {**page.fields(f"form#{button['form']}"), name: value}
    return Page(browser.client.post(button["formaction"], data=fields))


TYPED = {"name": "Vase <b>", "price": "1,299", "sku": "V-1", "description": "First\r\n\r\n  second"}


def typed(page: Page) -> dict[str, str]:
    """What the form still has of what was typed."""
    return {name: value for name, value in page.fields().items() if name in TYPED}


@pytest.mark.parametrize("address", ["/products/new", "/products/{id}/edit"])
def test_the_switch_keeps_what_was_typed_and_saves_nothing(address: str, api: Api, browser: Browser) -> None:
    address = address.format(id=api.create(name="Lamp")["id"])
    refused = browser.send(browser.get(address), address, **TYPED)
    assert refused.status == 422
    french = switch(browser, refused, "language", "fr")
    assert (french.status, french.one("html")["lang"], typed(french)) == (200, "fr", TYPED)
    assert french.one("#price-error").get_text().startswith("Cela peut vouloir dire")
    dark = switch(browser, french, "theme", "dark")
    assert (dark.one("html")["data-theme"], dark.one("html")["lang"], typed(dark)) == ("dark", "fr", TYPED)
    assert dark.soup.select("#price-error")
    assert [product["name"] for product in api.all()] == ["Lamp"]
    # It is remembered, and the form that was switched is sent like any other.
    assert browser.get("/").one("html")["lang"] == "fr"
    assert browser.send(dark, address, price="1299").status == 303


def test_the_switch_keeps_what_was_typed_before_anything_was_sent(api: Api, browser: Browser) -> None:
    page = browser.get("/products/new")
    fields = {**page.fields(), **TYPED, "language": "fr"}
    button = page.one("footer button[value=fr]")
    assert button["formnovalidate"] == ""
    french = Page(browser.client.post(button["formaction"], data=fields))
    assert (french.one("html")["lang"], typed(french), french.soup.select(".error")) == ("fr", TYPED, [])
    assert api.all() == []


def test_the_switch_on_a_conflict_stays_there(api: Api, browser: Browser) -> None:
    product = api.create(name="Lamp", price="10.00")
    address = f"/products/{product['id']}/edit"
    page = browser.get(address)
    api.patch(product, {"name": "Lamp of someone else"})
    conflict = browser.send(page, address, **{**TYPED, "price": "12.50"})
    assert conflict.status == 409
    french = switch(browser, conflict, "language", "fr")
    assert french.texts("h1") == ["Quelqu’un d’autre a enregistré avant vous"]
    assert (typed(french)["name"], french.texts(".stored .text")[0]) == (TYPED["name"], "Lamp of someone else")
    assert api.all()[0]["name"] == "Lamp of someone else"
    assert browser.send(french, address, price="12,50").status == 303
    assert api.all()[0]["name"] == TYPED["name"]


def test_the_switch_neither_deletes_nor_loses_the_way_back(api: Api, browser: Browser) -> None:
    product = api.create(name="Lamp")
    address = f"/products/{product['id']}/delete"
    question = browser.get(address)
    product = api.patch(product, {"name": "Big lamp"})
    changed = browser.send(question, address)
    assert changed.status == 409
    french = switch(browser, changed, "language", "fr")
    assert "Quelqu’un d’autre a modifié" in french.text
    assert api.all() == [product]
    done = browser.send(french, address)
    dark = switch(browser, done, "theme", "dark")
    assert (dark.title, dark.one("html")["data-theme"]) == (done.title, "dark")
    assert browser.send(dark, "/products/undo").status == 303
    assert api.all()[0]["name"] == "Big lamp"


def test_the_switch_on_a_page_of_an_outage_keeps_what_was_typed(settings: Settings) -> None:
    away = msgspec.structs.replace(settings, add_url="http://127.0.0.1:9")
    browser = Browser(display_product.create_app(away).test_client())
    page = browser.send(browser.get("/products/new"), "/products/new", **{**TYPED, "price": "1"})
    assert page.status == 503
    assert typed(switch(browser, page, "language", "fr"))["name"] == TYPED["name"]


def test_the_switch_of_a_form_under_a_path_stays_in_the_shop(settings: Settings) -> None:
    public = msgspec.structs.replace(settings, public_url="https://shop.example/shop")
    page = Browser(display_product.create_app(public).test_client()).get("/shop/products/new")
    assert {button["formaction"] for button in page.soup.select("footer button")} == {"/shop/products/new"}
    page = Browser(display_product.create_app(public).test_client()).get("/shop/import")
    assert page.attribute("footer [name=next]", "value").startswith("/shop/import")


def test_a_switch_takes_no_other_choice(browser: Browser) -> None:
    fields = browser.get("/products/new").fields()
    assert browser.client.post("/products/new", data={**fields, "language": "xx"}).status_code == 400


@pytest.mark.parametrize("fields", [{"theme": "pink"}, {"language": "xx"}, {"language": "<script>"}, {"colour": "red"}])
def test_what_cannot_be_chosen_is_refused(fields: dict[str, str], browser: Browser) -> None:
    answer = browser.client.post("/preferences", data={**fields, "next": "/"})
    assert answer.status_code == 400
    assert "Set-Cookie" not in answer.headers


def test_a_forged_cookie_changes_nothing(browser: Browser) -> None:
    for name in ("theme", "layout", "language"):
        browser.client.set_cookie(name, '"><script>')
    page = browser.get("/import")
    assert page.one("html").attrs == {"lang": "en"}


def test_the_price_form_shows_how_each_person_writes_a_price(browser: Browser) -> None:
    """One process serves all languages, so what it worked out for one must not reach another."""
    for language, example in (("en", "1299.00"), ("fr", "1299,00"), ("en", "1299.00")):
        page = browser.get("/products/new", headers={"Accept-Language": language})
        assert example in page.one("#price-hint").get_text()
