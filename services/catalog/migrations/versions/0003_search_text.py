"""Fills `search_text` anew by the rules of catalog.folding, while the version before may be serving."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.exc import OperationalError

from catalog import products
from catalog.database import DEADLOCK, error_code

revision = "0003"
down_revision = "0002"

BATCH = 200
"""Rows of one transaction: their locks are held for some tens of milliseconds."""

product = sa.table("product", *map(sa.column, ("id", "sku", "name", "description", "search_text", "version")))
# What somebody has changed since it was read is left as they wrote it.
UPDATE = (
    sa.update(product)
    .where(product.c.id == sa.bindparam("this"), product.c.version == sa.bindparam("seen"))
    .values(search_text=sa.bindparam("filled"))
)


def upgrade() -> None:
    """Goes through the products by id."""
    if op.get_context().as_sql:
        return  # A new database has no products.
    connection = op.get_bind()
    after = 0
    while rows := connection.execute(_batch(after)).all():
        try:
            _fill(connection, rows)
        except OperationalError as error:
            if error_code(error) != DEADLOCK:
                raise
            connection.rollback()
        else:
            after = rows[-1].id


def _batch(after: int) -> sa.Select[Any]:
    return sa.select(product).where(product.c.id > after).order_by(product.c.id).limit(BATCH)


def _fill(connection: sa.Connection, rows: Sequence[sa.Row[Any]]) -> None:
    filled = [
        {"this": row.id, "seen": row.version, "filled": text}
        for row in rows
        if (text := products.search_text(row.sku, row.name, row.description)) != row.search_text
    ]
    if filled:
        connection.execute(UPDATE, filled)
    connection.commit()
