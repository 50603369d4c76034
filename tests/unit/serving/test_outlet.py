"""What is sent to clients that read at once, late or never."""

import socket
import time
from collections.abc import Iterator

import pytest

from serving.outlet import LEAST_RATE, STALL_SECONDS, Outlet

LARGE = b"x" * 4_000_000


@pytest.fixture
def ends() -> Iterator[tuple[Outlet, socket.socket]]:
    """What sends, and the client."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with ours, theirs:
        yield Outlet(ours), theirs


def send_large(outlet: Outlet) -> None:
    """Begins an answer of which the client's end takes only a part."""
    outlet.begin()
    outlet.sendall(LARGE)
    outlet.flush()


def test_pieces_arrive_whole_and_in_order(ends: tuple[Outlet, socket.socket]) -> None:
    outlet, client = ends
    outlet.begin()
    for piece in (b"head", b"", b"body" * 1000, b"", LARGE, b"end", b""):
        outlet.sendall(piece)
    outlet.flush()
    received = b""
    while outlet.size:
        received += client.recv(300_001)
        outlet.flush()
    client.setblocking(False)
    received += client.recv(300_001)
    assert received == b"head" + b"body" * 1000 + LARGE + b"end"


def test_a_client_that_takes_nothing_has_its_time(ends: tuple[Outlet, socket.socket]) -> None:
    outlet, _client = ends
    send_large(outlet)
    now = time.monotonic()
    assert not outlet.is_late(now)
    assert outlet.is_late(now + STALL_SECONDS + 1)


def test_a_client_that_reads_on_is_waited_for_however_long_the_answer_is(
    ends: tuple[Outlet, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    outlet, client = ends
    begun = now = time.monotonic()
    monkeypatch.setattr("serving.outlet.time.monotonic", lambda: now)
    send_large(outlet)
    while outlet.size:
        now += STALL_SECONDS - 1
        assert not outlet.is_late(now)
        client.recv(1_000_000)
        outlet.flush()
    assert now > begun + 2 * STALL_SECONDS


def test_a_client_that_reads_too_slowly_is_not_waited_for(
    ends: tuple[Outlet, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    outlet, client = ends
    begun = now = time.monotonic()
    monkeypatch.setattr("serving.outlet.time.monotonic", lambda: now)
    send_large(outlet)
    while not outlet.is_late(now):
        now += STALL_SECONDS - 1
        client.recv(2000)
        outlet.flush()
    assert outlet.size
    assert now < begun + len(LARGE) / LEAST_RATE
