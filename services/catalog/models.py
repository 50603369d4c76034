"""The tables. The migrations create them; a test compares the two."""

from datetime import datetime
from decimal import Decimal

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from catalog import text
from catalog.columns import Instant, Key, Money, exact_text, long_bytes, long_text, sorted_text

IDEMPOTENCY_KEY_MAX = 255


class Base(DeclarativeBase):
    """Base of the models."""


db = SQLAlchemy(model_class=Base)


class Product(db.Model):  # type: ignore[name-defined,misc]
    """One product. `sku_key` and `search_text` are derived from the others by catalog.products."""

    __tablename__ = "product"
    __table_args__ = (
        CheckConstraint("price >= 0", name="ck_product_price"),
        Index("ux_product_sku_key", "sku_key", unique=True),
        Index("ix_product_name", "name", "id"),
        Index("ix_product_price", "price", "id"),
        Index("ix_product_created_at", "created_at", "id"),
        Index(
            "ix_product_search_text",
            "search_text",
            mysql_prefix="FULLTEXT",
            mysql_with_parser="ngram",
        ).ddl_if(dialect="mysql"),
        {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    sku: Mapped[str | None] = mapped_column(exact_text(text.SKU_MAX))
    sku_key: Mapped[str | None] = mapped_column(exact_text(text.SKU_KEY_MAX))
    name: Mapped[str] = mapped_column(sorted_text(text.NAME_MAX))
    description: Mapped[str] = mapped_column(long_text())
    price: Mapped[Decimal] = mapped_column(Money)
    search_text: Mapped[str] = mapped_column(long_text())
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)


class IdempotencyKey(db.Model):  # type: ignore[name-defined,misc]
    """The answer that was given to a request with an Idempotency-Key, to be given again."""

    __tablename__ = "idempotency_key"
    __table_args__ = (
        Index("ix_idempotency_key_created_at", "created_at"),
        {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4"},
    )

    key: Mapped[str] = mapped_column(exact_text(IDEMPOTENCY_KEY_MAX), primary_key=True)
    request_hash: Mapped[str] = mapped_column(exact_text(64))
    product_id: Mapped[int] = mapped_column(Key)
    body: Mapped[bytes] = mapped_column(long_bytes())
    created_at: Mapped[datetime] = mapped_column(Instant)
