"""Clients that are slow, silent, broken off or quick: none keeps the others from their answers, none gets another's."""

import contextlib
import json
import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import urllib3

from processes import SERVICES, Running, running_services

http = urllib3.PoolManager(retries=False)
CLIENTS = 200
CSV = b"Content-Type: text/csv\r\n"
JSON = b"Content-Type: application/json\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"

# What each of the many clients has sent when it stops, or goes on a byte at a time.
SILENT = b""
HEAD = b"GET /api/v1/products HTTP/1.1\r\nHost: c"
LARGE = b"Content-Length: 60000000\r\n\r\n" + b"x" * 1000
BODIES = {
    "add_product": {
        "json": b"POST /api/v1/products HTTP/1.1\r\nHost: c\r\n" + JSON + b'Content-Length: 100\r\n\r\n{"name',
        "long number": b"POST /api/v1/products HTTP/1.1\r\nHost: c\r\n"
        + JSON
        + b"Content-Length: 0000000000000000000100\r\n\r\n{",
        "import": b"POST /api/v1/products/import HTTP/1.1\r\nHost: c\r\n" + CSV + LARGE,
        "chunked": b"POST /api/v1/products/import HTTP/1.1\r\nHost: c\r\nTransfer-Encoding: chunked\r\n"
        + CSV
        + b"\r\n5\nab",
        "chunk that looks like the last": b"POST /api/v1/products/import HTTP/1.1\r\nHost: c\r\n"
        + b"Transfer-Encoding: chunked\r\n"
        + CSV
        + b"\r\nff\r\nab0\r\n\r\n",
    },
    "read_product": {"get": b"GET /api/v1/products HTTP/1.1\r\nHost: c\r\n" + JSON + b"Content-Length: 100\r\n\r\n{"},
    "display_product": {
        "form": b"POST /products/new HTTP/1.1\r\nHost: c\r\n" + FORM + b"Content-Length: 100\r\n\r\nname=",
        "upload": b"POST /import HTTP/1.1\r\nHost: c\r\nContent-Type: multipart/form-data; boundary=b\r\n" + LARGE,
    },
}
READS = {"add_product": "/api/v1/openapi.json", "read_product": "/api/v1/products", "display_product": "/products"}


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


def connect_from_afar(running: Running, service: str) -> socket.socket:
    """A client that takes few bytes before it reads, as over a network; this machine itself would buffer megabytes."""
    address = urlsplit(running.urls[service])
    connection = socket.socket()
    connection.settimeout(30)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
    connection.connect((address.hostname, address.port))
    return connection


def answers(connection: socket.socket, count: int) -> list[tuple[int, bool]]:
    """Status of each answer, and whether it says that the connection ends."""
    found = []
    with connection.makefile("rb") as file:
        for _ in range(count):
            status = int(file.readline().split()[1])
            head = {}
            while (line := file.readline()) != b"\r\n":
                name, _, value = line.decode().partition(":")
                head[name.lower()] = value.strip()
            file.read(int(head.get("content-length", 0)))
            found.append((status, head.get("connection") == "close"))
            if head.get("connection") == "close":
                break
    return found


KINDS = [
    (service, kind, sent)
    for service in SERVICES
    for kind, sent in {"silent": SILENT, "head": HEAD, **BODIES[service]}.items()
]


@pytest.mark.parametrize(("service", "kind", "sent"), KINDS, ids=[f"{service}-{kind}" for service, kind, _ in KINDS])
def test_clients_that_keep_the_server_waiting_keep_nobody_else_waiting(
    running: Running, service: str, kind: str, sent: bytes
) -> None:
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(connect(running, service)) for _ in range(CLIENTS)]
        for client in slow:
            client.sendall(sent)
        for path in ("/livez", "/readyz", READS[service]) * 2:
            # Where a client takes a thread, none is left: the answer would come after its time is up, 10 s at least.
            answer = http.request("GET", running.urls[service] + path, timeout=5)
            assert answer.status == 200
            for client in slow:
                with contextlib.suppress(OSError):
                    client.send(sent[-1:])


