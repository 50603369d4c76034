"""Goes through a table's rows by id in small transactions, so that a live catalogue waits for none of them."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, Select
from sqlalchemy.exc import OperationalError

from catalog.database import DEADLOCK, error_code

Rows = Sequence[Any]


def go_through(connection: Connection, batch: Callable[[int], Select[Any]], change: Callable[[Rows], None]) -> None:
    """Calls `change` with each batch of rows, and commits; again where the database broke a deadlock by undoing it.

    `batch` selects the next rows behind an id, in its order, `id` among their columns.
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
