"""Leaves out what the machine cannot run, and says so at the end; and the database server of the tests."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import hypothesis
import pytest

import requirements

if TYPE_CHECKING:
    from mysql_server import MySQLServer

_left_out: Counter[str] = Counter()
# These tests measure no time, and other kinds of test keep the machine busy meanwhile.
hypothesis.settings.register_profile("busy machine", deadline=None)
hypothesis.settings.load_profile("busy machine")


def pytest_configure(config: pytest.Config) -> None:
    requirements.required()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skips a test whose needs are missing, or fails it when its kind is required."""
    for kind in requirements.NEEDS:
        if item.get_closest_marker(kind) is None:
            continue
        reason = requirements.missing(kind)
        if reason and kind in requirements.required():
            pytest.fail(f"{kind} tests are required, but {reason}", pytrace=False)
        if reason:
            _left_out[kind] += 1
            pytest.skip(f"{kind}: {reason}")


@pytest.fixture(scope="session")
def mysql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator["MySQLServer"]:
    """A MySQL server of the tests' own."""
    from mysql_server import MySQLServer

    server = MySQLServer(tmp_path_factory.mktemp("mysql"))
    yield server
    server.remove()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Names the kinds that were left out, and why."""
    for kind, count in sorted(_left_out.items()):
        terminalreporter.write_line(f"left out: {count} {kind} tests, since {requirements.missing(kind)}")
