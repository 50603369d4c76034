"""Answers of read-product that are used again, as an HTTP cache does (RFC 9111).

The list is asked for far more often than it changes. How long an answer may be used, the answer itself says; those who
ask for the same one at the same time wait for one request. That goes round what read-product has kept: an answer from
there has often used up its time on the way, and what is a second old here would be two.
"""

import contextlib
import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import TypeVar

import msgspec
import urllib3
from werkzeug.datastructures import ResponseCacheControl
from werkzeug.http import parse_cache_control_header

KEPT_BYTES = 4 * 1024 * 1024
"""What the bodies of a process may have together."""
ANSWER_BYTES = KEPT_BYTES // 16
"""What one body may have: a page of a hundred long products must not drive all others out."""
T = TypeVar("T")
ANSWER_SECONDS = 8
"""Within which a page begins, however many questions it has and whatever the services do; they need up to 7."""
LASTS_MAX = 10
"""Seconds for which an answer is used at the most, whatever it says."""
OVERHEAD = 1000
"""Bytes that an answer takes besides its body and its address."""

Send = Callable[[Mapping[str, str]], urllib3.BaseHTTPResponse]
"""Sends the request, with these headers. Raises what a request can end in."""


@dataclass(frozen=True)
class Answer:
    """What a service said; when it was `asked`, and `until` when that is fresh, in seconds of time.monotonic."""

    body: bytes
    etag: str | None = None
    asked: float = 0.0
    until: float = 0.0
    lasts: bool = False
    """Whether it was fresh when it came, so that others who had asked for it by then may use it."""

    @cached_property
    def version(self) -> bytes:
        """The same for the same content alone, whichever replica said it."""
        return hashlib.blake2b(self.body, digest_size=16).digest()

    def decode(self, kind: type[T]) -> T:
        """What the body says."""
        return msgspec.json.decode(self.body, type=kind)


class Answers:
    """The kept answers of one service by the address that they were asked for. Safe for threads."""

    def __init__(self, kept_bytes: int = KEPT_BYTES) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Answer] = OrderedDict()
        self._flights: dict[str, Future[Answer]] = {}
        self._room = kept_bytes

    def get(self, address: str, send: Send, *, anew: bool, patience: float) -> Answer:
        """The answer at this address, kept or sent for; with `anew` always sent for.

        `patience` is for how many seconds to wait for somebody else's request, before one is sent from here.
        """
        if anew:
            return self._ask(address, send)
        with self._lock:
            kept = self._kept.get(address)
            if kept is not None and time.monotonic() < kept.until:
                return kept
            flight = self._flights.get(address)
            if flight is None:
                mine = self._flights[address] = Future()
        if flight is None:
            return self._fly(address, send, mine)
        # Where answers may not be used again, nobody waits for another's.
        if kept is None or kept.lasts:
            with contextlib.suppress(TimeoutError):
                answer = flight.result(patience)
                if answer.lasts:
                    return answer
        return self._ask(address, send)

    def _fly(self, address: str, send: Send, flight: "Future[Answer]") -> Answer:
        try:
            answer = self._ask(address, send)
        except BaseException as error:
            flight.set_exception(error)
            raise
        else:
            flight.set_result(answer)
            return answer
        finally:
            with self._lock:
                del self._flights[address]

    def _ask(self, address: str, send: Send) -> Answer:
        kept = self._kept.get(address)
        headers = {"Cache-Control": "no-cache"}
        if kept is not None and kept.etag:
            headers["If-None-Match"] = kept.etag
        # Time that the request takes counts as age (RFC 9111, 4.2.3): the answer may be as old as its question.
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
            # One that was long on its way must not bring back what was before.
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
    """For how many seconds an answer may still be used without asking (RFC 9111, 4.2)."""
    said = parse_cache_control_header(headers.get("Cache-Control"), cls=ResponseCacheControl)
    if said.no_cache or said.no_store or not said.max_age:
        return 0
    age = headers.get("Age", "0")
    # An age that cannot be read may be any.
    return min(max(said.max_age - int(age), 0), LASTS_MAX) if age.isdecimal() else 0
