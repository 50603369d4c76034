"""The page for the engineer on call."""

import msgspec

import display_product
from catalog import __version__
from catalog.settings import Settings
from pages import Browser


def test_each_service_shows_its_version_its_database_and_its_latency(browser: Browser) -> None:
    page = browser.get("/status")
    assert page.response.cache_control.no_store
    assert page.texts(".card h2") == ["display-product", "read-product", "add-product"]
    assert page.texts(".card .state") == ["works"] * 3
    assert page.text.count(f"Version {__version__}") == 3
    assert page.text.count("Database works") == 2
    assert page.text.count(" ms") == 2


def test_a_service_that_is_away_is_shown_so(settings: Settings) -> None:
    away = msgspec.structs.replace(settings, add_url="http://127.0.0.1:9")
    page = Browser(display_product.create_app(away).test_client()).get("/status")
    assert page.status == 200
    assert page.texts(".card .state") == ["works", "works", "does not answer"]
    assert "Gave up after" in page.texts(".card")[2]


def test_the_pages_are_ready_to_explain_from_the_start_when_nothing_else_answers(settings: Settings) -> None:
    away = msgspec.structs.replace(settings, add_url="http://127.0.0.1:9", read_url="http://127.0.0.1:9")
    client = display_product.create_app(away).test_client()
    assert client.get("/readyz").status_code == 200
    assert client.get("/products").status_code == 503
