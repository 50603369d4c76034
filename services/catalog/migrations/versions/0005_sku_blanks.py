"""Updates `sku_key` to the rule that SKUs which differ only in the kind or number of blanks are equal."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.exc import IntegrityError

from catalog import text
from catalog.batches import go_through

revision = "0005"
down_revision = "0004"

BATCH = 1000

product = sa.table("product", *map(sa.column, ("id", "sku", "sku_key", "version")))
# A product that was changed after it was read is left unchanged.
UPDATE = (
    sa.update(product)
    .where(product.c.id == sa.bindparam("row_id"), product.c.version == sa.bindparam("seen"))
    .values(sku_key=sa.bindparam("key"))
)


def upgrade() -> None:
    """Updates the products by id."""
    if op.get_context().as_sql:
        return  # A new database has no products.
    connection = op.get_bind()
    go_through(connection, _batch, partial(_rekey, connection))


def _batch(after: int) -> sa.Select[Any]:
    return (
        sa.select(product).where(product.c.id > after, product.c.sku.is_not(None)).order_by(product.c.id).limit(BATCH)
    )


def _rekey(connection: sa.Connection, rows: Sequence[sa.Row[Any]]) -> None:
    for row in rows:
        if (key := text.sku_key(row.sku)) != row.sku_key:
            try:
                connection.execute(UPDATE, {"row_id": row.id, "seen": row.version, "key": key})
            except IntegrityError:
                # Of products whose SKUs differ only in blanks, the later ones keep their keys; none is lost or renamed.
                continue
