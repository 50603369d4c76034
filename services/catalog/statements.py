"""Statements that are compiled once and run on the driver's cursor, for the queries of nearly every request.

Building a statement and wrapping its rows takes SQLAlchemy more than half of the CPU time of a request for a page. So
frequent statements are compiled at their first use and return the driver's tuples. SQLAlchemy still handles everything
else (tables, types, connections, transactions, errors), and runs rare statements in the usual way.
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from decimal import Decimal
from itertools import chain
from operator import attrgetter, methodcaller
from typing import Any, TypeVar, cast

from sqlalchemy import ClauseElement, Connection
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler

STATEMENT_MAX = 1024 * 1024
"""Maximum bytes of a multi-row INSERT, which mysqlclient limits to 64 kB by default; less than any server accepts."""
ROWS_MAX = 512
"""Maximum rows of a multi-row INSERT on SQLite, which accepts 32 766 values."""

Row = tuple[Any, ...]
Inserted = tuple[int, int]
"""The id of the first row that a statement inserted, and the number of rows: their ids follow without a gap."""
T = TypeVar("T")

_ROWS: Callable[[Any], Sequence[Row]] = methodcaller("fetchall")
_LAST_ID: Callable[[Any], int] = attrgetter("lastrowid")
_NUMBER: Callable[[Any], int] = attrgetter("rowcount")


class Statement:
    """An SQLAlchemy statement with a `bindparam` for each value that differs between its executions."""

    def __init__(self, clause: ClauseElement) -> None:
        self.clause = clause
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, connection: Connection, **values: Any) -> list[Row]:
        """The rows, with the values that SQLAlchemy would return. Like the other methods, raises DBAPIError."""
        return self._of(connection).rows(connection, values)

    def row(self, connection: Connection, **values: Any) -> Row | None:
        """The first row, or None."""
        rows = self.rows(connection, **values)
        return rows[0] if rows else None

    def insert(self, connection: Connection, **values: Any) -> int:
        """Runs an INSERT and returns the id of the new row."""
        return self._of(connection).run(connection, values, _LAST_ID)

    def insert_all(self, connection: Connection, rows: Sequence[dict[str, Any]]) -> list[Inserted]:
        """Inserts all rows, in as few statements as the driver allows, and returns what each of these inserted."""
        return self._of(connection).run_many(connection, rows)

    def change(self, connection: Connection, **values: Any) -> int:
        """Runs an UPDATE or DELETE and returns the number of affected rows."""
        return self._of(connection).run(connection, values, _NUMBER)

    def _of(self, connection: Connection) -> "_Compiled":
        dialect = connection.dialect
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _Compiled(self.clause, dialect)
        return compiled


class _Compiled:
    """The SQL for one dialect, with the processors that convert values to the driver's and back."""

    def __init__(self, clause: ClauseElement, dialect: Dialect) -> None:
        compiled = cast(SQLCompiler, clause.compile(dialect=dialect))
        self._sql = str(compiled)
        self._error = cast(Any, dialect.loaded_dbapi).Error
        binds = [(name, compiled.binds[name]) for name in compiled.positiontup or ()]
        self._binds = [
            (name, bind.type.dialect_impl(dialect).bind_processor(dialect), bind.value) for name, bind in binds
        ]
        columns = getattr(clause, "selected_columns", ())
        results = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
        self._results = [(place, processor) for place, processor in enumerate(results) if processor]

    def rows(self, connection: Connection, values: dict[str, Any]) -> list[Row]:
        """The rows of the result, converted."""
        rows = self.run(connection, values, _ROWS)
        return [self._converted(row) for row in rows] if self._results else list(rows)

    def run(self, connection: Connection, values: dict[str, Any], result: Callable[[Any], T]) -> T:
        """Runs the statement and returns what `result` reads from its cursor."""
        parameters = self._parameters(values)
        try:
            with closing(connection.connection.cursor()) as cursor:
                cursor.execute(self._sql, parameters)
                return result(cursor)
        except self._error as error:
            # SQLAlchemy calls this for its own cursors, including the error listeners. It is not public, and always
            # raises.
            connection._handle_dbapi_exception(error, self._sql, parameters, None, None)

    def run_many(self, connection: Connection, rows: Sequence[dict[str, Any]]) -> list[Inserted]:
        """Runs the statement, an INSERT, with the values of each row."""
        parameters = [self._parameters(values) for values in rows]
        try:
            with closing(connection.connection.cursor()) as cursor:
                if connection.dialect.name == "mysql":
                    return self._run_on_mysql(cursor, parameters)
                return self._run_on_sqlite(cursor, parameters)
        except self._error as error:
            connection._handle_dbapi_exception(error, self._sql, parameters, None, None)

    def _run_on_mysql(self, cursor: Any, parameters: Sequence[Row]) -> list[Inserted]:
        """Inserts as many rows per statement as STATEMENT_MAX allows."""
        inserted, execute = [], cursor.execute

        def execute_and_note(*arguments: Any) -> int:
            number: int = execute(*arguments)
            inserted.append((cursor.lastrowid, number))
            return number

        cursor.execute = execute_and_note  # The driver calls it for each statement.
        cursor.max_stmt_length = STATEMENT_MAX
        cursor.executemany(self._sql, [_quickly_quoted(row) for row in parameters])
        return inserted

    def _run_on_sqlite(self, cursor: Any, parameters: Sequence[Row]) -> list[Inserted]:
        """Inserts many rows per statement.

        The driver's own executemany runs one statement per row. At the end of each statement, FTS5 writes what it has
        collected, and another thread may run and hold the interpreter for 5 ms.
        """
        before, values, row = self._sql.partition(" VALUES ")
        inserted, first = [], 0
        while left := len(parameters) - first:
            # A power of two, so that the driver caches few statements.
            number = min(ROWS_MAX, 1 << (left.bit_length() - 1))
            rows = before + values + ", ".join([row] * number)
            cursor.execute(rows, list(chain.from_iterable(parameters[first : first + number])))
            first += number
            # The id of the last row, where MySQL has that of the first one.
            inserted.append((cursor.lastrowid - number + 1, number))
        return inserted

    def _parameters(self, values: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(
            [
                processor(values.get(name, default)) if processor else values.get(name, default)
                for name, processor, default in self._binds
            ]
        )

    def _converted(self, row: Row) -> Row:
        values = list(row)
        for place, processor in self._results:
            values[place] = processor(values[place])
        return tuple(values)


def _quickly_quoted(row: Row) -> Row:
    """The row with decimals as strings: mysqlclient quotes them in a third of the time, and INSERT stores the same."""
    return tuple([str(value) if isinstance(value, Decimal) else value for value in row])
