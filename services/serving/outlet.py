"""Output to a client: sends what the socket accepts at once, and buffers the rest until the client reads on."""

import contextlib
import select
import socket
import struct
import time
from collections import deque
from itertools import islice

STALL_SECONDS = 30
"""How long a client may read nothing of a response."""
LEAST_RATE = 4 * 1024
"""Minimum rate, in bytes per second, at which a client must read after the first STALL_SECONDS."""
UNSENT_MAX = 128 * 1024
"""Bytes that the kernel buffers unsent: with megabytes there, a slow reader could not be detected."""
PIECES_MAX = 64
"""How many pieces one system call sends."""

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Outlet:
    """The sending side of a connection. gunicorn calls its `sendall` instead of the socket's."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._pieces: deque[memoryview] = deque()
        self.size = 0
        """Bytes in the buffer."""
        self.waits = False
        """Whether `sendall` returns only once the buffer is empty, as for a response of unknown length."""
        self._sent = 0
        self._waited = 0.0
        self._since = 0.0
        self._moved_at = 0.0
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):
            with contextlib.suppress(OSError):  # The client may have disconnected.
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_MAX)

    def begin(self) -> None:
        """Begins a response."""
        self.waits = False
        self._sent = 0
        self._waited = 0.0

    def sendall(self, data: bytes) -> None:
        """Buffers these bytes, to be sent with the next ones; if `waits` is set, sends them now.

        Raises OSError, or TimeoutError if the client is too slow.
        """
        if not self.size:
            self._since = self._moved_at = time.monotonic()
        self._pieces.append(memoryview(data))
        self.size += len(data)
        if not self.waits:
            return
        self.flush()
        while self.size:
            if self.is_late(time.monotonic()):
                raise TimeoutError("the client reads the response too slowly")
            is_ready(self._sock, select.POLLOUT, 1)
            self.flush()

    def flush(self) -> None:
        """Sends what the socket accepts without blocking. Raises OSError."""
        while self.size:
            try:
                sent = self._sock.sendmsg(islice(self._pieces, PIECES_MAX))
            except (BlockingIOError, InterruptedError):
                return
            self._moved_at = time.monotonic()
            self._sent += sent
            self.size -= sent
            self._drop(sent)
        self._waited += self._moved_at - self._since

    def is_late(self, now: float) -> bool:
        """Whether the client has exceeded its time to read the buffered bytes."""
        waited = self._waited + now - self._since
        return now > self._moved_at + STALL_SECONDS or waited > STALL_SECONDS + self._sent / LEAST_RATE

    def _drop(self, sent: int) -> None:
        while sent or (self._pieces and not self._pieces[0]):
            piece = self._pieces.popleft()
            if sent < len(piece):
                self._pieces.appendleft(piece[sent:])
                return
            sent -= len(piece)

    def reset(self) -> None:
        """Resets the connection, so that the client cannot mistake a partial response for the whole."""
        self._pieces.clear()
        self.size = 0
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self._sock.close()


def is_ready(sock: socket.socket, event: int, seconds: float) -> bool:
    """Waits until a non-blocking socket is ready for an event of select.poll, at most for this many seconds."""
    poller = select.poll()
    poller.register(sock, event)
    return bool(poller.poll(seconds * 1000))
