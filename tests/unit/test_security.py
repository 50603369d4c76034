"""The table of docs/security.md names tests that are there, and counts its rows as they are."""

import re
from collections import Counter

from documents import ROOT

DOCUMENT = ROOT / "docs" / "security.md"
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| [^|]+ \| (met|not met|not applicable) \| [^|]+ \|$", re.MULTILINE)
# The requirements of levels 1 and 2 in each of these chapters of ASVS 5.0.0.
CHAPTERS = {"6": 35, "7": 18, "8": 7, "9": 7, "10": 29}


def test_each_named_test_is_there() -> None:
    named = set(re.findall(r"`(test_\w+)`", DOCUMENT.read_text(encoding="utf-8")))
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    there = {name for text in texts for name in re.findall(r"^ *def (test_\w+)", text, re.MULTILINE)}
    assert named - there == set(), "name these as they are now"


def test_each_requirement_is_there_once_and_counted() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    rows = ROW.findall(text)
    assert len({number for number, _ in rows}) == len(rows)
    assert Counter(number.partition(".")[0] for number, _ in rows) == CHAPTERS
    found = Counter(status for _, status in rows)
    assert (
        f"Of {len(rows)} requirements, {found['met']} are met, {found['not met']} are not, and "
        f"{found['not applicable']} are not applicable." in text
    )
