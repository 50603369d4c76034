"""A client connection: the bytes received so far, and how long the rest of a request may take to arrive."""

import contextlib
import re
import select
import socket
import time
from enum import Enum, auto
from typing import Any

from gunicorn.http.body import ChunkedReader
from gunicorn.http.unreader import SocketUnreader

from serving import chunks, gateway
from serving.outlet import Outlet, is_ready

HEAD_SECONDS = 10
"""Time from the start of the wait for a request to the last byte of its head."""
HEAD_MAX = 64 * 1024
"""Maximum bytes of a request head, request line included."""
GRACE_SECONDS = 10
LEAST_RATE = 4 * 1024
"""Minimum rate, in bytes per second, at which a body must arrive after the first GRACE_SECONDS."""
LINGER_SECONDS = 10
"""How long an unwanted body is read and discarded, so that the client can read the response (RFC 9112, 9.6)."""
BUFFER_MAX = 64 * 1024
"""Maximum bytes of a body that is buffered here, without a thread, until all of it has arrived."""
RECEIVE = 64 * 1024

_HEAD_END = b"\r\n\r\n"
_CONTENT_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*0*(\d{1,19})[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
_CONTINUE = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)


class Arrived(Enum):
    """How much of the next request has arrived."""

    NOTHING = auto()
    """No byte."""
    PART = auto()
    """Part of the head, or the head and part of a body that is small enough to be buffered."""
    WHOLE = auto()
    """Head and body: reading them does not wait for the client."""
    HEAD = auto()
    """The head and the beginning of a larger body: reading the rest waits for the client."""
    TOO_MUCH = auto()
    """A head larger than HEAD_MAX."""


class Connection:
    """The worker's state of a client connection. `cfg` is the result of gateway.fixed."""

    def __init__(self, cfg: Any, sock: socket.socket, client: Any, server: Any) -> None:
        sock.setblocking(False)
        self.sock = sock
        self.outlet = Outlet(sock)
        self.client = client
        self.environ = gateway.of_connection(cfg, client, server)
        self.buffer = bytearray()
        self.deadline = 0.0
        self.uploading = False
        self.lingering = False
        self.keeps = False
        """Whether the connection stays open for another request after the last response."""
        self.expecting = False
        """Whether the wait for the next request has begun."""
        self.parser = gateway.Parser(cfg, sock, client)
        self.parser.unreader = PatientUnreader(sock)
        self._searched = 0
        self._head_end = -1
        self._body = 0
        self._body_since = 0.0
        self.expect_head()

    def expect_head(self, seconds: float = HEAD_SECONDS) -> None:
        """Begins the wait for a request; bytes received after the previous request are its beginning."""
        self.buffer = bytearray(self.parser.unreader.take_buffered())
        self.deadline = time.monotonic() + (HEAD_SECONDS if self.buffer else seconds)
        self._searched = 0
        self._head_end = -1
        self.uploading = False
        self.expecting = True

    def receive(self) -> bool:
        """Reads what has arrived, without blocking. Returns False if the client has closed. Raises OSError."""
        try:
            data = self.sock.recv(RECEIVE)
        except (BlockingIOError, InterruptedError):
            return True
        if not self.buffer and data:
            self.deadline = time.monotonic() + HEAD_SECONDS
        self.buffer += data
        return bool(data)

    def arrived(self) -> Arrived:
        """How much of the request has arrived."""
        if not self.buffer:
            return Arrived.NOTHING
        if self._head_end < 0 and not self._find_head():
            return Arrived.TOO_MUCH if len(self.buffer) > HEAD_MAX else Arrived.PART
        if self._body < 0:
            return Arrived.WHOLE if chunks.ended(self.buffer, self._head_end) else Arrived.HEAD
        there = len(self.buffer) - self._head_end
        if there >= self._body:
            return Arrived.WHOLE
        return Arrived.PART if there < BUFFER_MAX else Arrived.HEAD

    def is_late(self, now: float) -> bool:
        """Whether the client has exceeded its time."""
        if self._head_end < 0 or self.lingering:
            return now > self.deadline
        return now > self._body_since + GRACE_SECONDS + (len(self.buffer) - self._head_end) / LEAST_RATE

    def hand_over(self) -> None:
        """Passes the bytes to the parser; from here on, a thread reads from the socket itself."""
        self.keeps = False
        self.outlet.begin()
        self.parser.unreader.begin(bytes(self.buffer))
        self.parser.unreader.arrived = None if self.uploading else time.monotonic()
        self.buffer = bytearray()
        self.expecting = False

    @property
    def head_is_missing(self) -> bool:
        """Whether the end of the head has not arrived yet."""
        return self._head_end < 0

    @property
    def request_line_ended(self) -> bool:
        """Whether at least the request line has arrived."""
        return b"\r\n" in self.buffer

    def _find_head(self) -> bool:
        end = self.buffer.find(_HEAD_END, max(0, self._searched - 3))
        self._searched = len(self.buffer)
        if end < 0 or end > HEAD_MAX:
            return False
        self._head_end = end + len(_HEAD_END)
        self._body_since = time.monotonic()
        head = bytes(self.buffer[: end + 2])
        # This only decides how long to wait; the parser validates the request later.
        length = _CONTENT_LENGTH.search(head)
        self._body = -1 if _CHUNKED.search(head) else int(length.group(1)) if length else 0
        waits = self._body and len(self.buffer) == self._head_end
        # HTTP/1.0 has no interim responses (RFC 9110, 15.2).
        if waits and _CONTINUE.search(head) and head.partition(b"\r\n")[0].endswith(b" HTTP/1.1"):
            with contextlib.suppress(OSError):  # A lost connection is noticed when the body does not arrive.
                self.sock.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        return True


class PatientUnreader(SocketUnreader):  # type: ignore[misc]
    """Reads from the socket while the client sends at the minimum rate or faster. Raises TimeoutError otherwise."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock, RECEIVE)
        self.arrived: float | None = None
        """When the whole request had arrived, in seconds of time.monotonic; None while a large body is arriving."""
        self._started = 0.0
        self._received = 0

    def begin(self, data: bytes) -> None:
        """Starts a request; `data` is the part that has arrived already."""
        self._started = time.monotonic()
        self._received = 0
        self.unread(data)

    def chunk(self) -> bytes:
        """The next bytes from the socket."""
        left = self._started + GRACE_SECONDS + self._received / LEAST_RATE - time.monotonic()
        if left <= 0:
            raise TimeoutError("the body comes too slowly")
        if not is_ready(self.sock, select.POLLIN, min(left, GRACE_SECONDS)):
            raise TimeoutError("the body comes too slowly")
        data: bytes = self.sock.recv(self.mxchunk)
        self._received += len(data)
        return data

    @property
    def waiting(self) -> int:
        """The number of bytes that have arrived and are unread."""
        size: int = self.buf.getbuffer().nbytes
        return size


def body_has_arrived(request: Any, unreader: PatientUnreader) -> bool:
    """Whether the unread rest of the request's body has arrived."""
    reader = request.body.reader
    if isinstance(reader, ChunkedReader):
        return reader.parser is None
    left: int = reader.length
    return left <= unreader.waiting
