"""What the threads of imports say while they cannot work."""

import pytest
from flask import Flask
from sqlalchemy.exc import TimeoutError as PoolTimeout

from add_product.imports.runner import Runner
from catalog.settings import Settings


def cannot() -> None:
    """A thread's search for work that the database refuses."""
    raise PoolTimeout("read-only")


def nothing() -> None:
    """A thread's search that finds nothing."""


def test_a_refusal_that_only_one_thread_meets_is_logged_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("add_product.imports.queue.sweep", lambda: None)
    runner = Runner(Flask("add_product"), Settings())
    for take in (cannot, nothing) * 3:
        assert not runner._take_one(take)
    assert [entry.message for entry in caplog.records] == ["imports wait for the database: read-only"]
