"""A service's access to the database: reads, transactions, and the responses to its errors."""

import logging
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from flask import Flask, Response
from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import (
    DBAPIError,
    IntegrityError,
    InterfaceError,
    InternalError,
    InvalidRequestError,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from catalog import engine, schema, watchdog
from catalog.models import db
from catalog.settings import Settings
from serving import answers, deadline, problems
from serving.settings import SettingError

DEADLOCK = 1213
LOCK_WAIT_TIMEOUT = 1205
DUPLICATE_ENTRY = 1062
NO_SUCH_TABLE = 1146
NO_ROOM = (1021, 1114)
"""Disk full, table full."""
TOO_MUCH_WORK = (3024, 188)
"""Query longer than MAX_EXECUTION_TIME, result larger than innodb_ft_result_cache_limit."""
ATTEMPTS = 6
AWAY = (OperationalError, InterfaceError, InternalError, PoolTimeout, ProgrammingError, SettingError)
"""Errors raised if the database does not answer, still lacks its tables, or its password cannot be read."""
ANSWER_SECONDS = 7
"""Time after which a request that waits for the database gets a 503: less than the 10 seconds that docs/api.md states,
since the request may have to wait for a CPU as well."""

T = TypeVar("T")
log = logging.getLogger(__name__)


def register(app: Flask, settings: Settings, *, reads_only: bool = False) -> None:
    """Gives the app its engine, and error handlers for an unavailable database.

    On MySQL, a service that only reads uses autocommit, since each transaction would cost one more round trip to end.
    """
    app.config["SQLALCHEMY_DATABASE_URI"] = engine.url(settings)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine.options(
        settings, engine.MYSQL_ANSWER_SECONDS, "AUTOCOMMIT" if reads_only else engine.READ_COMMITTED
    )
    db.init_app(app)
    with app.app_context():
        engine.prepare(db.engine, settings)
        watchdog.guard(db.engine)
    deadline.register(app, ANSWER_SECONDS)
    app.register_error_handler(OperationalError, _away)
    app.register_error_handler(InterfaceError, _away)
    app.register_error_handler(InternalError, _away)
    app.register_error_handler(ProgrammingError, _refused)
    app.register_error_handler(PoolTimeout, _away)
    app.register_error_handler(deadline.Exceeded, _away)
    app.register_error_handler(SettingError, _without_password)


def reading() -> Connection:
    """A read-only connection. Raises deadline.Exceeded."""
    deadline.check()
    return _connect().execution_options(reads_only=True)


def transaction(work: Callable[[Connection], T]) -> T:
    """Runs `work` in one transaction, and retries if the database rolled it back because of a deadlock.

    Raises deadline.Exceeded.
    """
    for attempt in range(1, ATTEMPTS + 1):
        deadline.check()
        try:
            with _connect() as connection:
                with connection.begin():
                    result = work(connection)
                engine.leave_clean(connection)
                return result
        except OperationalError as error:
            if error_code(error) != DEADLOCK or attempt == ATTEMPTS:
                raise
            # Random, so that the same requests do not collide again.
            time.sleep(random.uniform(0.005, 0.02) * attempt)  # noqa: S311
    raise AssertionError("unreachable")


def _connect() -> Connection:
    """A connection from the pool. Raises PoolTimeout also if a new connection breaks again and again before its use."""
    try:
        return db.engine.connect()
    except InvalidRequestError as error:
        # The pool raises it after it has replaced a broken connection twice.
        raise PoolTimeout("each new connection broke before its use") from error


def now(connection: Connection) -> datetime:
    """The time by the database's clock, which all processes share."""
    if connection.dialect.name != "mysql":
        return datetime.now(UTC)
    instant: datetime = connection.execute(select(func.utc_timestamp(6))).scalar_one()
    return instant


def error_code(error: DBAPIError) -> int | None:
    """MySQL's error number."""
    arguments = getattr(error.orig, "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], int) else None


def is_duplicate(error: IntegrityError, name: str) -> bool:
    """Whether a unique index or key of this name (on SQLite: over this column) refused the row."""
    message = str(error.orig)
    return name in message and (error_code(error) == DUPLICATE_ENTRY or "UNIQUE constraint failed" in message)


def probe() -> answers.Check:
    """Whether the database answers and has the schema that this version needs."""
    try:
        with reading() as connection:
            connection.execute(text("SELECT 1"))
            missing = schema.missing(connection)
    except DBAPIError as error:
        log.warning("database away: %s", error.orig)
        return answers.Check("database", ok=False, detail="the database does not answer")
    except (PoolTimeout, deadline.Exceeded):
        return answers.Check("database", ok=False, detail="the database does not answer")
    except SettingError as error:
        # The client of /readyz need not learn the path of the secret.
        log.error("%s", error)
        return answers.Check("database", ok=False, detail="the password for the database cannot be read")
    if missing:
        return answers.Check("database", ok=False, detail=f"the schema lacks the migration {missing}")
    return answers.Check("database", ok=True)


def _away(error: Exception) -> Response:
    if isinstance(error, DBAPIError) and _lacks_table(error):
        return _without_schema(error)
    if isinstance(error, DBAPIError) and _is_full(error):
        log.error("database full: %s", error.orig)
        return problems.response(problems.storage_full("The database has no room left."))
    log.error("database away: %s", getattr(error, "orig", error))
    return problems.response(problems.unavailable("The database does not answer; try again in a few seconds."))


def _refused(error: ProgrammingError) -> Response:
    """Re-raises the error, which is a bug in a statement, unless a table is missing."""
    if not _lacks_table(error):
        raise error
    return _without_schema(error)


def _lacks_table(error: DBAPIError) -> bool:
    return error_code(error) == NO_SUCH_TABLE or str(error.orig).startswith("no such table")


def _is_full(error: DBAPIError) -> bool:
    return error_code(error) in NO_ROOM or str(error.orig) == "database or disk is full"


def _without_password(error: SettingError) -> Response:
    log.error("%s", error)
    return problems.response(problems.unavailable("The service cannot read its password for the database."))


def _without_schema(error: DBAPIError) -> Response:
    log.error("database without its schema: %s", error.orig)
    return problems.response(problems.unavailable("The database lacks a table: its migration has not run yet."))
