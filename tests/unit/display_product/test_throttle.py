"""How often something may be tried."""

import os
import warnings

import pytest

from display_product.web.throttle import Throttle


class Clock:
    """A clock that a test sets."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock."""
    return Clock()


def test_a_burst_is_allowed_and_then_one_at_a_time(clock: Clock) -> None:
    throttle = Throttle(3, 10, clock)
    assert [throttle.take("Lou") for _ in range(5)] == [0, 0, 0, 10, 10]
    clock.now += 9.5
    assert throttle.take("Lou") == 1
    clock.now += 0.5
    assert [throttle.take("Lou") for _ in range(2)] == [0, 10]
    clock.now += 30
    assert [throttle.take("Lou") for _ in range(4)] == [0, 0, 0, 10]


def test_one_name_is_not_limited_by_another(clock: Clock) -> None:
    throttle = Throttle(1, 10, clock)
    assert throttle.take("Lou") == 0
    assert throttle.take("Zoë") == 0
    assert throttle.take("Lou") == 10


def test_what_succeeded_does_not_count(clock: Clock) -> None:
    throttle = Throttle(2, 10, clock)
    for _ in range(10):
        assert throttle.take("Lou") == 0
        throttle.give_back("Lou")


def test_however_many_names_are_tried_each_is_limited_and_the_memory_stays(clock: Clock) -> None:
    throttle = Throttle(3, 10, clock)
    size = throttle._free_at.nbytes
    for number in range(50_000):
        throttle.take(f"name {number}")
    for _ in range(3):
        throttle.take("Lou")
    assert throttle.take("Lou") > 0
    assert throttle._free_at.nbytes == size < 1024 * 1024


def test_a_few_thousand_names_leave_the_others_alone(clock: Clock) -> None:
    throttle = Throttle(3, 10, clock)
    for number in range(3000):
        for _ in range(4):
            throttle.take(f"name {number}")
    assert sum(throttle.take(f"person {number}") > 0 for number in range(1000)) < 30


def test_worker_processes_count_together(clock: Clock) -> None:
    throttle = Throttle(2, 10, clock)
    with warnings.catch_warnings():
        # Newer Pythons warn of threads, which the child does not need.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        throttle.take("Lou")
        throttle.take("Lou")
        os._exit(0)
    os.waitpid(child, 0)
    assert throttle.take("Lou") == 10
