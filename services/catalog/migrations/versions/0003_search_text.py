"""Does nothing now: it once refilled `search_text`, which the next migration does by today's rules."""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Leaves everything to the next migration."""
