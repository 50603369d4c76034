"""Lets keys be written without `idempotency_key.product_id`, which nobody reads.

The version before still names it. The next one can drop it.
"""

from alembic import op

from catalog.columns import Key

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Gives the column a default. SQLite can only do so in a copy of the table."""
    with op.batch_alter_table("idempotency_key") as table:
        table.alter_column("product_id", existing_type=Key, existing_nullable=False, server_default="0")
