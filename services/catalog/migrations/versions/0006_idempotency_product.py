"""Gives `idempotency_key.product_id` a default, so that rows can be written without this unused column.

The previous version still writes the column. The next version can drop it.
"""

from alembic import op

from catalog.columns import Key

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Adds the default. SQLite can only do so in a copy of the table."""
    with op.batch_alter_table("idempotency_key") as table:
        table.alter_column("product_id", existing_type=Key, existing_nullable=False, server_default="0")
