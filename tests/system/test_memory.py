"""What a service keeps of the requests that it has answered: nothing, however they differ."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
import urllib3

from bench.usage import resident, tree
from processes import Running, running_services

LIST = "/api/v1/products"
AT_ONCE = 4
WARM_UP, ASKED = 100, 300
"""Requests of each kind; `make bench` asks ten thousand of each."""
KEPT_BYTES = 5000
"""For each request: less than its answer. Each connection to SQLite has 2 MB of the database when it has been used."""


@dataclass
class Kind:
    """Requests of which no two are the same."""

    method: str
    path: Callable[[int], str]
    headers: Callable[[int], dict[str, str]] = lambda _: {}
    body: Callable[[int], bytes | None] = lambda _: None
    status: int = 200


def json_of(number: int) -> bytes:
    """A product."""
    return b'{"name": "Thing %d", "price": "%d.00"}' % (number, number)


JSON = {"Content-Type": "application/json"}
KINDS = {
    "read_product": [
        Kind("GET", lambda n: f"{LIST}?limit={n % 100 + 1}&sort=-price"),
        Kind("GET", lambda n: f"{LIST}?q=word{n}%20thing"),
        Kind("GET", lambda n: f"{LIST}/1", lambda n: {"X-Request-ID": f"number-{n}"}),
        Kind("GET", lambda n: f"{LIST}/1", lambda n: {"If-None-Match": f'"{n}", "1-1"'}, status=304),
        Kind("GET", lambda n: f"{LIST}/{n + 10**6}", status=404),
        Kind("GET", lambda n: f"/nowhere/{n}", status=404),
        Kind("GET", lambda n: f"{LIST}?colour{n}=red", status=400),
    ],
    "add_product": [
        Kind("POST", lambda _: LIST, lambda _: JSON, json_of, 201),
        Kind("POST", lambda _: LIST, lambda n: {**JSON, "Idempotency-Key": f"key-{n}"}, json_of, 201),
        Kind("PATCH", lambda _: f"{LIST}/2", lambda _: {**JSON, "If-Match": "*"}, lambda n: b'{"price": "%d"}' % n),
        Kind("POST", lambda _: LIST, lambda _: JSON, lambda n: b'{"colour%d": 1}' % n, 422),
    ],
    "display_product": [
        Kind("GET", lambda n: f"/products?q=thing{n}"),
        Kind("GET", lambda n: "/products/1", lambda n: {"Accept-Language": f"fr;q=0.{n % 9 + 1}, x-{n}"}),
        Kind("GET", lambda n: f"/nowhere/{n}", status=404),
    ],
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The services, one process each, with two products."""
    with running_services(tmp_path_factory.mktemp("memory"), CATALOG_WORKERS="1") as services:
        for number in range(2):
            urllib3.request(
                "POST", services.urls["add_product"] + LIST, body=json_of(number), headers=JSON, timeout=None
            )
        yield services


@pytest.mark.parametrize("service", KINDS)
def test_a_service_keeps_nothing_of_its_requests(running: Running, service: str) -> None:
    ask(running.urls[service], KINDS[service], range(WARM_UP))
    before = kept(running, service)
    ask(running.urls[service], KINDS[service], range(WARM_UP, WARM_UP + ASKED))
    assert kept(running, service) - before < KEPT_BYTES * ASKED * len(KINDS[service])


def kept(running: Running, service: str) -> float:
    """Bytes of its processes that are not pages of files, which they share with whatever else runs here."""
    return resident(tree(running.processes[service].pid)) * 2**20


def ask(url: str, kinds: list[Kind], numbers: range) -> None:
    """Asks for each kind, several at once."""
    with urllib3.PoolManager(maxsize=AT_ONCE, retries=False) as http, ThreadPoolExecutor(AT_ONCE) as pool:

        def one(asked: tuple[Kind, int]) -> None:
            kind, number = asked
            answer = http.request(
                kind.method, url + kind.path(number), headers=kind.headers(number), body=kind.body(number)
            )
            assert answer.status == kind.status, answer.data

        for _ in pool.map(one, [(kind, number) for number in numbers for kind in kinds]):
            pass
