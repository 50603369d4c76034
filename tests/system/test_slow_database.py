"""A MySQL that is frozen, or that keeps statements waiting: whoever asks is told in time, and all is well at once afterwards."""

import contextlib
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import pytest
import urllib3

from processes import Running, running_services

if TYPE_CHECKING:
    from mysql_server import MySQLServer

pytestmark = pytest.mark.mysql
PATH = "/api/v1/products"
STATED_SECONDS = 10
http = urllib3.PoolManager(num_pools=20, maxsize=100, retries=False)


@pytest.fixture(scope="module")
def running(mysql_server: "MySQLServer", tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The three services, on MySQL."""
    settings = {
        "CATALOG_DATABASE_URL": mysql_server.url("migrator"),
        "CATALOG_DATABASE_PASSWORD_FILE": str(mysql_server.password_file),
    }
    with running_services(tmp_path_factory.mktemp("slow"), **settings) as services:
        yield services


# Both need other tables than that of products.
IMPORTS = [
    (
        "add_product",
        "POST",
        f"{PATH}/import",
        {"body": b"name,price\nCup,1\n", "headers": {"Content-Type": "text/csv"}},
    ),
    ("read_product", "GET", "/api/v1/imports/1", {}),
]


@contextlib.contextmanager
def frozen(server: "MySQLServer") -> Iterator[None]:
    """The server stops where it is: connections can be made, and nothing answers."""
    server.pause()
    try:
        yield
    finally:
        server.resume()


@contextlib.contextmanager
def locked(server: "MySQLServer") -> Iterator[None]:
    """The server answers, but statements on products wait."""
    with server.locking("product"):
        yield


def ask(running: Running, service: str, method: str, path: str, **options: Any) -> tuple[int, str | None, float]:
    """Status, Retry-After and how long it took."""
    started = time.monotonic()
    answer = http.request(method, running.urls[service] + path, timeout=60, **options)
    return answer.status, answer.headers.get("Retry-After"), time.monotonic() - started


def questions(product: dict) -> list[tuple[str, str, str, dict]]:
    """Reads, writes and pages that all need the products."""
    etag = {"If-Match": f'"{product["id"]}-{product["version"]}"'}
    one = f"{PATH}/{product['id']}"
    return [
        ("read_product", "GET", PATH, {}),
        ("read_product", "GET", f"{PATH}?q=slow", {}),
        ("read_product", "GET", f"{PATH}/export", {}),
        (
            "add_product",
            "POST",
            PATH,
            {"json": {"name": "slow", "price": "1"}, "headers": {"Idempotency-Key": uuid.uuid4().hex}},
        ),
        ("add_product", "PATCH", one, {"json": {"name": "slower"}, "headers": etag}),
        ("display_product", "GET", "/products", {}),
        ("display_product", "GET", f"/products/{product['id']}/delete", {}),
    ]


@pytest.mark.parametrize(("trouble", "also"), [(frozen, IMPORTS), (locked, [])])
def test_a_database_that_does_not_answer_is_503_in_time_and_good_at_once_afterwards(
    running: Running,
    mysql_server: "MySQLServer",
    trouble: Callable[["MySQLServer"], AbstractContextManager[None]],
    also: list[tuple[str, str, str, dict]],
) -> None:
    product = http.request("POST", running.urls["add_product"] + PATH, json={"name": "Cup", "price": "1"}).json()
    with ThreadPoolExecutor(64) as pool:

        def ask_all(times: int) -> list[tuple[int, str | None, float]]:
            asked = [each for _ in range(times) for each in [*questions(product), *also]]
            begun = [pool.submit(ask, running, *where, **options) for *where, options in asked]
            return [future.result() for future in begun]

        # Connections are in the pools, and more requests come than there are threads.
        ask_all(2)
        with trouble(mysql_server):
            answers = ask_all(8)
            alive = [ask(running, service, "GET", "/livez")[0] for service in running.urls]
        assert {(status, retry) for status, retry, _ in answers} == {(503, "5")}
        assert max(seconds for _, _, seconds in answers) < STATED_SECONDS
        assert alive == [200, 200, 200]
    assert ask(running, "read_product", "GET", PATH)[0] == 200
    assert ask(running, "display_product", "GET", "/products")[0] == 200
    answer = http.request("POST", running.urls["add_product"] + PATH, json={"name": "Cup", "price": "1"})
    assert answer.status == 201
