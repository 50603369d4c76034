"""The alerts of docs/operations.md, as Prometheus takes them."""

import re
from pathlib import Path

OPERATIONS = Path(__file__).parents[1] / "docs" / "operations.md"


def documented() -> list[dict[str, str]]:
    """A rule for each row of the table."""
    table = OPERATIONS.read_text(encoding="utf-8").partition("| alert | expression |")[2]
    rows = re.findall(r"^\| (.+?) \| `(.+)` \|$", table.partition("\n\n")[0], re.MULTILINE)
    assert len(rows) >= 6
    return [{"alert": name, "expr": expression} for name, expression in rows]
