"""Fills `search_text` with words, and indexes it by words instead of pairs of letters.

For a common word, the index of pairs took seconds, and so much memory that MySQL could be killed for it. The previous
version may be serving during the migration: it searches the new text as it did the old one, and finds whole words once
the new index exists.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import sqlalchemy as sa
from alembic import op

from catalog import words
from catalog.batches import go_through

revision = "0004"
down_revision = "0003"

BATCH = 200
"""Rows per transaction: their locks are held for some tens of milliseconds."""

product = sa.table("product", *map(sa.column, ("id", "sku", "name", "description", "search_text", "version")))
# A product that was changed after it was read is left unchanged.
UPDATE = (
    sa.update(product)
    .where(product.c.id == sa.bindparam("row_id"), product.c.version == sa.bindparam("seen"))
    .values(search_text=sa.bindparam("filled"))
)


def upgrade() -> None:
    """Refills the products by id, then creates the index. On MySQL, also creates it beforehand."""
    on_mysql = op.get_context().dialect.name == "mysql"
    if on_mysql and not op.get_context().as_sql:
        # Filling the text under the index of pairs, while searches use it, takes more memory than MySQL has.
        _index_on_mysql()
    elif not on_mysql:
        _drop_index_of_sqlite()
    if not op.get_context().as_sql:  # A new database has no products.
        connection = op.get_bind()
        go_through(connection, _batch, partial(_fill, connection))
    if on_mysql:
        _index_on_mysql()
    else:
        _index_on_sqlite()


def _batch(after: int) -> sa.Select[Any]:
    return sa.select(product).where(product.c.id > after).order_by(product.c.id).limit(BATCH)


def _fill(connection: sa.Connection, rows: Sequence[sa.Row[Any]]) -> None:
    filled = [
        {"row_id": row.id, "seen": row.version, "filled": text}
        for row in rows
        if (text := words.of_product(row.sku, row.name, row.description)) != row.search_text
    ]
    if filled:
        connection.execute(UPDATE, filled)


def _index_on_mysql() -> None:
    # "The" and "a" are words like any others. catalog.words has lengthened words of fewer than three letters.
    op.execute("SET SESSION innodb_ft_enable_stopword = OFF")
    # In one statement, so that the previous version always has an index to search. By copy, since MySQL would otherwise
    # keep a list of all rows that were filled above, and scan it in each search.
    op.execute(
        "ALTER TABLE product DROP INDEX ix_product_search_text, "
        "ADD FULLTEXT INDEX ix_product_search_text (search_text), ALGORITHM=COPY, LOCK=SHARED"
    )


def _drop_index_of_sqlite() -> None:
    for trigger in ("insert", "delete", "update"):
        op.execute(f"DROP TRIGGER product_search_{trigger}")
    op.execute("DROP TABLE product_search")


def _index_on_sqlite() -> None:
    # Without the positions of words in a text (detail=none): no search needs them.
    op.execute(
        "CREATE VIRTUAL TABLE product_search USING fts5("
        "search_text, content='product', content_rowid='id', tokenize=\"ascii tokenchars '_'\", detail=none)"
    )
    op.execute("INSERT INTO product_search(product_search) VALUES ('rebuild')")
    add = "INSERT INTO product_search(rowid, search_text) VALUES (new.id, new.search_text);"
    remove = (
        "INSERT INTO product_search(product_search, rowid, search_text) VALUES ('delete', old.id, old.search_text);"
    )
    op.execute(f"CREATE TRIGGER product_search_insert AFTER INSERT ON product BEGIN {add} END")
    op.execute(f"CREATE TRIGGER product_search_delete AFTER DELETE ON product BEGIN {remove} END")
    op.execute(
        "CREATE TRIGGER product_search_update AFTER UPDATE OF search_text ON product "
        f"WHEN old.search_text <> new.search_text BEGIN {remove} {add} END"
    )