def test_silent_clients_beyond_the_number_of_connections_make_room(tmp_path: Path) -> None:
    with (
        running_services(tmp_path, GUNICORN_CMD_ARGS="--worker-connections 20") as services,
        contextlib.ExitStack() as stack,
    ):
        for service in SERVICES:
            for sent in (SILENT, HEAD):
                for _ in range(CLIENTS):
                    stack.enter_context(connect(services, service)).sendall(sent)
                for path in ("/livez", "/readyz", READS[service]) * 2:
                    # Where they fill the process, it takes nobody until their time is up, after 10 s.
                    assert http.request("GET", services.urls[service] + path, timeout=5).status == 200


BROKEN = (
    (b"GET /api/v1/products HTTP/1.1\r\nHost:", 408),
    (b"POST /api/v1/products HTTP/1.1\r\nHost: c\r\n" + JSON + b"Content-Length: 50\r\n\r\n{", 408),
    (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n", 414),
    (b"GET /" + b"x" * 90_000, 414),
    (b"GET / HTTP/1.1\r\n" + b"X: " + b"x" * 9000 + b"\r\n\r\n", 431),
    (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000, 431),
    (b"nonsense\r\n\r\n", 400),
)


def test_what_never_becomes_a_request_is_ended_with_a_problem(running: Running) -> None:
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connect(running, "add_product")) for _ in BROKEN]
        for client, (sent, _) in zip(clients, BROKEN, strict=True):
            with contextlib.suppress(OSError):
                client.sendall(sent)
        for client, (sent, status) in zip(clients, BROKEN, strict=True):
            head, _, body = stack.enter_context(client.makefile("rb")).read().partition(b"\r\n\r\n")
            problem = json.loads(body)
            assert (problem["status"], head.split()[1]) == (status, str(status).encode()), sent[:40]
            assert f"X-Request-ID: {problem['request_id']}".encode() in head


