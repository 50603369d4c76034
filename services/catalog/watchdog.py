"""Bounds how long a request waits for the database, whichever part of it is slow or hangs.

The driver's own timeouts are set once for each connection and apply to each statement. Here the deadline is the
request's: the watchdog shuts down a connection that is still in use then, and its thread sees a lost connection.
"""

import contextlib
import math
import os
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

from serving import deadline

PING_SECONDS = 2
IDLE_SECONDS = 1
"""How long a connection may be idle and still be used without a ping, provided that the server has not closed it."""
CONNECT_SECONDS = 2
CONNECT_STEPS = 3
"""Round trips that opening a connection takes; the driver's timeout applies to each of them."""
EVERY_SECONDS = 0.25

LEFT = (1044, 1142, 1143, 1290, 1836)
"""MySQL's errors for missing privileges, and for a read-only server, such as one that has been replaced."""

_BREAK_OFF = "break_off"
_TRIED_AT = "tried_at"


class Watchdog:
    """A thread that shuts down each connection whose deadline has passed."""

    def __init__(self) -> None:
        self._ends: dict[ConnectionPoolEntry, float] = {}
        self._lock = threading.Lock()
        self._watching = threading.Event()
        self._thread: threading.Thread | None = None

    def watch(self, entry: ConnectionPoolEntry, seconds: float) -> None:
        """Sets the connection's deadline, replacing any earlier one."""
        with self._lock:
            self._ends[entry] = time.monotonic() + seconds
            if self._thread is None:  # Not earlier: a thread does not survive the fork of a worker process.
                self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)
                self._thread.start()
        self._watching.set()

    def release(self, entry: ConnectionPoolEntry) -> None:
        """Removes the connection's deadline."""
        with self._lock:
            self._ends.pop(entry, None)

    def close(self, entry: ConnectionPoolEntry) -> None:
        """Forgets a connection that is being closed."""
        with self._lock:
            self._ends.pop(entry, None)
            lifeline = entry.info.pop(_BREAK_OFF, None)
            if isinstance(lifeline, Lifeline):
                lifeline.close()

    def _run(self) -> None:
        while self._watching.wait():
            time.sleep(EVERY_SECONDS)
            with self._lock:
                now = time.monotonic()
                for entry in [entry for entry, end in self._ends.items() if end < now]:
                    del self._ends[entry]
                    break_off: Callable[[], None] | None = entry.info.get(_BREAK_OFF)
                    if break_off:
                        break_off()
                if not self._ends:
                    self._watching.clear()


class Lifeline:
    """The socket of a MySQL connection under a file descriptor of its own.

    The driver closes its descriptor when it loses the connection, and the number may then belong to a client's socket.
    """

    def __init__(self, connection: Any) -> None:
        self._line = socket.socket(fileno=os.dup(connection.fileno()))

    def __call__(self) -> None:
        """Shuts down the connection, which wakes the thread that waits for it."""
        with contextlib.suppress(OSError):  # The server may have closed it first.
            self._line.shutdown(socket.SHUT_RDWR)

    @property
    def is_quiet(self) -> bool:
        """Whether the server has sent nothing: neither a close nor the error packet that MySQL sends before it."""
        try:
            self._line.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return True
        except OSError:
            pass
        return False

    def close(self) -> None:
        """Closes the descriptor."""
        self._line.close()

    def __del__(self) -> None:
        # No close event is emitted for a connection that fails while it is being opened.
        self.close()


def guard(engine: Engine) -> None:
    """Bounds every use of the engine's connections by the request's deadline, and tests MySQL connections before use.

    A server closes idle connections, and it may restart: without the test, the first request after an idle night would
    fail. The test costs a round trip if the connection has been idle, and otherwise a look at whether the server has
    closed it. Raises deadline.Exceeded if no time is left to connect.
    """
    watchdog = Watchdog()
    if engine.dialect.name == "mysql":
        _guard_mysql(engine, watchdog)
    else:

        @event.listens_for(engine, "connect")
        def remember(connection: Any, entry: ConnectionPoolEntry) -> None:
            entry.info[_BREAK_OFF] = connection.interrupt

    @event.listens_for(engine, "checkout")
    def begin(_connection: Any, entry: ConnectionPoolEntry, _proxy: Any) -> None:
        seconds = deadline.left()
        if seconds < math.inf:
            watchdog.watch(entry, seconds)
        else:
            watchdog.release(entry)

    @event.listens_for(engine, "checkin")
    def end(_connection: Any, entry: ConnectionPoolEntry) -> None:
        watchdog.release(entry)

    @event.listens_for(engine, "close")
    def close(_connection: Any, entry: ConnectionPoolEntry) -> None:
        watchdog.close(entry)


def _guard_mysql(engine: Engine, watchdog: Watchdog) -> None:
    @event.listens_for(engine, "do_connect")
    def bound(_dialect: Any, _entry: Any, _args: Any, parameters: dict[str, Any]) -> None:
        seconds = min(deadline.left() / CONNECT_STEPS, CONNECT_SECONDS)
        if seconds < 1:
            raise deadline.Exceeded
        parameters["connect_timeout"] = int(seconds)

    # Before the dialect's own listeners, which query the server.
    @event.listens_for(engine, "connect", insert=True)
    def remember(connection: Any, entry: ConnectionPoolEntry) -> None:
        entry.info[_BREAK_OFF] = Lifeline(connection)
        entry.info[_TRIED_AT] = time.monotonic()
        watchdog.watch(entry, min(deadline.left(), CONNECT_SECONDS))

    @event.listens_for(engine, "checkout")
    def ping(connection: Any, entry: ConnectionPoolEntry, _proxy: Any) -> None:
        now = time.monotonic()
        tried_at = entry.info.get(_TRIED_AT, -math.inf)
        entry.info[_TRIED_AT] = now
        if now - tried_at < IDLE_SECONDS and entry.info[_BREAK_OFF].is_quiet:
            return
        seconds = deadline.left()
        watchdog.watch(entry, min(seconds, PING_SECONDS))
        try:
            connection.ping()
        except engine.dialect.loaded_dbapi.Error as error:
            if seconds < PING_SECONDS:
                raise deadline.Exceeded from error
            raise InvalidatePoolError from error

    @event.listens_for(engine, "handle_error")
    def leave(context: ExceptionContext) -> None:
        """Drops the connection, since privileges are checked on connect, and a new one may reach another server."""
        if next(iter(context.original_exception.args), None) in LEFT:
            context.is_disconnect = True

    @event.listens_for(engine, "handle_error")
    def keep_others(context: ExceptionContext) -> None:
        """Keeps the rest of the pool: a connection that was shut down here says nothing about the others."""
        if deadline.left() <= 0:
            context.invalidate_pool_on_disconnect = False
