"""A short-lived cache of list pages, so that of many requests for a page only one reads the database.

An entry's age counts from the start of its database read: a page is never served longer after that than the setting
says.
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
from serving.problems import ProblemError

BYTES_MAX = 8 * 1024 * 1024
"""Maximum size of the cache in each process: some hundreds of pages."""
ENTRY_BYTES = 2600
"""Overhead of a cache entry in addition to its text."""
JOIN_SECONDS = 1
"""How long after its start other requests may wait for a read: one that hangs must not hold up everyone else."""

DEFAULTS = {"limit": str(listing.LIMIT_DEFAULT), "sort": listing.SORT_DEFAULT}


class Page(NamedTuple):
    """The response for a page of the list."""

    body: bytes
    next: str | None
    etag: str


@dataclass(eq=False)
class Read:
    """A cache entry: a read of a page from the database, in progress or finished."""

    began: float
    page: "Future[Page]"
    size: int = 0


class Cache:
    """The cached pages of one process. With 0 seconds, nothing is cached and every request reads the database."""

    def __init__(
        self,
        seconds: int,
        bytes_max: int = BYTES_MAX,
        clock: Callable[[], float] = time.monotonic,
        *,
        private: bool = False,
    ) -> None:
        self.seconds = seconds
        # Whatever only some may read must not stay in a cache that several people share.
        self.control = ("private, " if private else "") + (f"max-age={seconds}" if seconds else "no-cache")
        self._bytes_max = bytes_max
        self._clock = clock
        self._lock = threading.Lock()
        self._reads: OrderedDict[Hashable, Read] = OrderedDict()  # In the order in which they began.
        self._size = 0

    @property
    def size(self) -> int:
        """Estimated size of the cache in bytes."""
        return self._size

    def get(self, key: Hashable, read: Callable[[], Page], *, fresh: bool = False) -> tuple[Page, int | None]:
        """The page, and its age in seconds (rounded up) if another request read it, otherwise None.

        `fresh` forces a new read, which replaces the cache entry. Raises what `read` raises, a ProblemError also if it
        was called for the request that this one waits for: it would fail again. After any other error there, and if
        the wait lasts too long, this request reads for itself. Raises deadline.Exceeded if it has no time left.
        """
        if not self.seconds:
            return read(), None
        with self._lock:
            now = self._clock()
            existing = None if fresh else self._kept(key, now)
            entry = existing or self._begin(key, now)
        if not existing:
            return self._carry_out(key, entry, read), None
        try:
            return self._wait(existing, now), math.ceil(self._clock() - existing.began)
        except ProblemError:
            raise
        except Exception:  # The other request's, which may have had less time.
            deadline.check()
        return self.get(key, read, fresh=True)

    def peek(self, key: Hashable) -> tuple[Page, int] | None:
        """The page and its age if it is cached; does not wait for a read in progress."""
        now = self._clock()
        with self._lock:
            entry = self._kept(key, now)
        return (entry.page.result(), math.ceil(now - entry.began)) if entry and entry.size else None

    def _kept(self, key: Hashable, now: float) -> Read | None:
        entry = self._reads.get(key)
        return entry if entry and now < self._ends(entry) else None

    def _ends(self, entry: Read) -> float:
        """Until when an entry is used."""
        return entry.began + (self.seconds if entry.size else min(self.seconds, JOIN_SECONDS))

    def _begin(self, key: Hashable, now: float) -> Read:
        """Adds an entry, on which later requests wait, and removes expired entries."""
        self._forget(key)
        while self._reads and now - (oldest := next(iter(self._reads.items())))[1].began >= self.seconds:
            self._forget(oldest[0])
        entry = self._reads[key] = Read(now, Future())
        return entry

    def _carry_out(self, key: Hashable, entry: Read, read: Callable[[], Page]) -> Page:
        try:
            page = read()
        except BaseException as error:
            with self._lock:
                if self._reads.get(key) is entry:
                    self._forget(key)
            entry.page.set_exception(error)
            raise
        with self._lock:
            entry.page.set_result(page)
            if self._reads.get(key) is entry:
                self._keep(entry, len(page.body) + len(page.next or "") + len(repr(key)) + ENTRY_BYTES)
        return page

    def _keep(self, entry: Read, size: int) -> None:
        entry.size = size
        self._size += size
        for key, other in list(self._reads.items()):
            if self._size <= self._bytes_max:
                return
            if other.size:
                self._forget(key)

    def _forget(self, key: Hashable) -> None:
        removed = self._reads.pop(key, None)
        if removed is not None:
            self._size -= removed.size

    def _wait(self, entry: Read, now: float) -> Page:
        return entry.page.result(min(self._ends(entry) - now, deadline.left()))


def register(app: Flask, settings: Settings) -> None:
    """Gives the app its cache."""
    private = settings.auth == "on" and not settings.anonymous_read
    app.extensions["pages"] = Cache(settings.read_cache_seconds, private=private)


def key(arguments: Mapping[str, str]) -> Hashable:
    """The cache key of a page: independent of the order of parameters, and of whether defaults are given."""
    return frozenset({**DEFAULTS, **arguments}.items())


def canonical(arguments: Mapping[str, str]) -> dict[str, str]:
    """The same parameters in alphabetical order without defaults: the same for all arguments with the same key."""
    return {name: value for name, value in sorted(arguments.items()) if DEFAULTS.get(name) != value}


def wants_fresh(request: Request) -> bool:
    """Whether the client requests an uncached response (RFC 9111, 5.2.1)."""
    given = request.environ.get("HTTP_CACHE_CONTROL")
    if given is None:
        return False
    directives = parse_cache_control_header(given.lower(), cls=RequestCacheControl)
    return bool(directives.no_cache) or directives.max_age == 0
