"""A Job begins its work when the database answers, not when its port is open."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from cluster_jobs.wait import wait

HOST = "127.0.0.1"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A server that takes connections and is silent, as MySQL while it sets up its users."""
    with socket.create_server((HOST, 0)) as made:
        yield made


def test_a_port_that_is_open_is_not_yet_an_answer(listener: socket.socket, capsys: pytest.CaptureFixture[str]) -> None:
    assert not wait(HOST, listener.getsockname()[1], 0.2)
    assert "does not answer yet: timed out" in capsys.readouterr().out


def test_a_closed_port_is_tried_again_until_the_time_is_up(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server((HOST, 0)) as gone:
        port = gone.getsockname()[1]
    assert not wait(HOST, port, 0.2)
    assert "Connection refused" in capsys.readouterr().out


def test_it_waits_for_the_greeting_of_a_server_that_first_hangs_up(listener: socket.socket) -> None:
    def serve() -> None:
        listener.accept()[0].close()
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.sendall(b"\x4a\x00\x00\x00\x0a")

    server = threading.Thread(target=serve)
    server.start()
    assert wait(HOST, listener.getsockname()[1], 30)
    server.join()
