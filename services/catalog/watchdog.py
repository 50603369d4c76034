"""Bounds how long a request waits for the database, whatever of it is slow or frozen.

The driver's own bounds are set once for each connection and count for each statement. Here the end belongs to the
request: a connection that is still in use then is broken off, which its thread meets as a lost connection.
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
"""How long a connection may have been idle and be used without a round trip that tries it, if its end has not come."""
CONNECT_SECONDS = 2
CONNECT_STEPS = 3
"""Round trips that opening a connection takes, for each of which the driver waits anew."""
EVERY_SECONDS = 0.25

LEFT = (1044, 1142, 1143, 1290, 1836)
"""MySQL's errors of missing rights, and of a server that is read-only, as one is that another has replaced."""

_BREAK_OFF = "break_off"
_TRIED_AT = "tried_at"


class Watchdog:
    """A thread that breaks off each connection whose time is over."""

    def __init__(self) -> None:
        self._ends: dict[ConnectionPoolEntry, float] = {}
        self._lock = threading.Lock()
        self._watching = threading.Event()
        self._thread: threading.Thread | None = None

    def watch(self, entry: ConnectionPoolEntry, seconds: float) -> None:
        """Sets when the connection's time is over, in place of an end that it had."""
        with self._lock:
            self._ends[entry] = time.monotonic() + seconds
            if self._thread is None:  # Only now: a thread does not outlive the fork of a worker process.
                self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)
                self._thread.start()
        self._watching.set()

    def release(self, entry: ConnectionPoolEntry) -> None:
        """Takes the end away."""
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
    """The socket of a MySQL connection under a number of its own.

    The driver closes its own one when it loses the connection, and the number may then belong to a client.
    """

    def __init__(self, connection: Any) -> None:
        self._line = socket.socket(fileno=os.dup(connection.fileno()))

    def __call__(self) -> None:
        """Ends the connection; whoever waits for it is told so."""
        with contextlib.suppress(OSError):  # The server may have been faster.
            self._line.shutdown(socket.SHUT_RDWR)

    @property
    def is_quiet(self) -> bool:
        """Whether nothing has come from the server: neither its end nor, what MySQL says before it, a last word."""
        try:
            self._line.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return True
        except OSError:
            pass
        return False

    def close(self) -> None:
        """Gives the number back."""
        self._line.close()

    def __del__(self) -> None:
        # Of a connection that fails while it is made, nobody tells the end.
        self.close()


def guard(engine: Engine) -> None:
    """Makes every use of the engine's connections end with the request, and tries MySQL's before they are used.

    A server closes idle connections, and restarts; to try one spares the first request after an idle night. It costs a
    round trip where the connection has been idle, and otherwise a look whether the server has closed it. Raises
    deadline.Passed where no time is left to connect.
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
            raise deadline.Passed
        parameters["connect_timeout"] = int(seconds)

    # Before the dialect's own listeners, which ask the server.
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
                raise deadline.Passed from error
            raise InvalidatePoolError from error

    @event.listens_for(engine, "handle_error")
    def leave(context: ExceptionContext) -> None:
        """What a connection may do is decided when it is made: a new one may reach another server, or have rights."""
        if next(iter(context.original_exception.args), None) in LEFT:
            context.is_disconnect = True

    @event.listens_for(engine, "handle_error")
    def keep_others(context: ExceptionContext) -> None:
        """One connection that was broken off here says nothing about those of other requests."""
        if deadline.left() <= 0:
            context.invalidate_pool_on_disconnect = False
