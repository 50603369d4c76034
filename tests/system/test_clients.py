"""Clients that are slow, silent, broken off or quick: none keeps the others from their answers, none gets another's."""

import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import urllib3

from processes import Running, running_services

http = urllib3.PoolManager(retries=False)
CLIENTS = 200
CSV = b"Content-Type: text/csv\r\n"
JSON = b"Content-Type: application/json\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The three services, for all tests of this module."""
    with running_services(tmp_path_factory.mktemp("clients")) as services:
        yield services


def connect(running: Running, service: str) -> socket.socket:
    address = urlsplit(running.urls[service])
    connection = socket.create_connection((address.hostname, address.port), timeout=30)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


HALVES = {
    "json": ("add_product", "/api/v1/products", JSON, b'{"name": "half", "price": 1}', 100),
    "import": ("add_product", "/api/v1/products/import", CSV, b"sku,name,price\n" + b"H-%d,half,129.95\n" * 3, 5000),
    "large import": ("add_product", "/api/v1/products/import", CSV, b"name,price\n" + b"half,1\n" * 30_000, 300_000),
    "form": ("display_product", "/products/new", FORM, b"name=half&price=1", 100),
}


@pytest.mark.parametrize("kind", HALVES)
def test_half_a_body_is_never_taken_for_the_whole(running: Running, kind: str) -> None:
    service, path, media_type, sent, length = HALVES[kind]
    before = len(running.log(service))
    with connect(running, service) as client, client.makefile("rb") as file:
        client.sendall(
            f"POST {path} HTTP/1.1\r\nHost: c\r\nContent-Length: {length}\r\n".encode() + media_type + b"\r\n"
        )
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        assert int(file.read().split()[1]) == 400
    names = [
        item["name"]
        for item in http.request("GET", f"{running.urls['read_product']}/api/v1/products?q=half").json()["items"]
    ]
    assert names == []
    logged = [json.loads(line) for line in running.log(service)[before:].splitlines()]
    assert [entry["status"] for entry in logged if entry.get("path") == path] == [400]
