"""Lets an import be undone: the undo is an import of its own that names the other one.

The previous version takes an undo for a file that is gone: it writes nothing, and the undo can be started again.
"""

import sqlalchemy as sa
from alembic import op

from catalog.columns import Key, long_bytes

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Adds the columns, which MySQL does without copying the table."""
    op.add_column("import", sa.Column("undo_of", Key))
    op.add_column("import", sa.Column("deleted", sa.Integer, nullable=False, server_default="0"))
    op.add_column("import", sa.Column("undoing", long_bytes()))
    op.create_index("ix_import_undo_of", "import", ["undo_of"])