CHUNKED = b"POST /api/v1/products HTTP/1.1\r\nHost: c\r\n" + JSON + b"Transfer-Encoding: chunked\r\n\r\n"
CHUNK = b'{"name":"odd","price":"1"}\r\n'
TRAILERS = CHUNKED + b"1a\r\n" + CHUNK + b"0\r\n"
REFUSED = {
    "bare line feed in an extension": (CHUNKED + b"1a;a\nb\r\n" + CHUNK + b"0\r\n\r\n", 400),
    "bare line feed behind the last size": (CHUNKED + b"1a\r\n" + CHUNK + b"0;\n\r\n\r\n", 400),
    "endless extension": (CHUNKED + b"1a;" + b"a" * 5000 + b"\r\n" + CHUNK + b"0\r\n\r\n", 400),
    "trailer that is no field": (TRAILERS + b"nonsense\r\n\r\n", 400),
    "trailer that must stand in the head": (TRAILERS + b"Host: d\r\n\r\n", 400),
    "control character in a trailer": (TRAILERS + b"X: \x01\r\n\r\n", 400),
    "too many trailers": (TRAILERS + b"X: y\r\n" * 200 + b"\r\n", 400),
    "compressed on its way": (CHUNKED.replace(b" chunked", b" gzip, chunked") + b"1a\r\n" + CHUNK + b"0\r\n\r\n", 501),
    "unknown method": (b"INVENTED /api/v1/products HTTP/1.1\r\nHost: c\r\n\r\n", 501),
    "no host": (b"GET /api/v1/products HTTP/1.1\r\n\r\n", 400),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_other_servers_may_read_in_another_way_is_refused(running: Running, kind: str) -> None:
    sent, status = REFUSED[kind]
    with connect(running, "add_product") as client:
        client.sendall(sent + b"GET /livez HTTP/1.1\r\nHost: c\r\n\r\n")
        head, _, body = client.makefile("rb").read().partition(b"\r\n\r\n")
        problem = json.loads(body)
        assert (problem["status"], head.split()[1]) == (status, str(status).encode())
        assert f"X-Request-ID: {problem['request_id']}".encode() in head
    assert http.request("GET", f"{running.urls['read_product']}/api/v1/products?q=odd").json()["items"] == []


def test_invented_methods_do_not_stay_in_the_metrics(running: Running) -> None:
    for number in range(20):
        method = b"INVENTED" + bytes([ord("A") + number])
        with connect(running, "read_product") as client:
            client.sendall(method + b" /api/v1/products HTTP/1.1\r\nHost: c\r\n\r\n")
            assert answers(client, 1) == [(501, True)]
    assert b"INVENTED" not in http.request("GET", running.metrics["read_product"]).data


def test_a_client_of_http_1_0_gets_no_interim_answer(running: Running) -> None:
    head = b"POST /api/v1/products HTTP/1.0\r\nExpect: 100-continue\r\n" + JSON + b"Content-Length: 26\r\n\r\n"
    with connect(running, "add_product") as client:
        client.sendall(head)
        time.sleep(0.02)  # The head alone may be looked at first.
        client.sendall(b'{"name": "x", "price": ""}')
        assert answers(client, 1) == [(422, True)]


def test_what_a_client_says_of_its_connection_is_heard_in_any_list(running: Running) -> None:
    with connect(running, "read_product") as client:
        client.sendall(b"GET /livez HTTP/1.1\r\nHost: c\r\nConnection: TE, close\r\nTE: trailers\r\n\r\n")
        assert answers(client, 1) == [(200, True)]


def test_a_wish_for_another_protocol_is_passed_over(running: Running) -> None:
    with connect(running, "read_product") as client:
        client.sendall(b"GET /api/v1/products HTTP/1.1\r\nHost: c\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
        assert answers(client, 1) == [(200, False)]


UNREAD = (
    b"PATCH /api/v1/products/1 HTTP/1.1\r\nHost: c\r\n" + JSON + b"Content-Length: 12\r\n\r\n",
    b'{"name":"x"}',
    b"GET /livez HTTP/1.1\r\nHost: c\r\n\r\n",
)


def test_a_request_behind_a_body_that_nobody_read_is_answered(running: Running) -> None:
    head, body, next_request = UNREAD
    for _ in range(5):
        with connect(running, "add_product") as client:
            client.sendall(head + body + next_request)
            assert answers(client, 2) == [(428, False), (200, False)]
            client.sendall(head)
            time.sleep(0.02)  # The head alone may be looked at first.
            client.sendall(body + next_request)
            assert answers(client, 2) == [(428, False), (200, False)]


def test_hundreds_of_unread_bodies_on_one_connection_are_all_answered(running: Running) -> None:
    body = b"x" * 1000
    head = b"PATCH /nowhere HTTP/1.1\r\nHost: c\r\nContent-Length: %d\r\n\r\n"
    with connect(running, "add_product") as client:
        for number in range(300):
            sent = body[: number * 3]
            client.sendall(head % len(sent))
            client.sendall(sent)
            assert answers(client, 1) == [(404, False)]
        client.sendall((head % 3 + b"abc") * 50)
        assert answers(client, 50) == [(404, False)] * 50
        client.sendall(b"GET /livez HTTP/1.1\r\nHost: c\r\n\r\n" * 1500)
        assert answers(client, 1500) == [(200, False)] * 1500


def test_an_answer_before_a_large_body_says_that_the_connection_ends(running: Running) -> None:
    for service in SERVICES:
        with connect(running, service) as client:
            client.sendall(b"POST /nowhere HTTP/1.1\r\nHost: c\r\nContent-Length: 30000000\r\n\r\n" + b"x" * 100_000)
            assert answers(client, 1) == [(404, True)]
            # What is still being sent does not destroy the answer.
            with contextlib.suppress(OSError):
                client.sendall(b"x" * 1_000_000)


def test_a_client_that_asks_first_may_send_its_body(running: Running) -> None:
    with connect(running, "add_product") as client:
        client.sendall(
            b"POST /api/v1/products HTTP/1.1\r\nHost: c\r\nExpect: 100-continue\r\n"
            + JSON
            + b"Content-Length: 27\r\n\r\n"
        )
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b'{"name": "x", "price": "1"}')
        assert answers(client, 1) == [(201, False)]


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
        answer = file.read()
    assert int(answer.split()[1]) == 400
    assert service == "display_product" or b"The body ended before it was whole" in answer
    names = [
        item["name"]
        for item in http.request("GET", f"{running.urls['read_product']}/api/v1/products?q=half").json()["items"]
    ]
    assert names == []
    logged = [json.loads(line) for line in running.log(service)[before:].splitlines()]
    assert [entry["status"] for entry in logged if entry.get("path") == path] == [400]


MANY = """
    WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 3000)
    INSERT INTO product (name, description, price, search_text, version, created_at, updated_at)
    SELECT 'Long', printf('%.9000c', 'x'), 100, '', 1, '2026-01-01', '2026-01-01' FROM number
"""


EXPORTS = {"read_product": "/api/v1/products/export", "display_product": "/export/products.csv"}


def test_clients_that_do_not_read_their_export_keep_nobody_else_waiting(tmp_path: Path) -> None:
    with running_services(tmp_path) as services, contextlib.ExitStack() as stack:
        with contextlib.closing(sqlite3.connect(tmp_path / "catalog.sqlite3", isolation_level=None)) as database:
            database.execute(MANY)
        for service, path in EXPORTS.items():
            for _ in range(CLIENTS):
                client = stack.enter_context(connect(services, service))
                client.sendall(b"GET %s HTTP/1.1\r\nHost: c\r\n\r\n" % path.encode())
        for service, read in {"read_product": "/api/v1/products?limit=1", "display_product": "/products"}.items():
            for path in ("/livez", "/readyz", read) * 2:
                # Where each takes a thread, none is left: a piece of the export may wait for 30 s.
                assert http.request("GET", services.urls[service] + path, timeout=15).status == 200


UNREAD_ANSWERS = {
    "read_product": (b"GET /api/v1/products?limit=100 HTTP/1.1\r\nHost: c\r\n\r\n", 1),
    "display_product": (b"GET /products/new HTTP/1.1\r\nHost: c\r\n\r\n", 50),
    "add_product": (b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: c\r\n\r\n", 50),
}


def test_clients_that_do_not_read_their_answers_keep_nobody_else_waiting(tmp_path: Path) -> None:
    with running_services(tmp_path) as services, contextlib.ExitStack() as stack:
        with contextlib.closing(sqlite3.connect(tmp_path / "catalog.sqlite3", isolation_level=None)) as database:
            database.execute(MANY)
        for service, (request, times) in UNREAD_ANSWERS.items():
            for _ in range(CLIENTS):
                stack.enter_context(connect_from_afar(services, service)).sendall(request * times)
            for path in ("/livez", "/readyz", READS[service]) * 2:
                # Where each takes a thread, none is left for 30 s.
                assert http.request("GET", services.urls[service] + path, timeout=15).status == 200


@pytest.mark.parametrize("service", SERVICES)
def test_clients_that_do_not_read_signs_of_life_do_not_stop_the_service(running: Running, service: str) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(8):
            client = stack.enter_context(connect_from_afar(running, service))
            client.sendall(b"GET /livez HTTP/1.1\r\nHost: c\r\n\r\n" * 1500)
        for path in ("/livez", "/readyz", READS[service]) * 40:
            # Where the loop itself waits for a client, it does so for 30 s.
            assert http.request("GET", running.urls[service] + path, timeout=15).status == 200


def test_an_export_that_breaks_off_does_not_look_whole_over_http_1_0(tmp_path: Path) -> None:
    with (
        running_services(tmp_path) as services,
        contextlib.closing(sqlite3.connect(tmp_path / "catalog.sqlite3", isolation_level=None)) as database,
    ):
        database.execute(MANY)
        with connect(services, "read_product") as client:
            client.sendall(b"GET /api/v1/products/export HTTP/1.0\r\n\r\n")
            client.recv(1000)
            database.execute("DROP TABLE product")
            with pytest.raises(ConnectionResetError):
                read_all(client)


def read_all(client: socket.socket) -> None:
    while client.recv(65536):
        pass
