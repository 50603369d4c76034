"""Filled `search_text` anew by the rules of its time. The next migration does so by those of today."""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Leaves everything to the next migration."""
