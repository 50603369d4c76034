"""Creates the history of products, and notes who sends an import.

The previous version writes neither: its changes have no entry, and its imports no sender.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from catalog.columns import Instant, Key, exact_text, long_text

revision = "0007"
down_revision = "0006"

MYSQL: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4"}


def upgrade() -> None:
    """Creates the table, and adds the columns; MySQL adds them without copying the table."""
    op.create_table(
        "product_change",
        sa.Column("id", Key, primary_key=True),
        sa.Column("part_of", Key),
        sa.Column("product_id", Key),
        sa.Column("version", sa.Integer),
        sa.Column("at", Instant, nullable=False),
        sa.Column("kind", exact_text(8), nullable=False),
        sa.Column("actor_kind", exact_text(16)),
        sa.Column("actor_name", exact_text(255)),
        sa.Column("request_id", exact_text(64)),
        sa.Column("import_id", Key),
        sa.Column("products", sa.Integer),
        sa.Column("before", long_text()),
        sa.Column("after", long_text()),
        sqlite_autoincrement=True,
        **MYSQL,
    )
    op.create_index("ix_product_change_product", "product_change", ["product_id", "version"])
    op.create_index("ix_product_change_part_of", "product_change", ["part_of", "at"])
    op.create_index("ix_product_change_actor", "product_change", ["actor_name", "at"])
    op.add_column("import", sa.Column("actor_kind", exact_text(16)))
    op.add_column("import", sa.Column("actor_name", exact_text(255)))
    op.add_column("import", sa.Column("request_id", exact_text(64)))
    op.add_column("import", sa.Column("change_id", Key))
