"""The way in by name and password: no faster than a person needs, and never at the expense of the pages."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from display_product.web.accounts import Account, Accounts, canonical
from display_product.web.throttle import Throttle

PER_NAME = (10, 60.0)
"""Failures for a name: as many at once, then one in as many seconds."""
PER_ADDRESS = (50, 6.0)
"""Failures from an address, which a whole office may share."""
SHARE = 4
"""One of so many threads may wait for the check of a password."""
BUSY_SECONDS = 2


class TooOften(Exception):
    """There were too many failures: the next try is possible in `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many failures; {seconds} s to wait")
        self.seconds = seconds


class Busy(Exception):
    """Others are signing in at the moment."""


class Door:
    """Checks passwords. Its counts are shared by the processes that are forked afterwards. Thread-safe.

    bcrypt is slow on purpose, so a process checks one password at a time, whatever its number of threads and cores.
    """

    def __init__(self, accounts: Accounts, threads: int) -> None:
        self._accounts = accounts
        self._names = Throttle(*PER_NAME)
        self._addresses = Throttle(*PER_ADDRESS)
        self._places = threading.BoundedSemaphore(max(1, threads // SHARE))
        self._turn = threading.Lock()

    def enter(self, name: str, password: str, address: str) -> Account | None:
        """The account if the password is right. Raises TooOften or Busy without looking at it."""
        counts = ((self._addresses, address), (self._names, canonical(name)))
        with self._place():
            for throttle, key in counts:
                if seconds := throttle.take(key):
                    raise TooOften(seconds)
            with self._turn:
                account = self._accounts.verify(name, password)
        if account is not None:
            for throttle, key in counts:
                throttle.give_back(key)
        return account

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise Busy
        try:
            yield
        finally:
            self._places.release()
