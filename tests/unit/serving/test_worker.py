"""What a client gets from the server when the application fails."""

import logging
import socket
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import Any

import pytest
from gunicorn.config import Config

from serving.connection import Connection
from serving.pool import Pool
from serving.worker import Worker

CLIENT, SERVER = ("192.0.2.1", 4711), ("127.0.0.1", 8080)
LENGTH = [("Content-Length", "2")]


class Loop:
    """In place of the event loop: receives the connections that threads have finished with."""

    def __init__(self) -> None:
        self.finished: SimpleQueue[tuple[Connection, bool]] = SimpleQueue()

    def defer(self, _finish: Callable[..., None], conn: Connection) -> None:
        """See PollableMethodQueue."""
        self.finished.put((conn, conn.keeps))


@pytest.fixture
def worker() -> Iterator[Worker]:
    config = Config()
    config.set("forwarded_allow_ips", "")
    made = Worker(0, 0, [], None, 30, config, logging.getLogger("gunicorn.error"))
    made.method_queue = Loop()
    made.tpool = Pool(1, made._serve)
    yield made
    made.tmp.close()


@pytest.fixture
def clients() -> Iterator[list[socket.socket]]:
    """The sockets of the clients."""
    made: list[socket.socket] = []
    yield made
    for each in made:
        each.close()


def request(worker: Worker, clients: list[socket.socket]) -> Connection:
    """A connection on which a request has arrived."""
    client, sock = socket.socketpair()
    clients.extend((client, sock))
    client.settimeout(30)
    client.sendall(b"GET / HTTP/1.1\r\nHost: c\r\n\r\n")
    conn = Connection(worker._fixed, sock, CLIENT, SERVER)
    conn.receive()
    conn.keeps = True  # As after an earlier request.
    conn.hand_over()
    return conn


class Unclosable(list[bytes]):
    """A response whose end the application cannot handle."""

    def close(self) -> None:
        """See PEP 3333."""
        raise ValueError("no close")


def test_an_error_after_a_response_does_not_send_another(
    worker: Worker, clients: list[socket.socket], caplog: pytest.LogCaptureFixture
) -> None:
    def app(_environ: dict[str, Any], start_response: Any) -> Unclosable:
        start_response("200 OK", LENGTH)
        return Unclosable([b"ok"])

    worker.wsgi = app
    assert worker.handle(request(worker, clients)) is False
    received = clients[0].recv(10000)
    assert received.startswith(b"HTTP/1.1 200 OK\r\n")
    assert received.endswith(b"\r\n\r\nok")
    assert "ValueError: no close" in caplog.text


@pytest.mark.parametrize("field", [("X-Name", "a\r\nb"), ("X Name", "a")])
def test_an_invalid_header_field_of_the_application_is_an_error_of_the_service(
    worker: Worker, clients: list[socket.socket], caplog: pytest.LogCaptureFixture, field: tuple[str, str]
) -> None:
    def app(_environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [*LENGTH, field])
        return [b"ok"]

    worker.wsgi = app
    assert worker.handle(request(worker, clients)) is False
    assert clients[0].recv(10000).startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert "Traceback" in caplog.text


def test_a_thread_survives_an_application_that_exits(worker: Worker, clients: list[socket.socket]) -> None:
    def app(_environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if worker.method_queue.finished.empty():
            raise SystemExit
        start_response("200 OK", LENGTH)
        return [b"ok"]

    worker.wsgi = app
    first, second = request(worker, clients), request(worker, clients)
    worker.tpool.submit(first)
    worker.tpool.submit(second)
    assert clients[2].recv(10000).startswith(b"HTTP/1.1 200 OK\r\n")
    assert worker.method_queue.finished.get(timeout=30) == (first, False)
    assert worker.method_queue.finished.get(timeout=30)[0] is second
    worker.tpool.shutdown()
