"""Creates imports and their files, so that an import outlives the request and the process that started it."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from catalog.columns import Instant, Key, exact_text, long_bytes

revision = "0002"
down_revision = "0001"

MYSQL: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4"}


def upgrade() -> None:
    """Creates the tables."""
    op.create_table(
        "import",
        sa.Column("id", Key, primary_key=True),
        sa.Column("idempotency_key", exact_text(255)),
        sa.Column("request_hash", exact_text(64), nullable=False),
        sa.Column("name", exact_text(200), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("digest", exact_text(64), nullable=False),
        sa.Column("kind", exact_text(16), nullable=False),
        sa.Column("charset", exact_text(64)),
        sa.Column("on_conflict", exact_text(16), nullable=False),
        sa.Column("state", exact_text(16), nullable=False),
        sa.Column("rows_done", sa.Integer, nullable=False),
        sa.Column("created", sa.Integer, nullable=False),
        sa.Column("updated", sa.Integer, nullable=False),
        sa.Column("skipped", sa.Integer, nullable=False),
        sa.Column("failed", sa.Integer, nullable=False),
        sa.Column("errors", sa.Integer, nullable=False),
        sa.Column("warnings", sa.Integer, nullable=False),
        sa.Column("bytes_done", sa.BigInteger, nullable=False),
        sa.Column("report", long_bytes()),
        sa.Column("faults", long_bytes()),
        sa.Column("problem", long_bytes()),
        sa.Column("upload", exact_text(32)),
        sa.Column("owner", exact_text(32)),
        sa.Column("lease_until", Instant),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("turn", sa.Integer),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("changed_at", Instant, nullable=False),
        sqlite_autoincrement=True,
        **MYSQL,
    )
    op.create_index("ux_import_idempotency_key", "import", ["idempotency_key"], unique=True)
    op.create_index("ux_import_turn", "import", ["turn"], unique=True)
    op.create_index("ix_import_state", "import", ["state", "changed_at", "id"])
    op.create_index("ix_import_created_at", "import", ["created_at"])
    op.create_table(
        "import_piece",
        sa.Column("upload", exact_text(32), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("content", long_bytes(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        **MYSQL,
    )
    op.create_index("ix_import_piece_created_at", "import_piece", ["created_at"])
