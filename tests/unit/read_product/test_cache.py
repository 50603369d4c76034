"""What the cache of pages keeps, for how long, how much of it, and who asks the database."""

import threading
import tracemalloc
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import pytest

from read_product.cache import ENTRY_BYTES, JOIN_SECONDS, Cache, Page, canonical, key
from serving import deadline
from serving.problems import unavailable

THREADS = 16


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Database:
    """Gives another page at each read."""

    def __init__(self) -> None:
        self.reads = 0

    def __call__(self) -> Page:
        self.reads += 1
        return Page(b"%d" % self.reads, None, str(self.reads))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database() -> Database:
    return Database()


def test_a_page_is_given_for_as_long_as_the_setting_says_and_no_longer(clock: Clock, database: Database) -> None:
    cache = Cache(2, clock=clock)
    got = []
    for passed in (0, 0.5, 1.4, 0.1, 1.9):
        clock.now += passed
        page, age = cache.get("a", database)
        got.append((page.body, age))
    assert got == [(b"1", None), (b"1", 1), (b"1", 2), (b"2", None), (b"2", 2)]


def test_a_page_is_as_old_as_the_beginning_of_its_read(clock: Clock, database: Database) -> None:
    cache = Cache(2, clock=clock)

    def slow() -> Page:
        clock.now += 3
        return database()

    cache.get("a", slow)
    assert cache.get("a", database)[0].body == b"2"


def test_each_query_has_its_own_page_however_it_is_put(clock: Clock, database: Database) -> None:
    cache = Cache(2, clock=clock)
    same = [{}, {"sort": "id"}, {"limit": "20"}, {"limit": "20", "sort": "id"}, {"sort": "id", "limit": "20"}]
    others = [{"sort": "-id"}, {"limit": "21"}, {"q": "id"}, {"q": "20"}, {"after": "20"}, {"q": "a", "after": "b"}]
    for query in same:
        assert cache.get(key(query), database)[0].body == b"1"
        assert canonical(query) == {}
    for query in others:
        assert cache.get(key(query), database)[1] is None


def test_who_asks_for_a_fresh_page_gets_it_and_so_do_the_others(clock: Clock, database: Database) -> None:
    cache = Cache(2, clock=clock)
    cache.get("a", database)
    assert cache.get("a", database, fresh=True) == (Page(b"2", None, "2"), None)
    assert cache.get("a", database)[0].body == b"2"


def test_a_read_that_began_before_a_fresh_one_does_not_replace_it(clock: Clock, database: Database) -> None:
    cache = Cache(2, clock=clock)

    def overtaken() -> Page:
        page = database()
        cache.get("a", database, fresh=True)
        return page

    assert cache.get("a", overtaken)[0].body == b"1"
    assert cache.get("a", database)[0].body == b"2"


def test_nothing_is_kept_when_it_is_turned_off(clock: Clock, database: Database) -> None:
    cache = Cache(0, clock=clock)
    assert [cache.get("a", database)[0].body for _ in range(3)] == [b"1", b"2", b"3"]
    assert cache.size == 0


def test_the_oldest_pages_go_when_there_are_too_many_bytes(clock: Clock) -> None:
    cache = Cache(2, bytes_max=20 * ENTRY_BYTES, clock=clock)
    page = Page(b"x" * ENTRY_BYTES * 3, None, "")
    for number in range(100):
        cache.get(number, lambda: page)
        assert cache.size <= 20 * ENTRY_BYTES
    assert [number for number in range(100) if cache.peek(number)] == [96, 97, 98, 99]
    cache.get("larger than all", lambda: Page(b"x" * 21 * ENTRY_BYTES, None, ""))
    assert cache.peek("larger than all") is None
    assert cache.size <= 20 * ENTRY_BYTES


def test_pages_that_are_too_old_take_no_room(clock: Clock, database: Database) -> None:
    cache = Cache(2, clock=clock)
    for number in range(100):
        cache.get(number, database)
    clock.now += 2
    cache.get("new", database)
    assert cache.size < 2 * ENTRY_BYTES


def test_pages_take_no_more_memory_than_counted() -> None:
    def page(text: str) -> Page:
        return Page(text.encode(), f"/?after={text}", text[-16:])

    cache = Cache(60)
    tracemalloc.start()
    try:
        for number in range(1000):
            text = f"{number:0300}"
            cache.get(key({"q": text, "after": text}), partial(page, text))
        assert tracemalloc.get_traced_memory()[0] <= cache.size
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("seconds", [JOIN_SECONDS - 0.01, JOIN_SECONDS, 5])
def test_a_read_that_hangs_holds_up_nobody_for_long(clock: Clock, database: Database, seconds: float) -> None:
    cache = Cache(10, clock=clock)
    got: list[bytes] = []

    def hang() -> Page:
        clock.now += seconds
        got.extend(cache.get("a", database)[0].body for _ in range(2))
        raise deadline.Exceeded

    with pytest.raises(deadline.Exceeded):
        cache.get("a", hang)
    assert got == [b"1", b"1"]
    assert cache.get("a", database)[0].body == b"1"


def failing(
    cache: Cache, error: Exception, second: Callable[[], Page], monkeypatch: pytest.MonkeyPatch
) -> list[object]:
    """What a request gets, with its own read, that waits for another one whose read raises this error."""
    waits, got = threading.Event(), list[object]()

    def result(self: "Future[Page]", timeout: float | None = None) -> Page:
        waits.set()
        return wait(self, 60)

    def ask() -> None:
        try:
            got.append(cache.get("a", second)[0].body)
        except Exception as raised:
            got.append(raised)

    def fail() -> Page:
        other.start()
        assert waits.wait(30)
        raise error

    wait, other = Future.result, threading.Thread(target=ask)
    monkeypatch.setattr(Future, "result", result)
    with pytest.raises(type(error)):
        cache.get("a", fail)
    other.join()
    return got


def test_the_passed_deadline_of_one_fails_no_other(
    clock: Clock, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert failing(Cache(2, clock=clock), deadline.Exceeded(), database, monkeypatch) == [b"1"]


def test_a_search_that_is_refused_is_not_tried_by_everyone(
    clock: Clock, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = unavailable("too much work")
    assert failing(Cache(2, clock=clock), refusal, database, monkeypatch) == [refusal]
    assert database.reads == 0


def at_once(ask: Callable[[], bytes]) -> list[bytes]:
    """What so many threads get that ask together; a fault is its text."""
    together = threading.Barrier(THREADS)

    def one(_number: int) -> bytes:
        together.wait(60)
        try:
            return ask()
        except ConnectionError as error:
            return str(error).encode()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, range(THREADS)))


def test_of_many_who_ask_at_once_one_asks_the_database(
    clock: Clock, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("read_product.cache.JOIN_SECONDS", 60)
    cache = Cache(60, clock=clock)
    assert at_once(lambda: cache.get("a", database)[0].body) == [b"1"] * THREADS


def test_a_fault_is_not_kept(clock: Clock, database: Database) -> None:
    cache = Cache(2, clock=clock)

    def broken() -> Page:
        raise ConnectionError("away")

    assert at_once(lambda: cache.get("a", broken)[0].body) == [b"away"] * THREADS
    assert cache.size == 0
    assert cache.get("a", database)[0].body == b"1"
