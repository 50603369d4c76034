"""Pages that are kept: always the one that would be made now, in what the browser asked for."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any

import pytest
from flask import template_rendered
from msgspec.structs import replace

import display_product
from apps import Api
from catalog.settings import Settings
from display_product.web.kept import Page, Pages
from pages import Browser

CHOICES = [
    {"Cookie": f"language={language}; theme={theme}; layout={layout}"}
    for language, theme, layout in product(("en", "fr"), ("auto", "light", "dark"), ("cards", "table"))
]


@contextmanager
def rendered(browser: Browser) -> Iterator[list[str]]:
    """The templates that are rendered meanwhile."""
    found: list[str] = []

    def note(_sender: object, template: Any, **_: object) -> None:
        found.append(template.name)

    with template_rendered.connected_to(note, browser.client.application):
        yield found


def conditional(answer: Any, **headers: str) -> dict[str, str]:
    return {"If-None-Match": answer.headers["ETag"], **headers}


@pytest.fixture
def cookieless(settings: Settings) -> Browser:
    """A browser whose cookies are those that a test sends."""
    return Browser(display_product.create_app(settings).test_client(use_cookies=False))


@pytest.fixture
def addresses(api: Api) -> list[str]:
    """Addresses of every kind of page that is kept."""
    made = [
        api.create(name=f"Lamp <{number}>", description="of glass & steel", price=f"{number}.50")
        for number in range(25)
    ]
    lists = [
        "/products",
        "/products?limit=50",
        "/products?sort=name&q=lamp",
        "/products?q=nothing",
        "/products?limit=50&x=1",
    ]
    return ["/", *lists, f"/products/{made[0]['id']}", f"/products/{made[1]['id']}"]


def test_a_kept_page_is_the_one_that_would_be_made(settings: Settings, addresses: list[str]) -> None:
    app = display_product.create_app(settings)
    browser = Browser(app.test_client(use_cookies=False))
    for _ in range(2):
        last = {
            (address, number): browser.get(address, headers=headers).response
            for address in addresses
            for number, headers in enumerate(CHOICES)
        }
    for (address, number), kept in last.items():
        app.extensions["kept"] = Pages(app.extensions["kept"].made_by)
        made = browser.get(address, headers=CHOICES[number]).response
        assert kept.data == made.data
        assert dict(kept.headers) | {"X-Request-ID": ""} == dict(made.headers) | {"X-Request-ID": ""}
        packed = browser.get(address, headers={**CHOICES[number], "Accept-Encoding": "gzip"}).response
        assert gzip.decompress(packed.data) == made.data
    known = {(answer.headers["ETag"], answer.data) for answer in last.values()}
    assert len(known) == len(dict(known))


def test_pages_are_made_once_and_browsers_that_have_them_need_none(browser: Browser, addresses: list[str]) -> None:
    answers = {address: browser.get(address).response for address in addresses}
    with rendered(browser) as templates:
        for address, first in answers.items():
            assert browser.get(address).response.data == first.data
            again = browser.get(address, headers=conditional(first)).response
            assert (again.status_code, again.data) == (304, b"")
            assert again.headers["ETag"] == first.headers["ETag"]
            assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
            assert again.vary.to_header() == first.vary.to_header()
            assert again.headers["Content-Security-Policy"] == first.headers["Content-Security-Policy"]
    assert templates == []


def test_another_replica_knows_the_page_by_its_etag(settings: Settings, addresses: list[str]) -> None:
    one, other = (Browser(display_product.create_app(settings).test_client()) for _ in range(2))
    for address in addresses:
        first = one.get(address).response
        with rendered(other) as templates:
            assert other.get(address, headers=conditional(first)).status == 304
        assert templates == []


def test_no_browser_is_told_to_keep_a_page_that_is_another_now(
    api: Api, cookieless: Browser, settings: Settings, addresses: list[str]
) -> None:
    first = {address: cookieless.get(address).response for address in addresses}

    def all_differ(headers: dict[str, str], which: Browser = cookieless) -> None:
        for address, answer in first.items():
            assert which.get(address, headers=conditional(answer, **headers)).status == 200

    for headers in CHOICES[1:]:
        for address in ("/products", "/products?limit=50"):
            assert cookieless.get(address, headers=conditional(first[address], **headers)).status == 200
    all_differ({"Accept-Language": "fr"})
    all_differ({"Cookie": "theme=dark"})
    for address, answer in first.items():
        for another in first.keys() - {address}:
            assert cookieless.get(another, headers=conditional(answer)).status == 200
    for changed in (replace(settings, currency="USD"), replace(settings, public_url="http://localhost/shop")):
        all_differ({}, Browser(display_product.create_app(changed).test_client()))
    for each in api.all():
        api.patch(each, {"price": "77.00"})
    api.create(name="Nothing like it")
    all_differ({})


def test_a_message_is_shown_once_and_by_no_kept_page(api: Api, browser: Browser) -> None:
    made = browser.send(browser.get("/products/new"), "/products/new", name="Lamp", price="1")
    address = made.response.location
    other = Browser(browser.client.application.test_client())
    before = other.get(address).response
    with_message = browser.get(address, headers=conditional(before))
    assert with_message.status == 200
    assert with_message.texts("[role=status]") == ["“Lamp” has been added."]
    assert "ETag" not in with_message.response.headers
    assert browser.get(address).response.data == other.get(address).response.data == before.data
    assert browser.get(address, headers=conditional(before)).status == 304


def test_a_page_that_is_gone_is_not_kept(api: Api, browser: Browser) -> None:
    product = api.create(name="Lamp")
    address = f"/products/{product['id']}"
    first = browser.get(address).response
    api.delete(product)
    assert browser.get(address, headers=conditional(first)).status == 404


def test_kept_pages_have_a_bound_and_the_ones_not_asked_for_go() -> None:
    page = Page(b"x" * 1000)
    pages = Pages(b"", 2 * page.size)
    for name in ("a", "b", "a", "c"):
        if pages.get(name) is None:
            pages.keep(name, page)
    assert [name for name in "abc" if pages.get(name)] == ["a", "c"]


def test_no_page_is_over_60_kB(api: Api, cookieless: Browser) -> None:  # noqa: N802
    # Twenty of the longest, and a hundred as they are in shops.
    longest = {"name": "<ß>" * 66, "sku": "", "description": '"&<' * 3333}
    for number in range(20):
        api.create(**{**longest, "sku": f"{number:03}" + "'" * 61})
    dear = api.create(**{**longest, "sku": "'" * 64})
    for headers in CHOICES:
        for address in ("/", "/products", "/products?limit=20", f"/products/{dear['id']}"):
            assert len(cookieless.get(address, headers=headers).response.data) <= 60_000
    for each in api.all():
        api.delete(each)
    about = "Hand-made in a small workshop from stoneware that is fired twice, and safe in the dishwasher. " * 2
    api.fill(
        [
            {"name": f"Stoneware mug, small, blue {n}", "sku": f"MUG-{n}", "price": "12.50", "description": about}
            for n in range(100)
        ]
    )
    for headers in CHOICES:
        assert len(cookieless.get("/products?limit=100", headers=headers).response.data) <= 60_000
