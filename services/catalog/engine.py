"""How the engine of a database is made, MySQL or SQLite: its address, its options, and what each connection needs."""

import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, event, make_url
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
    """Where the database is. A relative SQLite file starts at the working directory, not at Flask's instance folder."""
    named = make_url(settings.database_url)
    if named.get_backend_name() != "sqlite" or not named.database:
        return named
    return named.set(database=str(Path(named.database).absolute()))


def options(settings: Settings, answer_seconds: int, isolation_level: str = READ_COMMITTED) -> dict[str, Any]:
    """Options of create_engine for the database that the settings name.

    MySQL's are how long one statement may take, and the isolation level.
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
        # Set once for each connection: per use it would be a round trip more, and one whose failure the driver
        # reports in a way that SQLAlchemy does not translate.
        "isolation_level": isolation_level,
        "connect_args": arguments,
    }


def _conversions() -> dict[Any, Any]:
    """The driver's, but for points in time: they are in UTC, and Python's own parser reads them five times as fast."""
    from MySQLdb.constants import FIELD_TYPE
    from MySQLdb.converters import conversions

    return {**conversions, FIELD_TYPE.DATETIME: _instant}


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text + "+00:00")


def prepare(engine: Engine, settings: Settings) -> None:
    """Sets up what each new connection needs."""
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
        # A use that failed before it began ends as well.
        if entry in in_use:
            in_use.remove(entry)
            counters.pool_connections.dec()


def leave_clean(connection: Connection) -> None:
    """Says that the connection goes back to the pool right behind a commit, so that nothing is there to undo."""
    connection.info[_CLEAN] = True


def _roll_back_on_return(engine: Engine) -> None:
    """As the pool does by itself, but not behind a commit, where it would be a round trip for nothing."""

    @event.listens_for(engine, "reset")
    def roll_back(connection: Any, entry: ConnectionPoolEntry, state: PoolResetState) -> None:
        clean = entry.info.pop(_CLEAN, False)
        if not (clean or state.transaction_was_reset or state.terminate_only):
            engine.dialect.do_rollback(connection)


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: sqlite3.Connection, _record: Any) -> None:
        # The driver's own transactions begin late and cannot say IMMEDIATE.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that first reads and then writes would fail at once when another one wrote in between;
        # one that says so at its beginning waits its turn.
        reads_only = connection.get_execution_options().get("reads_only")
        connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")
