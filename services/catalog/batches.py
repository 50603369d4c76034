"""Processes a table's rows by id in small transactions, so that a live catalogue is never blocked for long."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, Select
from sqlalchemy.exc import OperationalError

from catalog.database import DEADLOCK, error_code

Rows = Sequence[Any]


def go_through(connection: Connection, batch: Callable[[int], Select[Any]], change: Callable[[Rows], None]) -> None:
    """Calls `change` with each batch of rows and commits; repeats a batch that the database rolled back as a deadlock.

    `batch` selects the next rows after an id, ordered by id, with `id` among the columns.
    """
    after = 0
    while rows := connection.execute(batch(after)).all():
        try:
            change(rows)
            connection.commit()
        except OperationalError as error:
            if error_code(error) != DEADLOCK:
                raise
            connection.rollback()
        else:
            after = rows[-1].id
