"""Reads CSV files as rows of cells, with row and line numbers."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import IO

from add_product.imports import lines
from add_product.imports.headings import count_known
from add_product.imports.lines import Unusable as Unusable
from serving.bodies import Invalid

DELIMITERS = ",;\t|"
LINE_MAX = 1024 * 1024
ROW_MAX = 1024 * 1024
CELL_MAX = 256 * 1024

# Neither a line end nor a quotation mark can separate cells. A spreadsheet may have treated the hint as an ordinary
# row, and put quotation marks around it or empty cells after it.
_SEPARATOR_HINT = re.compile(r'\ufeff*"?sep=([^"\r\n])"?[,;\t| ]*[\r\n]*', re.IGNORECASE)
_QUOTED = re.compile('"((?:[^"]|"")*)"')

csv.field_size_limit(CELL_MAX)


@dataclass(frozen=True)
class Row:
    """The cells of one row; `fault` says why they cannot be used."""

    number: int
    line: int
    cells: list[str]
    fault: Invalid | None = None


def read(file: IO[bytes], codec: str, currency: str) -> Iterator[Row]:
    """All rows that are not blank, the heading first. Raises Unusable."""
    lines.refuse_endless(file, codec)
    file.seek(0)
    text = _Lines(io.TextIOWrapper(file, encoding=codec, newline=""))
    first = text.peek()
    if not first:
        raise Unusable("empty", "The file is empty.")
    if first.lstrip("\ufeff \t")[:1] in "[{":
        raise Unusable(
            "json",
            "The file is JSON. Send CSV, or NDJSON: one product on each line, such as "
            '{"sku": "MUG-12", "name": "Stoneware mug", "price": "12.50"}.',
        )
    hint = _SEPARATOR_HINT.fullmatch(first)
    if hint:
        text.begin_row()
        next(text)
    return _rows(text, hint.group(1) if hint else _delimiter(first, currency))


class _Lines:
    """Lines including their line ends, none longer than LINE_MAX characters; `number` is that of the last line read."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self.number = 0
        self._text = text
        self._waiting: str | None = None
        self._at_row = False
        self._length = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._read()
        if not line:
            raise StopIteration
        self.number += 1
        if self._at_row:
            # Concatenated files have a byte order mark in the middle.
            line = line.lstrip("\ufeff")
            self._at_row, self._length = False, 0
        self._length += len(line)
        if self._length > ROW_MAX:
            raise csv.Error("row larger than row limit")
        return line

    def begin_row(self) -> None:
        """Declares that the next line begins a row."""
        self._at_row = True

    def peek(self) -> str:
        """Skips to the next line that has more than blanks and delimiters, and returns it."""
        while line := self._read():
            if line.strip(f'\ufeff \t\r\n"{DELIMITERS}'):
                self._waiting = line
                return line
            self.number += 1
        return ""

    def _read(self) -> str:
        line, self._waiting = self._waiting, None
        if line is None:
            line = self._text.readline(LINE_MAX)
            if len(line) == LINE_MAX:
                detail = "The file has a line of more than a million characters: it is no table."
                raise Unusable("line_too_long", detail, limit=LINE_MAX)
        return line


def _delimiter(heading: str, currency: str) -> str:
    """The delimiter that gives the most known headings."""

    def known(delimiter: str) -> int:
        try:
            return count_known(next(_reader([heading], delimiter), []), currency)
        except csv.Error:
            return 0

    return max(DELIMITERS, key=known)


def _rows(text: _Lines, delimiter: str) -> Iterator[Row]:
    reader = _reader(text, delimiter)
    for number in count(text.number + 1):
        begin = text.number + 1
        text.begin_row()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            detail = f"has unmatched quotation marks, so lines {begin} to {text.number} are not read ({error})"
            yield Row(number, begin, [], Invalid("quotation_marks", detail, first=begin, last=text.number))
            continue
        if any(cell.strip() for cell in cells):
            yield Row(number, begin, [_unquoted(cell) for cell in cells])


def _unquoted(cell: str) -> str:
    """Removes quotation marks that follow a tab or another blank, which csv takes for part of the text."""
    if '"' not in cell or cell[0] == '"':
        return cell
    quoted = _QUOTED.fullmatch(cell.strip())
    return quoted.group(1).replace('""', '"') if quoted else cell


def _reader(text: Iterator[str] | list[str], delimiter: str) -> Iterator[list[str]]:
    # Leading blanks of a cell are dropped anyway; a quotation mark after them must be recognised.
    return csv.reader(text, delimiter=delimiter, strict=True, skipinitialspace=delimiter != " ")
