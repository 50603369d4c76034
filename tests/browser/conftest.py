"""Fixtures: the real processes, and Chromium in front of them."""

import signal
from collections.abc import Iterator
from contextlib import nullcontext
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

import dex
import people
import requirements
from apps import Api
from browser.proxy import https
from browser.site import Site, launch, reaching
from imports import Imports
from processes import Running, free_port, running_services

SHOP = "https://shop.example/shop/"

# Only how long to wait for what must come in the end: these tests measure no time, and machines can be busy.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """Playwright."""
    with sync_playwright() as found:
        yield found


@pytest.fixture(scope="package")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """One Chromium for all tests; each person in it has cookies of their own."""
    browser = launch(playwright)
    yield browser
    browser.close()


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The three services."""
    with running_services(tmp_path_factory.mktemp("services"), CATALOG_WORKERS="1") as found:
        yield found


@pytest.fixture(scope="package")
def api(running: Running) -> Api:
    """The services' API."""
    return Api.of_processes(running)


@pytest.fixture(scope="package")
def site(running: Running, chromium: Browser) -> Site:
    """The pages of these services."""
    return Site(running.urls["display_product"] + "/", chromium)


@pytest.fixture(scope="package")
def shop(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Pages under a path of a host with HTTPS."""
    directory = tmp_path_factory.mktemp("shop")
    with running_services(directory, CATALOG_WORKERS="1", CATALOG_PUBLIC_URL=SHOP) as running:
        upstream = urlsplit(running.urls["display_product"]).port
        with https("shop.example", upstream, directory) as (port, certificate):
            browser = launch(playwright, *reaching(SHOP, f"127.0.0.1:{port}", str(certificate)))
            yield Site(SHOP, browser)
            browser.close()


@pytest.fixture(scope="package")
def bare(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Pages of a catalogue without a product."""
    with running_services(tmp_path_factory.mktemp("bare"), CATALOG_WORKERS="1") as running:
        yield Site(running.urls["display_product"] + "/", chromium)


@pytest.fixture(scope="package")
def guarded(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Pages that ask who is there; people can sign in by name, or at Dex if this machine has it."""
    directory, port = tmp_path_factory.mktemp("guarded"), free_port()
    (directory / "client-secret").write_text(dex.CLIENT_SECRET)
    federated = {
        "oidc_issuer": dex.issuer(port),
        "oidc_client_id": dex.CLIENT_ID,
        "oidc_client_secret_file": str(directory / "client-secret"),
        "oidc_editor_groups": "staff",
        "oidc_reader_groups": "interns",
    }
    with running_services(directory, CATALOG_WORKERS="1", **people.environment(directory, **federated)) as running:
        url = running.urls["display_product"]
        provider = dex.running_dex(directory, port, f"{url}/sign-in/callback")
        with nullcontext() if requirements.missing("dex") else provider:
            yield Site(f"{url}/", chromium)


@pytest.fixture(scope="package")
def lonely(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Pages whose two services have gone away."""
    with running_services(tmp_path_factory.mktemp("lonely"), CATALOG_WORKERS="1") as running:
        for service in ("add_product", "read_product"):
            running.processes[service].send_signal(signal.SIGTERM)
            running.processes[service].wait(40)
        yield Site(running.urls["display_product"] + "/", chromium)


@pytest.fixture(scope="package")
def staged(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Imports]]:
    """Pages whose imports stay in whatever state a test needs."""
    with running_services(tmp_path_factory.mktemp("staged"), CATALOG_WORKERS="1") as running:
        imports = Imports(running)
        yield Site(running.urls["display_product"] + "/", chromium), imports
        imports.close()
