"""Fixtures: the pages as a test client, in front of the real processes of the other two services."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

import display_product
import people
from apps import Api
from caches import Caches, serving
from catalog.settings import Settings
from display_product.web import cache
from pages import Browser
from processes import Running, running_services


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The three services, one worker each."""
    with running_services(tmp_path_factory.mktemp("services"), CATALOG_WORKERS="1") as found:
        yield found


@pytest.fixture
def api(running: Running) -> Api:
    """The API of an empty catalogue."""
    found = Api.of_processes(running)
    for product in found.all():
        found.delete(product)
    return found


@pytest.fixture
def settings(running: Running) -> Settings:
    """Settings of pages that reach the real services."""
    return Settings(
        add_url=running.urls["add_product"],
        read_url=running.urls["read_product"],
        secret_key_file=str(running.directory / "secret-key"),
    )


@pytest.fixture
def browser(settings: Settings) -> Browser:
    """A browser in front of these pages."""
    return Browser(display_product.create_app(settings).test_client())


@pytest.fixture
def caches(running: Running) -> Caches:
    """Caches of lists in front of the real read-product."""
    return Caches(running.urls["read_product"])


@pytest.fixture
def cached(settings: Settings, caches: Caches, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Settings of pages that reach read-product through these caches, and believe them."""
    monkeypatch.setattr(cache, "LASTS_MAX", 3600)
    with serving(caches) as url:
        yield replace(settings, read_url=url)


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The three services, which ask who is there."""
    directory = tmp_path_factory.mktemp("guarded")
    with running_services(directory, CATALOG_WORKERS="1", **people.environment(directory)) as found:
        yield found


@pytest.fixture
def guarded_settings(guarded: Running, tmp_path: Path) -> Settings:
    """Settings of pages that ask who is there; the accounts are those of one test."""
    made = people.files(tmp_path)
    return Settings(
        add_url=guarded.urls["add_product"],
        read_url=guarded.urls["read_product"],
        secret_key_file=str(guarded.directory / "secret-key"),
        auth="on",
        editors_file=made["editors_file"],
        readers_file=made["readers_file"],
        signing_key_file=str(guarded.directory / "signing_key_file"),
    )


@pytest.fixture
def guarded_browser(guarded_settings: Settings) -> Browser:
    """A browser in front of these pages."""
    return Browser(display_product.create_app(guarded_settings).test_client())
