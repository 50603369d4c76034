"""The HTTP cache in front of read-product's lists."""

import math
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

import pytest
from urllib3 import HTTPResponse

from display_product.web import cache, writes
from display_product.web.cache import Answer, Answers

LIST = "/api/v1/products"
ROUND = {"Cache-Control": "no-cache"}


class Clock:
    """A clock that stands still until it is set forward."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        """See time.monotonic."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the cache."""
    found = Clock()
    monkeypatch.setattr(cache, "time", found)
    return found


class Service:
    """Says `body` with these headers, and notes what it was asked with."""

    def __init__(self, clock: Clock, **headers: str) -> None:
        self.body = b"one"
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.takes = 0.0
        self.asked: list[Mapping[str, str]] = []
        self._clock = clock

    def send(self, headers: Mapping[str, str]) -> HTTPResponse:
        """The answer; 304 to whoever has it."""
        self.asked.append(headers)
        self._clock.now += self.takes
        if headers.get("If-None-Match") == self.headers.get("ETag", ""):
            return HTTPResponse(b"", self.headers, 304)
        return HTTPResponse(self.body, self.headers, 200)


def ask(kept: Answers, service: Service, address: str = LIST, **options: Any) -> bytes:
    return kept.get(address, service.send, **{"anew": False, "patience": 5.0, **options}).body


def test_an_answer_is_used_for_as_long_as_it_says(clock: Clock) -> None:
    kept, service = Answers(), Service(clock, Cache_Control="max-age=10", Age="4")
    assert ask(kept, service) == b"one"
    service.body = b"two"
    clock.now += 5.9
    assert ask(kept, service) == b"one"
    assert ask(kept, service, "/another") == b"two"
    clock.now += 0.2
    assert ask(kept, service) == b"two"
    assert service.asked == [ROUND] * 3


def test_no_answer_is_used_for_longer_than_writers_go_round_it(clock: Clock) -> None:
    kept, service = Answers(), Service(clock, Cache_Control="max-age=3600")
    ask(kept, service)
    service.body = b"two"
    clock.now += cache.LASTS_MAX
    assert ask(kept, service) == b"two"
    assert writes.SECONDS > cache.LASTS_MAX + cache.ANSWER_SECONDS


def test_the_time_that_an_answer_takes_counts_as_its_age(clock: Clock) -> None:
    kept, service = Answers(), Service(clock, Cache_Control="max-age=1")
    service.takes = 0.9
    ask(kept, service)
    service.body = b"two"
    clock.now += 0.2
    assert ask(kept, service) == b"two"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Cache_Control": "no-cache"},
        {"Cache_Control": "max-age=0"},
        {"Cache_Control": "max-age=10, no-store"},
        {"Cache_Control": "no-cache, max-age=10"},
        {"Cache_Control": "max-age=10", "Age": "10"},
        {"Cache_Control": "max-age=10", "Age": "eleven"},
        {"Cache_Control": "max-age=ten"},
    ],
)
def test_an_answer_that_may_not_be_used_again_is_not(clock: Clock, headers: dict[str, str]) -> None:
    kept, service = Answers(), Service(clock, **headers)
    ask(kept, service)
    service.body = b"two"
    assert ask(kept, service) == b"two"


def test_a_stale_answer_is_asked_for_by_its_etag(clock: Clock) -> None:
    kept, service = Answers(), Service(clock, Cache_Control="max-age=1", ETag='"a"')
    ask(kept, service)
    clock.now += 1
    assert ask(kept, service) == b"one"
    assert ask(kept, service) == b"one"
    assert service.asked == [ROUND, {**ROUND, "If-None-Match": '"a"'}]
    clock.now += 1
    service.body, service.headers = b"two", {"ETag": '"b"', "Cache-Control": "max-age=1"}
    assert ask(kept, service) == b"two"


