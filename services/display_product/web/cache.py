"""An HTTP cache (RFC 9111) for the responses of read-product.

The list is read far more often than it changes. Each response says how long it may be reused, and concurrent requests
for the same address share one request to the service. That request bypasses read-product's own cache: a response from
there has often used up its lifetime on arrival, and what may be a second old here would be two seconds old.
"""

import contextlib
import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import TypeVar

import msgspec
import urllib3
from werkzeug.datastructures import ResponseCacheControl
from werkzeug.http import parse_cache_control_header

KEPT_BYTES = 4 * 1024 * 1024
"""Limit of all cached bodies in a process."""
ANSWER_BYTES = KEPT_BYTES // 16
"""Limit of one body: a page of a hundred long products must not evict all others."""
T = TypeVar("T")
JOIN_SECONDS = 1
"""How long after its start other threads may wait for a request: one that hangs must not hold up everyone else."""
ANSWER_SECONDS = 8
"""A page starts within this time, however many requests it makes and whatever the services do; they need up to 7."""
LASTS_MAX = 10
"""Seconds for which a response is reused at most, whatever it allows."""
OVERHEAD = 1000
"""Bytes that a cached response takes in addition to its body and its address."""

Send = Callable[[Mapping[str, str]], urllib3.BaseHTTPResponse]
"""Sends the request with these headers. Raises whatever a request can raise."""


@dataclass(frozen=True)
class Answer:
    """A response; `asked` is when the request was sent, `until` when it expires, both in time.monotonic seconds."""

    body: bytes
    etag: str | None = None
    asked: float = 0.0
    until: float = 0.0
    lasts: bool = False
    """Whether it was fresh on arrival, so that requests waiting for it may use it."""

    @cached_property
    def version(self) -> bytes:
        """A hash of the content, which is the same whichever replica responded."""
        return hashlib.blake2b(self.body, digest_size=16).digest()

    def decode(self, kind: type[T]) -> T:
        """Decodes the body."""
        return msgspec.json.decode(self.body, type=kind)


@dataclass(frozen=True, eq=False)
class Flight:
    """A request in progress; `began` is in time.monotonic seconds."""

    began: float
    answer: Future[Answer] = field(default_factory=Future)


class Answers:
    """The cached responses of one service by address. Thread-safe."""

    def __init__(self, kept_bytes: int = KEPT_BYTES) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Answer] = OrderedDict()
        self._flights: dict[str, Flight] = {}
        self._room = kept_bytes

    def get(self, address: str, send: Send, *, anew: bool, patience: float) -> Answer:
        """Gets the response for this address, from the cache or the service; with `anew` always from the service.

        `patience` is how many seconds to wait at most for another thread's request before sending one from this thread.
        Raises what `send` raises, but never what it raised for another thread.
        """
        if anew:
            return self._ask(address, send)
        with self._lock:
            now = time.monotonic()
            kept = self._kept.get(address)
            if kept is not None and now < kept.until:
                return kept
            flight = self._flights.get(address)
            left = flight.began + JOIN_SECONDS - now if flight else 0
            if flight is None or left <= 0:
                mine = self._flights[address] = Flight(now)
                flight = None
        if flight is None:
            return self._fly(address, send, mine)
        # If responses from this address may not be reused, waiting for another thread's request is pointless.
        if kept is None or kept.lasts:
            with contextlib.suppress(Exception):
                answer = flight.answer.result(min(patience, left))
                if answer.lasts:
                    return answer
        return self._ask(address, send)

    def _fly(self, address: str, send: Send, flight: Flight) -> Answer:
        try:
            answer = self._ask(address, send)
        except BaseException as error:
            flight.answer.set_exception(error)
            raise
        else:
            flight.answer.set_result(answer)
            return answer
        finally:
            with self._lock:
                if self._flights.get(address) is flight:
                    del self._flights[address]

    def _ask(self, address: str, send: Send) -> Answer:
        kept = self._kept.get(address)
        headers = {"Cache-Control": "no-cache"}
        if kept is not None and kept.etag:
            headers["If-None-Match"] = kept.etag
        # The duration of the request counts as age (RFC 9111, 4.2.3): the response may be as old as the request.
        asked = time.monotonic()
        response = send(headers)
        etag, lifetime = response.headers.get("ETag"), _lifetime(response.headers)
        body = response.data
        if response.status == HTTPStatus.NOT_MODIFIED and kept is not None:
            body, etag = kept.body, etag or kept.etag
        answer = Answer(body, etag, asked, asked + lifetime, lifetime > 0)
        self._keep(address, answer)
        return answer

    def _keep(self, address: str, answer: Answer) -> None:
        with self._lock:
            old = self._kept.get(address)
            # A slow response must not replace a newer one.
            if old is not None and old.asked > answer.asked:
                return
            self._drop(address)
            size = _size(address, answer)
            if size > ANSWER_BYTES or not (answer.etag or answer.lasts):
                return
            self._room -= size
            self._kept[address] = answer
            while self._room < 0:
                self._drop(next(iter(self._kept)))

    def _drop(self, address: str) -> None:
        old = self._kept.pop(address, None)
        if old is not None:
            self._room += _size(address, old)


def _size(address: str, answer: Answer) -> int:
    return len(address) + len(answer.body) + OVERHEAD


def _lifetime(headers: Mapping[str, str]) -> float:
    """For how many seconds a response may still be used without revalidation (RFC 9111, 4.2)."""
    cache_control = parse_cache_control_header(headers.get("Cache-Control"), cls=ResponseCacheControl)
    if cache_control.no_cache or cache_control.no_store or not cache_control.max_age:
        return 0
    age = headers.get("Age", "0")
    # An invalid Age means that the age is unknown.
    return min(max(cache_control.max_age - int(age), 0), LASTS_MAX) if age.isdecimal() else 0
