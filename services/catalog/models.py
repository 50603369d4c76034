"""The database tables. The migrations create them; a test compares both."""

from datetime import datetime
from decimal import Decimal

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from catalog import text
from catalog.columns import Instant, Key, Money, exact_text, long_bytes, long_text, sorted_text

IDEMPOTENCY_KEY_MAX = 255
FILE_NAME_MAX = 200
ACTOR_NAME_MAX = 255


class Base(DeclarativeBase):
    """Base of the models."""


db = SQLAlchemy(model_class=Base)


class Product(db.Model):  # type: ignore[name-defined,misc]
    """A product. catalog.products derives `sku_key` and `search_text` from the other columns."""

    __tablename__ = "product"
    __table_args__ = (
        CheckConstraint("price >= 0", name="ck_product_price"),
        Index("ux_product_sku_key", "sku_key", unique=True),
        Index("ix_product_name", "name", "id"),
        Index("ix_product_price", "price", "id"),
        Index("ix_product_created_at", "created_at", "id"),
        Index("ix_product_search_text", "search_text", mysql_prefix="FULLTEXT").ddl_if(dialect="mysql"),
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
    """The stored response to a request with an Idempotency-Key, for repeats of that request."""

    __tablename__ = "idempotency_key"
    __table_args__ = (
        Index("ix_idempotency_key_created_at", "created_at"),
        {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4"},
    )

    key: Mapped[str] = mapped_column(exact_text(IDEMPOTENCY_KEY_MAX), primary_key=True)
    request_hash: Mapped[str] = mapped_column(exact_text(64))
    product_id: Mapped[int] = mapped_column(Key, server_default="0")
    """Only the previous version writes it; no version reads it."""
    body: Mapped[bytes] = mapped_column(long_bytes())
    created_at: Mapped[datetime] = mapped_column(Instant)


class Import(db.Model):  # type: ignore[name-defined,misc]
    """An uploaded file and the progress of its import."""

    __tablename__ = "import"
    __table_args__ = (
        Index("ux_import_idempotency_key", "idempotency_key", unique=True),
        Index("ux_import_turn", "turn", unique=True),
        Index("ix_import_state", "state", "changed_at", "id"),
        Index("ix_import_created_at", "created_at"),
        Index("ix_import_undo_of", "undo_of"),
        {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    idempotency_key: Mapped[str | None] = mapped_column(exact_text(IDEMPOTENCY_KEY_MAX))
    request_hash: Mapped[str] = mapped_column(exact_text(64))
    name: Mapped[str] = mapped_column(exact_text(FILE_NAME_MAX))
    size: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(exact_text(64))
    kind: Mapped[str] = mapped_column(exact_text(16))
    charset: Mapped[str | None] = mapped_column(exact_text(64))
    on_conflict: Mapped[str] = mapped_column(exact_text(16))
    state: Mapped[str] = mapped_column(exact_text(16))
    rows_done: Mapped[int]
    created: Mapped[int]
    updated: Mapped[int]
    skipped: Mapped[int]
    failed: Mapped[int]
    errors: Mapped[int]
    warnings: Mapped[int]
    bytes_done: Mapped[int] = mapped_column(BigInteger)
    report: Mapped[bytes | None] = mapped_column(long_bytes())
    faults: Mapped[bytes | None] = mapped_column(long_bytes())
    """The errors and warnings that the report lists; a separate column, since a list of imports needs none of them."""
    problem: Mapped[bytes | None] = mapped_column(long_bytes())
    upload: Mapped[str | None] = mapped_column(exact_text(32))
    """Identifies the pieces of the file; NULL once they are deleted."""
    owner: Mapped[str | None] = mapped_column(exact_text(32))
    """The holder of the lease on the file; no other process may read it until `lease_until`."""
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    attempts: Mapped[int]
    """How often a process has taken the import since it last made progress."""
    turn: Mapped[int | None]
    """1 for the one import that writes rows, otherwise NULL; the unique index excludes a second one."""
    created_at: Mapped[datetime] = mapped_column(Instant)
    changed_at: Mapped[datetime] = mapped_column(Instant)
    actor_kind: Mapped[str | None] = mapped_column(exact_text(16))
    actor_name: Mapped[str | None] = mapped_column(exact_text(ACTOR_NAME_MAX))
    """Who sent the file or, if it was checked first, who started the import; NULL if the previous version noted it."""
    request_id: Mapped[str | None] = mapped_column(exact_text(64))
    change_id: Mapped[int | None] = mapped_column(Key)
    """The entry of the import in the history, once it has written a product."""
    undo_of: Mapped[int | None] = mapped_column(Key)
    """The import that this one takes back, if it is no file but an undo."""
    deleted: Mapped[int] = mapped_column(server_default="0")
    """Products that an undo has deleted."""
    undoing: Mapped[bytes | None] = mapped_column(long_bytes())
    """The progress of an undo: catalog.imports.Undoing."""


class ImportPiece(db.Model):  # type: ignore[name-defined,misc]
    """A piece of one megabyte of a file that is being imported; the last piece may be shorter."""

    __tablename__ = "import_piece"
    __table_args__ = (
        Index("ix_import_piece_created_at", "created_at"),
        {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4"},
    )

    upload: Mapped[str] = mapped_column(exact_text(32), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(long_bytes())
    created_at: Mapped[datetime] = mapped_column(Instant)


class ApiToken(db.Model):  # type: ignore[name-defined,misc]
    """A token of a program, which only its holder knows: what is stored is a hash of it."""

    __tablename__ = "api_token"
    __table_args__ = (
        Index("ux_api_token_digest", "digest", unique=True),
        {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    digest: Mapped[str] = mapped_column(exact_text(64))
    name: Mapped[str] = mapped_column(exact_text(text.NAME_MAX))
    role: Mapped[str] = mapped_column(exact_text(16))
    created_by: Mapped[str] = mapped_column(exact_text(ACTOR_NAME_MAX))
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
    """The hour of the last use."""
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class ProductChange(db.Model):  # type: ignore[name-defined,misc]
    """An entry of the history: a change of one product, or an import with the changes that are part of it.

    Newest first is by time or, for one product, by version; and then by id, which every index has as its last part.
    """

    __tablename__ = "product_change"
    __table_args__ = (
        Index("ix_product_change_product", "product_id", "version"),
        Index("ix_product_change_part_of", "part_of", "at"),
        Index("ix_product_change_actor", "actor_name", "at"),
        {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    part_of: Mapped[int | None] = mapped_column(Key)
    """The entry of the import, which has actor and request; NULL for entries of their own."""
    product_id: Mapped[int | None] = mapped_column(Key)
    version: Mapped[int | None]
    """The version that the change made; of a deletion, the one that was deleted."""
    at: Mapped[datetime] = mapped_column(Instant)
    kind: Mapped[str] = mapped_column(exact_text(8))
    actor_kind: Mapped[str | None] = mapped_column(exact_text(16))
    actor_name: Mapped[str | None] = mapped_column(exact_text(ACTOR_NAME_MAX))
    request_id: Mapped[str | None] = mapped_column(exact_text(64))
    import_id: Mapped[int | None] = mapped_column(Key)
    products: Mapped[int | None]
    """How many products an import has changed; NULL for a change of one product."""
    before: Mapped[str | None] = mapped_column(long_text())
    after: Mapped[str | None] = mapped_column(long_text())
    """Fields of the product as JSON; catalog.history says which."""
