"""The ratios of a run as a picture: SVG on a ground of its own, light or dark as the reader's system is."""

import math
from collections.abc import Callable, Iterable, Iterator
from html import escape
from typing import NamedTuple

from bench.results import RATIO, Quartiles, Table, Target

WIDTH, LABEL, ROW, TOP, BOTTOM, RIGHT = 1000, 560, 24, 76, 44, 70
STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500)
TITLE = "Requests per second of the catalogue, as a multiple of the peer's in the same round"
LEGEND = "Filled: target met; hollow: missed. Bar: quartiles. Vertical line: target. Further right is better."
STYLE = """
    :root { --ground: #ffffff; --ink: #1b1f24; --faint: #59636e; --line: #d1d9e0; --met: #0f6ecd; --missed: #b35900; }
    @media (prefers-color-scheme: dark) {
      :root { --ground: #0d1117; --ink: #f0f3f6; --faint: #9ea7b3; --line: #30363d; --met: #6cb6ff; --missed: #f0a04b; }
    }
    text { font: 13px system-ui, sans-serif; fill: var(--ink); }
    .faint { fill: var(--faint); font-size: 12px; }
    .title { font-size: 16px; font-weight: 600; }
    .grid { stroke: var(--line); }
    .same { stroke: var(--faint); }
    .met { stroke: var(--met); fill: var(--met); }
    .missed { stroke: var(--missed); fill: var(--ground); }
    .spread { stroke-width: 7; opacity: .35; }
    .target { stroke: var(--ink); stroke-width: 2; }
"""


class Row(NamedTuple):
    """One comparison that has a target; `subject` is empty where it is that of the row above."""

    subject: str
    peer: str
    ratio: Quartiles
    target: Target


def draw(tables: Iterable[Table]) -> str:
    """The picture."""
    rows = list(_rows(tables))
    low = min([0.5, *(min(row.ratio.low, row.target.bound) for row in rows)]) / 1.2
    high = max([2, *(max(row.ratio.high, row.target.bound) for row in rows)]) * 1.2
    steps = [step for step in STEPS if low <= step <= high]
    height = TOP + ROW * len(rows) + BOTTOM

    def x(value: float) -> float:
        share = math.log(value / low) / math.log(high / low)
        return round(LABEL + share * (WIDTH - LABEL - RIGHT), 1)

    inner = [
        f'<rect width="{WIDTH}" height="{height}" rx="8" fill="var(--ground)"/>',
        f'<text class="title" x="20" y="30">{escape(TITLE)}</text>',
        f'<text class="faint" x="20" y="52">{escape(LEGEND)}</text>',
        *(_step(x(step), f"{step:g} ×", height, step == 1) for step in steps),
        *(_row(row, x, TOP + ROW * place + ROW / 2) for place, row in enumerate(rows)),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="{escape(TITLE)}">\n<style>{STYLE}</style>\n' + "\n".join(inner) + "\n</svg>\n"
    )


def _rows(tables: Iterable[Table]) -> Iterator[Row]:
    for table in tables:
        subject = table.title
        for line in table.lines:
            for target in line.targets:
                if line.ratio and target.unit == RATIO:
                    yield Row(subject, line.name, line.ratio, target)
                    subject = ""


def _step(x: float, label: str, height: int, same: bool) -> str:
    kind = "same" if same else "grid"
    return (
        f'<line class="{kind}" x1="{x}" x2="{x}" y1="{TOP - 4}" y2="{height - BOTTOM + 4}"/>'
        f'<text class="faint" x="{x}" y="{height - BOTTOM + 22}" text-anchor="middle">{label}</text>'
    )


def _row(row: Row, x: Callable[[float], float], y: float) -> str:
    kind = "met" if row.target.met else "missed"
    low, median, high, target = (
        x(value) for value in (row.ratio.low, row.ratio.median, row.ratio.high, row.target.bound)
    )
    return (
        f'<text x="20" y="{y + 4}">{escape(row.subject)}</text>'
        f'<text class="faint" x="{LABEL - 12}" y="{y + 4}" text-anchor="end">{escape(row.peer)}</text>'
        f'<line class="target" x1="{target}" x2="{target}" y1="{y - 8}" y2="{y + 8}"/>'
        f'<line class="spread {kind}" x1="{low}" x2="{high}" y1="{y}" y2="{y}"/>'
        f'<circle class="{kind}" cx="{median}" cy="{y}" r="4" stroke-width="2"/>'
        f'<text class="faint" x="{WIDTH - 20}" y="{y + 4}" text-anchor="end">{row.ratio.median:.3g} ×</text>'
    )
