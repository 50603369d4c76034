"""Batches are read while others are written: in order, one ahead, and with an end that leaves nothing running."""

import threading
from collections.abc import Generator
from contextlib import closing

from hypothesis import given
from hypothesis import strategies as st

from add_product.imports.ahead import one_ahead


class Broken(Exception):
    """What a file raises that turns out to be unusable."""


def source(items: list[int], ended: list[bool], error: Exception | None = None) -> Generator[int]:
    """Hands out the items, raises the error, and notes its end."""
    try:
        yield from items
        if error:
            raise error
    finally:
        ended.append(True)


@given(st.lists(st.integers(), max_size=9), st.booleans(), st.integers(1, 10))
def test_what_comes_is_what_a_loop_would_get(items: list[int], breaks: bool, most: int) -> None:
    found: list[int] = []
    ended: list[bool] = []
    caught = False
    with closing(one_ahead(source(items, ended, Broken() if breaks else None))) as ahead:
        try:
            for item in ahead:
                found.append(item)
                if len(found) == most:
                    break
        except Broken:
            caught = True
    assert (found, caught, ended) == (items[:most], breaks and most > len(items), [True])


def test_the_next_is_made_meanwhile_and_no_further_one() -> None:
    made, second = [], threading.Event()

    def watched() -> Generator[int]:
        for number in range(3):
            made.append(number)
            if number == 1:
                second.set()
            yield number

    with closing(one_ahead(watched())) as ahead:
        next(ahead)
        assert second.wait(10)
        assert made == [0, 1]


def test_whoever_stops_meanwhile_leaves_no_thread() -> None:
    ended: list[bool] = []
    before = threading.active_count()
    with closing(one_ahead(source([1, 2, 3], ended))) as ahead:
        next(ahead)
    assert (threading.active_count(), ended) == (before, [True])
