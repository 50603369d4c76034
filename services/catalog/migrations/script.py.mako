"""${message}"""

import sqlalchemy as sa
from alembic import op

revision = "${up_revision}"
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Only expands the schema: the previous version runs on it too."""
    ${upgrades if upgrades else "pass"}
