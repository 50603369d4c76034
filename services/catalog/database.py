"""The database connection of a service: one engine, made for MySQL or SQLite, and how its faults are answered."""

import logging
import random
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from flask import Flask, Response
from sqlalchemy import URL, Connection, Engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from catalog import metrics, migrate, problems, wire
from catalog.models import db
from catalog.settings import Settings, read_secret

SQLITE_BUSY_SECONDS = 5
MYSQL_CONNECT_SECONDS = 3
MYSQL_ANSWER_SECONDS = 15
LOCK_WAIT_SECONDS = 5
DEADLOCK = 1213
LOCK_WAIT_TIMEOUT = 1205
DUPLICATE_ENTRY = 1062
ATTEMPTS = 6
READ_COMMITTED = "READ COMMITTED"

T = TypeVar("T")
log = logging.getLogger(__name__)


def register(app: Flask, settings: Settings, *, reads_only: bool = False) -> None:
    """Gives the app its engine, and the answers to a database that is away.

    A service that only reads does so on MySQL without transactions, each of which would cost a round trip to end.
    """
    app.config["SQLALCHEMY_DATABASE_URI"] = url(settings)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(
        settings, MYSQL_ANSWER_SECONDS, "AUTOCOMMIT" if reads_only else READ_COMMITTED
    )
    db.init_app(app)
    with app.app_context():
        prepare(db.engine, settings)
    app.register_error_handler(OperationalError, _away)
    app.register_error_handler(InterfaceError, _away)
    app.register_error_handler(PoolTimeout, _away)


def url(settings: Settings) -> URL:
    """Where the database is. A relative SQLite file starts at the working directory, not at Flask's instance folder."""
    named = make_url(settings.database_url)
    if named.get_backend_name() != "sqlite" or not named.database:
        return named
    return named.set(database=str(Path(named.database).absolute()))


def engine_options(settings: Settings, answer_seconds: int, isolation_level: str = READ_COMMITTED) -> dict[str, Any]:
    """Options of create_engine for the database that the settings name.

    MySQL's are how long one statement may take, and the isolation level.
    """
    common = {"pool_size": settings.database_pool_size, "max_overflow": settings.threads, "pool_timeout": 5}
    if url(settings).get_backend_name() == "sqlite":
        return {**common, "connect_args": {"timeout": SQLITE_BUSY_SECONDS}}
    arguments: dict[str, Any] = {
        "charset": "utf8mb4",
        "connect_timeout": MYSQL_CONNECT_SECONDS,
        "read_timeout": answer_seconds,
        "write_timeout": answer_seconds,
        "init_command": (
            "SET time_zone = '+00:00', sql_mode = 'TRADITIONAL,NO_ENGINE_SUBSTITUTION', "
            f"innodb_lock_wait_timeout = {LOCK_WAIT_SECONDS}"
        ),
    }
    if settings.database_tls_ca_file:
        arguments |= {"ssl_mode": "VERIFY_IDENTITY", "ssl": {"ca": settings.database_tls_ca_file}}
    # Servers close idle connections, and restart: a connection is tried before it is used, which costs one
    # round trip and spares the first request after an idle night.
    return {
        **common,
        "pool_pre_ping": True,
        "skip_autocommit_rollback": True,
        # Set once for each connection: per use it would be a round trip more, and one whose failure the driver
        # reports in a way that SQLAlchemy does not translate.
        "isolation_level": isolation_level,
        "connect_args": arguments,
    }


def prepare(engine: Engine, settings: Settings) -> None:
    """Sets up what each new connection needs."""
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
    elif settings.database_password_file:
        password_file = settings.database_password_file

        @event.listens_for(engine, "do_connect")
        def read_password(_dialect: Any, _record: Any, _args: Any, parameters: dict[str, Any]) -> None:
            parameters["password"] = read_secret(password_file, "CATALOG_DATABASE_PASSWORD_FILE")

    @event.listens_for(engine, "checkout")
    def count_up(*_: Any) -> None:
        metrics.pool_connections.inc()

    @event.listens_for(engine, "checkin")
    def count_down(*_: Any) -> None:
        metrics.pool_connections.dec()


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


def reading() -> Connection:
    """A connection for queries only."""
    return db.engine.connect().execution_options(reads_only=True)


def transaction(work: Callable[[Connection], T]) -> T:
    """Runs `work` in one transaction, and again when the database broke a deadlock by undoing it."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with db.engine.begin() as connection:
                return work(connection)
        except OperationalError as error:
            if error_code(error) != DEADLOCK or attempt == ATTEMPTS:
                raise
            # Spread, so that the same requests do not meet again.
            time.sleep(random.uniform(0.005, 0.02) * attempt)  # noqa: S311
    raise AssertionError("unreachable")


def error_code(error: DBAPIError) -> int | None:
    """MySQL's number of the error."""
    arguments = getattr(error.orig, "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], int) else None


def is_duplicate(error: IntegrityError, name: str) -> bool:
    """Whether a unique index or key of this name (on SQLite: over this column) refused the row."""
    message = str(error.orig)
    return name in message and (error_code(error) == DUPLICATE_ENTRY or "UNIQUE constraint failed" in message)


def probe() -> wire.Check:
    """Whether the database answers and has the schema that this version needs."""
    try:
        with reading() as connection:
            connection.execute(text("SELECT 1"))
            missing = migrate.missing(connection)
    except DBAPIError as error:
        log.warning("database away: %s", error.orig)
        return wire.Check("database", ok=False, detail="the database does not answer")
    except (PoolTimeout, OSError, ValueError) as error:
        return wire.Check("database", ok=False, detail=f"no connection to the database: {error}")
    if missing:
        return wire.Check("database", ok=False, detail=f"the schema lacks the migration {missing}")
    return wire.Check("database", ok=True)


def _away(error: Exception) -> Response:
    log.error("database away: %s", getattr(error, "orig", error))
    return problems.response(problems.unavailable("The database does not answer; try again in some seconds."))
