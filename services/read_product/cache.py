"""Pages of the list that many ask for at once, kept for a moment, so that one of them asks the database.

What is kept is as old as the read that found it: a page is never served longer than the setting says after the
database was asked for it.
"""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import NamedTuple

from flask import Flask, Request
from werkzeug.datastructures import RequestCacheControl
from werkzeug.http import parse_cache_control_header

from catalog.settings import Settings
from read_product import listing
from serving import deadline

BYTES_MAX = 8 * 1024 * 1024
"""What each process keeps: some hundreds of pages of the largest kind, thousands of the usual one."""
ENTRY_BYTES = 1024
"""What an entry takes beside its text."""

DEFAULTS = {"limit": str(listing.LIMIT_DEFAULT), "sort": listing.SORT_DEFAULT}


class Page(NamedTuple):
    """An answer to a list."""

    body: bytes
    next: str | None
    etag: str


@dataclass(eq=False)
class Read:
    """A page as it is being read from the database, or was."""

    began: float
    page: "Future[Page]"
    size: int = 0


class Cache:
    """The pages of one process. With 0 seconds it keeps none, and every request reads for itself."""

    def __init__(self, seconds: int, bytes_max: int = BYTES_MAX, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self.control = f"max-age={seconds}" if seconds else "no-cache"
        self._bytes_max = bytes_max
        self._clock = clock
        self._lock = threading.Lock()
        self._reads: OrderedDict[Hashable, Read] = OrderedDict()  # In the order in which they began.
        self._size = 0

    @property
    def size(self) -> int:
        """Bytes that are kept, estimated."""
        return self._size

    def get(self, key: Hashable, read: Callable[[], Page], *, fresh: bool = False) -> tuple[Page, int | None]:
        """The page, and how many seconds ago it was read (rounded up) if it was for another request.

        `fresh` asks for one whose read begins now; it takes the place of the one that is kept. Raises what `read` or
        that of the request that is waited for raises, and deadline.Passed.
        """
        if not self.seconds:
            return read(), None
        with self._lock:
            now = self._clock()
            theirs = None if fresh else self._kept(key, now)
            current = theirs or self._begin(key, now)
        if not theirs:
            return self._carry_out(key, current, read), None
        return self._wait(theirs), math.ceil(self._clock() - theirs.began)

    def peek(self, key: Hashable) -> tuple[Page, int] | None:
        """The page and its age if it is kept; nobody is waited for."""
        now = self._clock()
        with self._lock:
            found = self._kept(key, now)
        return (found.page.result(), math.ceil(now - found.began)) if found and found.size else None

    def _kept(self, key: Hashable, now: float) -> Read | None:
        found = self._reads.get(key)
        return found if found and now - found.began < self.seconds else None

    def _begin(self, key: Hashable, now: float) -> Read:
        """Others that ask from here on wait for this read. Pages that are too old go."""
        self._forget(key)
        while self._reads and now - (oldest := next(iter(self._reads.items())))[1].began >= self.seconds:
            self._forget(oldest[0])
        mine = self._reads[key] = Read(now, Future())
        return mine

    def _carry_out(self, key: Hashable, mine: Read, read: Callable[[], Page]) -> Page:
        try:
            page = read()
        except BaseException as error:
            with self._lock:
                if self._reads.get(key) is mine:
                    self._forget(key)
            mine.page.set_exception(error)
            raise
        with self._lock:
            mine.page.set_result(page)
            if self._reads.get(key) is mine:
                self._keep(mine, len(page.body) + len(repr(key)) + ENTRY_BYTES)
        return page

    def _keep(self, mine: Read, size: int) -> None:
        mine.size = size
        self._size += size
        for key, each in list(self._reads.items()):
            if self._size <= self._bytes_max:
                return
            if each.size:
                self._forget(key)

    def _forget(self, key: Hashable) -> None:
        gone = self._reads.pop(key, None)
        if gone is not None:
            self._size -= gone.size

    @staticmethod
    def _wait(found: Read) -> Page:
        left = deadline.left()
        try:
            return found.page.result(None if left == math.inf else max(left, 0))
        except TimeoutError:
            raise deadline.Passed from None


def register(app: Flask, settings: Settings) -> None:
    """Gives the app its cache."""
    app.extensions["pages"] = Cache(settings.read_cache_seconds)


def key(arguments: Mapping[str, str]) -> Hashable:
    """The same for all ways to ask for a page: in any order, with or without what is so by default."""
    return frozenset({**DEFAULTS, **arguments}.items())


def wants_fresh(request: Request) -> bool:
    """Whether the client asks for what no cache has kept (RFC 9111, 5.2.1)."""
    given = request.environ.get("HTTP_CACHE_CONTROL")
    if given is None:
        return False
    asked = parse_cache_control_header(given.lower(), cls=RequestCacheControl)
    return bool(asked.no_cache) or asked.max_age == 0
