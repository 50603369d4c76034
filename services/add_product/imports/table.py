"""CSV files as rows of cells, each with its place in the file."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, count
from typing import IO

from add_product.imports.headings import count_known
from catalog.text import Invalid

DELIMITERS = ",;\t|"
LINE_MAX = 1024 * 1024
CELL_MAX = 256 * 1024

# A line's end or a quotation mark cannot stand between cells.
_SEPARATOR_HINT = re.compile(r'sep=([^"\r\n])\s*', re.IGNORECASE)

csv.field_size_limit(CELL_MAX)


class Unusable(Invalid):
    """A text that is no table."""


@dataclass(frozen=True)
class Row:
    """Cells of one row; `fault` says why they cannot be used."""

    number: int
    line: int
    cells: list[str]
    fault: Invalid | None = None


def read(file: IO[bytes], codec: str, currency: str) -> Iterator[Row]:
    """All rows that are not blank, the heading first. Raises Unusable."""
    file.seek(0)
    lines = _lines(io.TextIOWrapper(file, encoding=codec, newline=""))
    skipped, first = next(((at, line) for at, line in enumerate(lines) if line.strip()), (0, ""))
    if not first:
        raise Unusable("empty", "The file is empty.")
    if first.lstrip()[:1] in "[{":
        raise Unusable(
            "json",
            "The file is JSON. Send CSV, or NDJSON: one product on each line, such as "
            '{"sku": "MUG-12", "name": "Stoneware mug", "price": "12.50"}.',
        )
    hint = _SEPARATOR_HINT.fullmatch(first)
    if hint:
        return _rows(lines, hint.group(1), skipped + 1)
    return _rows(chain([first], lines), _delimiter(first, currency), skipped)


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    """Lines with their ends, none longer than LINE_MAX characters."""
    while line := text.readline(LINE_MAX):
        if len(line) == LINE_MAX:
            detail = "The file has a line of more than a million characters: it is no table."
            raise Unusable("line_too_long", detail, limit=LINE_MAX)
        yield line


def _delimiter(heading: str, currency: str) -> str:
    """The delimiter that makes the most of the heading."""

    def known(delimiter: str) -> int:
        try:
            return count_known(next(csv.reader([heading], delimiter=delimiter), []), currency)
        except csv.Error:
            return 0

    return max(DELIMITERS, key=known)


def _rows(lines: Iterator[str], delimiter: str, skipped: int) -> Iterator[Row]:
    """The rows of the lines, which `skipped` others precede in the file."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    for number in count(skipped + 1):
        begin = skipped + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            end = skipped + reader.line_num
            detail = f"has wrong quotation marks, so lines {begin} to {end} are not read ({error})"
            yield Row(number, begin, [], Invalid("quotation_marks", detail, first=begin, last=end))
            continue
        if any(cell.strip() for cell in cells):
            yield Row(number, begin, cells)
