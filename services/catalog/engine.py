"""Configures the SQLAlchemy engine for MySQL or SQLite: URL, options, and the setup of each connection."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.pool import ConnectionPoolEntry, PoolResetState

from catalog import counters
from catalog.settings import Settings
from serving.settings import read_secret

SQLITE_BUSY_SECONDS = 4
POOL_WAIT_SECONDS = 2
MYSQL_CONNECT_SECONDS = 3
MYSQL_ANSWER_SECONDS = 15
LOCK_WAIT_SECONDS = 5
READ_COMMITTED = "READ COMMITTED"

_CLEAN = "clean"


def url(settings: Settings) -> URL:
    """The database URL. A relative SQLite path starts at the working directory, not at Flask's instance folder."""
    named = make_url(settings.database_url)
    if named.get_backend_name() != "sqlite" or not named.database:
        return named
    return named.set(database=str(Path(named.database).absolute()))


def options(settings: Settings, answer_seconds: int, isolation_level: str = READ_COMMITTED) -> dict[str, Any]:
    """Options of create_engine for the database that the settings name.

    On MySQL, `answer_seconds` limits each statement, and `isolation_level` applies to each connection.
    """
    common: dict[str, Any] = {
        "pool_size": settings.database_pool_size,
        "max_overflow": settings.threads,
        "pool_timeout": POOL_WAIT_SECONDS,
        "pool_reset_on_return": None,  # See _roll_back_on_return.
    }
    if url(settings).get_backend_name() == "sqlite":
        return {**common, "connect_args": {"timeout": SQLITE_BUSY_SECONDS}}
    arguments: dict[str, Any] = {
        "conv": _conversions(),
        "charset": "utf8mb4",
        "connect_timeout": MYSQL_CONNECT_SECONDS,
        "read_timeout": answer_seconds,
        "write_timeout": answer_seconds,
        "init_command": (
            "SET time_zone = '+00:00', sql_mode = 'TRADITIONAL,NO_ENGINE_SUBSTITUTION', "
            f"innodb_lock_wait_timeout = {LOCK_WAIT_SECONDS}, max_execution_time = {answer_seconds * 1000}"
        ),
    }
    if settings.database_tls_ca_file:
        arguments |= {"ssl_mode": "VERIFY_IDENTITY", "ssl": {"ca": settings.database_tls_ca_file}}
    return {
        **common,
        "skip_autocommit_rollback": True,
        # Set once for each connection: setting it at each use would cost another round trip, whose failure the driver
        # reports in a way that SQLAlchemy does not translate.
        "isolation_level": isolation_level,
        "connect_args": arguments,
    }


@contextmanager
def opened(settings: Settings, answer_seconds: int = MYSQL_ANSWER_SECONDS) -> Iterator[Engine]:
    """An engine for one command, whose connections are closed when the command has ended, in whatever way."""
    made = create_engine(url(settings), **options(settings, answer_seconds))
    prepare(made, settings)
    try:
        yield made
    finally:
        made.dispose()


def _conversions() -> dict[Any, Any]:
    """The driver's conversions, except for DATETIME: it is in UTC, and Python's own parser is five times as fast."""
    from MySQLdb.constants import FIELD_TYPE
    from MySQLdb.converters import conversions

    return {**conversions, FIELD_TYPE.DATETIME: _instant}


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text + "+00:00")


def prepare(engine: Engine, settings: Settings) -> None:
    """Registers the listeners that set up each new connection."""
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
    elif settings.database_password_file:
        password_file = settings.database_password_file

        @event.listens_for(engine, "do_connect")
        def read_password(_dialect: Any, _record: Any, _args: Any, parameters: dict[str, Any]) -> None:
            parameters["password"] = read_secret(password_file, "CATALOG_DATABASE_PASSWORD_FILE")

    _roll_back_on_return(engine)
    in_use: set[ConnectionPoolEntry] = set()

    @event.listens_for(engine, "checkout")
    def count_up(_connection: Any, entry: ConnectionPoolEntry, _proxy: Any) -> None:
        if entry not in in_use:
            in_use.add(entry)
            counters.pool_connections.inc()

    @event.listens_for(engine, "checkin")
    def count_down(_connection: Any, entry: ConnectionPoolEntry) -> None:
        # The pool also checks in a connection whose checkout failed.
        if entry in in_use:
            in_use.remove(entry)
            counters.pool_connections.dec()


def leave_clean(connection: Connection) -> None:
    """Marks the connection as returning to the pool right after a commit, with nothing to roll back."""
    connection.info[_CLEAN] = True


def _roll_back_on_return(engine: Engine) -> None:
    """Rolls back as the pool does by default, but not after a commit, where it would be a wasted round trip."""

    @event.listens_for(engine, "reset")
    def roll_back(connection: Any, entry: ConnectionPoolEntry, state: PoolResetState) -> None:
        clean = entry.info.pop(_CLEAN, False)
        if not (clean or state.transaction_was_reset or state.terminate_only):
            engine.dialect.do_rollback(connection)


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: sqlite3.Connection, _record: Any) -> None:
        # The driver's own transactions begin late and cannot be IMMEDIATE.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that first reads and then writes would fail at once if another one wrote in between; an
        # IMMEDIATE one waits its turn.
        reads_only = connection.get_execution_options().get("reads_only")
        connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")
