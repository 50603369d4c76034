"""Writes a run into docs/performance.md, its picture, and README: the last step of `make performance`."""

import re
import sys
import textwrap

import msgspec

from bench import markdown, picture
from bench.__main__ import RESULTS
from bench.results import Line, Results
from processes import ROOT

KEPT = ROOT / "docs/performance.json"
PICTURE = ROOT / "docs/pictures/performance.svg"
PAGE = ROOT / "docs/performance.md"
LINE = 120
README = ROOT / "README.md"


def main() -> None:
    """Writes all of it from the last run."""
    content = RESULTS.read_bytes()
    results = msgspec.json.decode(content, type=Results)
    short, full = summary(results), tables(results)
    KEPT.write_bytes(content)
    PICTURE.write_text(picture.draw(results.tables), encoding="utf-8")
    PAGE.write_text(replaced(PAGE.read_text(encoding="utf-8"), full), encoding="utf-8")
    README.write_text(replaced(README.read_text(encoding="utf-8"), short), encoding="utf-8")


def replaced(text: str, content: str) -> str:
    """The text with this between its two marks."""
    marks = r"(<!-- measured:[^>]*-->\n).*?(<!-- end of what was measured -->)"
    return re.sub(marks, lambda found: f"{found[1]}\n{content}\n\n{found[2]}", text, count=1, flags=re.DOTALL)


def tables(results: Results) -> str:
    """What docs/performance.md has of the run."""
    sections = [f"### {table.part}: {table.title}\n\n{markdown.table(table)}" for table in results.tables]
    goals = markdown.targets(results.tables)
    return "\n\n".join([markdown.facts(results.machine), "## Targets", goals, "## All results", *sections])


def summary(results: Results) -> str:
    """README's three lines."""
    page, product = (_line(results, "reads", "a page of 20,", name) for name in ("read-product", "FastAPI, pydantic"))
    hot = _line(results, "reads", "a hot page", "read-product, as")
    rare, common = (_line(results, "search", "each of", name) for name in ("rare word", "two common words"))
    imported, ceiling = (_line(results, "imports", "importing", name) for name in ("import of", "LOAD DATA"))
    size = next(table for table in reversed(results.tables) if table.part == "search").title.rpartition(", ")[2]
    lines = [
        f"- A page of 20 products: {page.rate:,.0f} requests/s, {_ratio(product)} as many as FastAPI with pydantic, "
        f"logging and metrics; {hot.rate:,.0f} if the page was already requested within the last second.",
        f"- Search among {size}, MySQL in 1 GiB: {rare.p50:.1f} ms for a rare word, {common.p50:.1f} ms for two "
        f"common ones; p99 {rare.p99:.0f} and {common.p99:.0f} ms.",
        f"- Import: {imported.rate:,.0f} rows/s into MySQL with all indexes, {_ratio(ceiling)} the rate of LOAD DATA.",
    ]
    return "\n".join(textwrap.fill(line, LINE, subsequent_indent="  ") for line in lines)


def _ratio(line: Line) -> str:
    if line.ratio is None:
        sys.exit(f"{RESULTS} compares nothing with {line.name}; run make performance for all parts")
    return f"{line.ratio.median:.2f} times"


def _line(results: Results, part: str, title: str, name: str) -> Line:
    """The line of the largest catalogue for which there is such a one."""
    for table in reversed(results.tables):
        if (table.part, table.title.startswith(title)) == (part, True):
            return next(line for line in table.lines if line.name.startswith(name))
    sys.exit(f"{RESULTS} has nothing of {part}: {title}; run make performance for all parts")


if __name__ == "__main__":
    main()
