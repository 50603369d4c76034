"""Creates products, their search index, and the stored responses to requests with an Idempotency-Key."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from catalog.columns import Instant, Key, Money, exact_text, long_bytes, long_text, sorted_text

revision = "0001"
down_revision = None

MYSQL: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4"}


def upgrade() -> None:
    """Creates the tables."""
    op.create_table(
        "product",
        sa.Column("id", Key, primary_key=True),
        sa.Column("sku", exact_text(64)),
        sa.Column("sku_key", exact_text(255)),
        sa.Column("name", sorted_text(200), nullable=False),
        sa.Column("description", long_text(), nullable=False),
        sa.Column("price", Money, nullable=False),
        sa.Column("search_text", long_text(), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        sa.CheckConstraint("price >= 0", name="ck_product_price"),
        sqlite_autoincrement=True,
        **MYSQL,
    )
    op.create_index("ux_product_sku_key", "product", ["sku_key"], unique=True)
    op.create_index("ix_product_name", "product", ["name", "id"])
    op.create_index("ix_product_price", "product", ["price", "id"])
    op.create_index("ix_product_created_at", "product", ["created_at", "id"])
    op.create_table(
        "idempotency_key",
        sa.Column("key", exact_text(255), primary_key=True),
        sa.Column("request_hash", exact_text(64), nullable=False),
        sa.Column("product_id", Key, nullable=False),
        sa.Column("body", long_bytes(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        **MYSQL,
    )
    op.create_index("ix_idempotency_key_created_at", "idempotency_key", ["created_at"])
    if op.get_context().dialect.name == "mysql":
        _index_search_on_mysql()
    else:
        _index_search_on_sqlite()


def _index_search_on_mysql() -> None:
    # The ngram parser, which indexes pairs of characters, would skip each pair that contains a stop word such as "a".
    op.execute("SET SESSION innodb_ft_enable_stopword = OFF")
    op.create_index(
        "ix_product_search_text", "product", ["search_text"], mysql_prefix="FULLTEXT", mysql_with_parser="ngram"
    )


def _index_search_on_sqlite() -> None:
    op.execute(
        "CREATE VIRTUAL TABLE product_search USING fts5("
        "search_text, content='product', content_rowid='id', tokenize='trigram case_sensitive 1')"
    )
    add = "INSERT INTO product_search(rowid, search_text) VALUES (new.id, new.search_text);"
    remove = (
        "INSERT INTO product_search(product_search, rowid, search_text) VALUES ('delete', old.id, old.search_text);"
    )
    op.execute(f"CREATE TRIGGER product_search_insert AFTER INSERT ON product BEGIN {add} END")
    op.execute(f"CREATE TRIGGER product_search_delete AFTER DELETE ON product BEGIN {remove} END")
    op.execute(f"CREATE TRIGGER product_search_update AFTER UPDATE OF search_text ON product BEGIN {remove} {add} END")
