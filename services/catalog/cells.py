"""The columns of the catalogue's own files, and how a cell is kept from running as a formula in a spreadsheet."""

import re

from catalog import wire

COLUMNS = tuple(name for name in wire.Product.__struct_fields__ if name in wire.NewProduct.__struct_fields__)

# Spreadsheets run a cell that begins so (OWASP, "CSV Injection"), full-width forms included; and what stands behind a
# semicolon, a tab or a line break begins a cell where a spreadsheet separates by semicolons. Apostrophes in front count
# along, so that taking one away at each of these places gives back exactly what was there before they were added.
_RUNS = "[=+\\-@\uff1d\uff0b\uff0d\uff20]"
_BEGINS = re.compile(rf"(?:\A(?='*(?:{_RUNS}|[\t\r]))|(?<=[;\t\n\r])(?='*{_RUNS}))")
_GUARDED = re.compile(rf"(?:\A'(?='*(?:{_RUNS}|[\t\r]))|(?<=[;\t\n\r])'(?='*{_RUNS}))")
# What the first character may be of a cell that begins so. Most cells have neither it nor a separator, and are not
# searched: that takes a tenth of the time.
_FIRST = frozenset("'=+-@\uff1d\uff0b\uff0d\uff20\t\r")
# How a spreadsheet is told that digits are a text: ="0012".
_TEXT_FORMULA = re.compile('="((?:[^"]|"")*)"')


def guard(cell: str) -> str:
    """Puts an apostrophe before what a spreadsheet would run."""
    if cell[:1] not in _FIRST and not (";" in cell or "\n" in cell or "\t" in cell or "\r" in cell):
        return cell
    return _BEGINS.sub("'", cell)


def unguard(cell: str) -> str:
    """Takes away the apostrophes that guard put there, and what marks digits as a text (`="0012"`)."""
    if "'" not in cell and cell[:1] != "=":
        return cell
    formula = _TEXT_FORMULA.fullmatch(cell)
    return formula.group(1).replace('""', '"') if formula else _GUARDED.sub("", cell)
