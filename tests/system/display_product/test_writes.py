"""Whoever has written sees it at once, whatever is kept anywhere; here everything is kept for an hour."""

import io
from collections.abc import Callable
from contextlib import closing

import pytest
from msgspec.structs import replace

import display_product
from apps import Api
from caches import Caches
from catalog.settings import Settings
from imports import Imports
from pages import Browser, Page
from processes import Running

LISTS = ("/", "/products", "/products?sort=name", "/products?q=lamp")


def names(browser: Browser, address: str = "/products") -> list[str]:
    return browser.get(address).texts(".card h2, .card h3")


@pytest.fixture
def writer(cached: Settings) -> Browser:
    """A person whose requests are served by one replica of the pages …"""
    return Browser(display_product.create_app(cached).test_client())


@pytest.fixture
def reader(cached: Settings) -> Browser:
    """… and another one's, who only looks."""
    return Browser(display_product.create_app(cached).test_client())


def add(browser: Browser, name: str, sku: str = "") -> Page:
    answer = browser.send(browser.get("/products/new"), "/products/new", name=name, price="1", sku=sku)
    assert answer.status == 303
    return answer


def test_what_is_kept_is_what_others_see(api: Api, writer: Browser, reader: Browser, caches: Caches) -> None:
    api.create(name="Lamp")
    assert names(reader) == ["Lamp"]
    add(writer, "Vase")
    assert names(reader) == ["Lamp"]
    assert len(caches.asked) == 1
    # A browser that is told to load all anew.
    assert reader.get("/products", headers={"Cache-Control": "no-cache"}).texts(".card h2") == ["Vase", "Lamp"]


def _add(browser: Browser, api: Api) -> None:
    add(browser, "Lamp of mine")


def _change(browser: Browser, api: Api) -> None:
    address = f"/products/{api.all()[0]['id']}/edit"
    assert browser.send(browser.get(address), address, name="Lamp, changed").status == 303


def _delete(browser: Browser, api: Api) -> None:
    address = f"/products/{api.all()[0]['id']}/delete"
    assert browser.send(browser.get(address), address).status == 200


def _undo(browser: Browser, api: Api) -> None:
    address = f"/products/{api.all()[0]['id']}/delete"
    question = browser.get(address)
    deleted = browser.send(question, address)
    for each in LISTS:
        browser.get(each)
    # So that no other write but this one is remembered.
    browser.client.delete_cookie("catalog_wrote")
    assert browser.send(deleted, "/products/undo").status == 303


def _import(browser: Browser, api: Api) -> None:
    file = (io.BytesIO(b"name,price\nLamp of the file,1\n"), "products.csv")
    checked = browser.send(browser.get("/import"), "/import", file=file).response.location
    while (page := browser.get(checked)).soup.select("#progress"):
        pass
    form = page.one("main form[action$='/start']")
    browser.client.post(form["action"], data=page.fields(f"form[action='{form['action']}']"))
    # It may be done long after it was started; its page says when.
    browser.client.delete_cookie("catalog_wrote")
    while browser.get(checked).soup.select("#progress"):
        pass


@pytest.mark.parametrize("write", [_add, _change, _delete, _undo, _import])
def test_whoever_writes_sees_it_at_once(write: Callable[[Browser, Api], None], api: Api, writer: Browser) -> None:
    api.create(name="Lamp")
    for address in LISTS:
        names(writer, address)
        names(writer, address)
    write(writer, api)
    there = sorted(product["name"] for product in api.all())
    for address in LISTS:
        # Both caches are asked.
        assert sorted(names(writer, address)) == sorted(names(writer, address)) == there


@pytest.mark.parametrize(
    ("state", "may_have_written"),
    [("checking", False), ("checked", False), ("waiting", False), ("running", True), ("done", True),
     ("interrupted", True), ("failed", True)],
)  # fmt: skip
def test_an_import_that_others_started_counts_once_it_writes(
    state: str, may_have_written: bool, running: Running, writer: Browser, api: Api
) -> None:
    with closing(Imports(running)) as imports:
        writer.get(imports.put(state))  # type: ignore[arg-type]
    assert bool(writer.client.get_cookie("catalog_wrote")) == may_have_written


def test_a_write_that_may_have_succeeded_counts(api: Api, cached: Settings) -> None:
    nobody = replace(cached, add_url="http://127.0.0.1:1")
    browser = Browser(display_product.create_app(nobody).test_client())
    form = browser.get("/products/new")
    assert browser.client.get_cookie("catalog_wrote") is None
    assert browser.send(form, "/products/new", name="Lamp", price="1").status == 503
    assert browser.client.get_cookie("catalog_wrote") is not None


def test_the_browser_itself_forgets_it_and_no_script_or_neighbour_reads_it(api: Api, cached: Settings) -> None:
    public = replace(cached, public_url="https://example.test/shop")
    client = display_product.create_app(public).test_client()
    form = Page(client.get("/shop/products/new", base_url="https://example.test"))
    answer = client.post(
        "/shop/products/new", data={**form.fields(), "name": "Lamp", "price": "1"}, base_url="https://example.test"
    )
    [cookie] = [each for each in answer.headers.getlist("Set-Cookie") if each.startswith("catalog_wrote")]
    for part in ("Max-Age=20", "Secure", "HttpOnly", "SameSite=Lax", "Path=/shop"):
        assert part in cookie