def test_whoever_wants_it_anew_goes_round_the_cache_and_others_profit(clock: Clock) -> None:
    kept, service = Answers(), Service(clock, Cache_Control="max-age=10")
    ask(kept, service)
    service.body = b"two"
    assert ask(kept, service, anew=True) == b"two"
    assert ask(kept, service) == b"two"
    assert len(service.asked) == 2


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set when a thread waits for the request of another, as long as that takes."""
    event = threading.Event()

    def result(self: "Future[Answer]", timeout: float | None = None) -> Answer:
        event.set()
        return wait(self, 60)

    wait = Future.result
    monkeypatch.setattr(Future, "result", result)
    return event


def test_those_who_ask_at_the_same_time_share_one_request(clock: Clock, waits: threading.Event) -> None:
    kept, service = Answers(), Service(clock, Cache_Control="max-age=10")
    got: list[bytes] = []
    second = threading.Thread(target=lambda: got.append(ask(kept, service)))

    def send(headers: Mapping[str, str]) -> HTTPResponse:
        second.start()
        assert waits.wait(30)
        return service.send(headers)

    kept.get(LIST, send, anew=False, patience=5)
    second.join()
    assert got == [b"one"]
    assert len(service.asked) == 1


def test_those_who_wait_for_a_request_that_fails_ask_for_themselves(clock: Clock, waits: threading.Event) -> None:
    kept, service = Answers(), Service(clock, Cache_Control="max-age=10")
    got: list[bytes] = []
    second = threading.Thread(target=lambda: got.append(ask(kept, service)))

    def fail(headers: Mapping[str, str]) -> HTTPResponse:
        second.start()
        assert waits.wait(30)
        raise ConnectionError

    with pytest.raises(ConnectionError):
        kept.get(LIST, fail, anew=False, patience=5)
    second.join()
    assert got == [b"one"]


@pytest.mark.parametrize("seconds", [cache.JOIN_SECONDS - 0.01, cache.JOIN_SECONDS, cache.ANSWER_SECONDS])
def test_a_request_that_hangs_holds_up_nobody_for_long(clock: Clock, seconds: float) -> None:
    kept, service = Answers(), Service(clock, Cache_Control="max-age=10")
    got: list[bytes] = []

    def hang(headers: Mapping[str, str]) -> HTTPResponse:
        clock.now += seconds
        got.append(ask(kept, service, patience=math.inf))
        got.append(ask(kept, service, patience=math.inf))
        raise ConnectionError

    with pytest.raises(ConnectionError):
        kept.get(LIST, hang, anew=False, patience=5)
    assert got == [b"one"] * 2
    assert len(service.asked) == 1


@pytest.mark.parametrize("options", [{"patience": 0.0}, {"anew": True}])
def test_nobody_waits_in_vain_for_the_request_of_another(clock: Clock, options: dict[str, Any]) -> None:
    kept, service = Answers(), Service(clock, Cache_Control="max-age=10")
    got: list[bytes] = []

    def send(headers: Mapping[str, str]) -> HTTPResponse:
        first = HTTPResponse(b"from before", service.headers, 200)
        clock.now += 0.1
        got.append(ask(kept, service, **options))
        return first

    assert kept.get(LIST, send, anew=False, patience=5).body == b"from before"
    assert got == [b"one"]
    # What was asked for later stays.
    assert ask(kept, service) == b"one"
    assert len(service.asked) == 1


def test_a_failure_is_not_kept(clock: Clock) -> None:
    kept, service = Answers(), Service(clock, Cache_Control="max-age=10")

    def fail(headers: Mapping[str, str]) -> HTTPResponse:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        kept.get(LIST, fail, anew=False, patience=5)
    assert ask(kept, service) == b"one"


def test_kept_answers_have_a_bound_and_the_oldest_go(clock: Clock) -> None:
    service = Service(clock, Cache_Control="max-age=10")
    kept = Answers(2 * (len(LIST) + 1 + len(service.body) + cache.OVERHEAD))
    for name in "abc":
        ask(kept, service, LIST + name)
    ask(kept, service, LIST + "c")
    assert len(service.asked) == 3
    ask(kept, service, LIST + "a")
    assert len(service.asked) == 4
    service.body = b"x" * (cache.ANSWER_BYTES + 1)
    ask(kept, service, LIST + "d")
    ask(kept, service, LIST + "d")
    assert len(service.asked) == 6


def test_the_same_content_has_the_same_version_whoever_says_it(clock: Clock) -> None:
    one, two = (Service(clock, Cache_Control="max-age=10", ETag=f'"{each}"') for each in "ab")
    get = [Answers().get(LIST, each.send, anew=False, patience=5).version for each in (one, two)]
    two.body = b"two"
    assert get[0] == get[1]
    assert Answers().get(LIST, two.send, anew=False, patience=5).version != get[0]
