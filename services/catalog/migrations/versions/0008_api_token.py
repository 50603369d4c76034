"""Creates the tokens of programs. Only their hashes are stored, so nobody can use what a backup holds."""

import sqlalchemy as sa
from alembic import op

from catalog.columns import Instant, Key, exact_text

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Creates the table."""
    op.create_table(
        "api_token",
        sa.Column("id", Key, primary_key=True),
        sa.Column("digest", exact_text(64), nullable=False),
        sa.Column("name", exact_text(200), nullable=False),
        sa.Column("role", exact_text(16), nullable=False),
        sa.Column("created_by", exact_text(255), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("used_at", Instant),
        sa.Column("revoked_at", Instant),
        sqlite_autoincrement=True,
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
    )
    op.create_index("ux_api_token_digest", "api_token", ["digest"], unique=True)
