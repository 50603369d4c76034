"""The way in by name and password: no faster than a person needs, and never at the expense of the pages."""

import hashlib
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import request
from itsdangerous import BadSignature
from werkzeug.wrappers import Response

from display_product.web.accounts import Account, Accounts, canonical
from display_product.web.sessions import Signer, keys, set_cookie
from display_product.web.throttle import Throttle

PER_NAME = (10, 60.0)
"""Failures for a name: as many at once, then one in as many seconds."""
PER_ADDRESS = (50, 6.0)
"""Failures from an address, which a whole office may share."""
SHARE = 4
"""One of so many threads may wait for the check of a password."""
BUSY_SECONDS = 2


KNOWN = "catalog_known"
KNOWN_SECONDS = 90 * 24 * 3600
"""How long a browser is known after a sign-in."""


class TooOften(Exception):
    """There were too many failures: the next try is possible in `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many failures; {seconds} s to wait")
        self.seconds = seconds


class Busy(Exception):
    """Others are signing in at the moment."""


def remember(response: Response, name: str) -> None:
    """Gives the browser a cookie that says who has signed in there (OWASP, "Device Cookies")."""
    number = secrets.token_hex(8)
    set_cookie(response, KNOWN, _signer().sign(f"{_digest(name)}.{number}").decode("ascii"), KNOWN_SECONDS)


def recall(name: str) -> str:
    """The number of the browser, if this person has signed in there; empty otherwise."""
    try:
        said = _signer().unsign(request.cookies.get(KNOWN, ""), KNOWN_SECONDS).decode("ascii")
    except BadSignature:
        return ""
    digest, _, number = said.partition(".")
    return number if digest == _digest(name) else ""


def _digest(name: str) -> str:
    return hashlib.sha256(canonical(name).encode()).hexdigest()[:32]


def _signer() -> Signer:
    return Signer(keys(), salt="known browser")


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

    def enter(self, name: str, password: str, address: str, browser: str = "") -> Account | None:
        """The account if the password is right. Raises TooOften or Busy without looking at it.

        `browser` is the number of one in which this person has signed in before (see `recall`). It has counts of its
        own, so whoever guesses elsewhere does not make the owner of the name wait.
        """
        counts = ((self._addresses, address), (self._names, f"{canonical(name)}\n{browser}"))
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

    def knows(self, name: str) -> bool:
        """Whether there is such an account; for logs, never for pages."""
        return self._accounts.find(name) is not None

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise Busy
        try:
            yield
        finally:
            self._places.release()
