"""The columns of the catalogue's own files, and a guard against cells that a spreadsheet runs as formulas."""

import re

from catalog import wire

COLUMNS = tuple(name for name in wire.Product.__struct_fields__ if name in wire.NewProduct.__struct_fields__)

# Spreadsheets run a cell that begins like this as a formula (OWASP, "CSV Injection"), full-width forms included. Text
# after a semicolon, a tab or a line break begins a cell too if the spreadsheet separates cells by semicolons. The
# patterns include leading apostrophes, so that removing one at each of these places restores the exact original text.
_RUNS = "[=+\\-@\uff1d\uff0b\uff0d\uff20]"
_BEGINS = re.compile(rf"(?:\A(?='*(?:{_RUNS}|[\t\r]))|(?<=[;\t\n\r])(?='*{_RUNS}))")
_GUARDED = re.compile(rf"(?:\A'(?='*(?:{_RUNS}|[\t\r]))|(?<=[;\t\n\r])'(?='*{_RUNS}))")
# The possible first characters of such a cell. Most cells have neither one of these nor a separator, so the search is
# skipped, which takes a tenth of the time.
_FIRST = frozenset("'=+-@\uff1d\uff0b\uff0d\uff20\t\r")
# Marks digits as text in a spreadsheet: ="0012".
_TEXT_FORMULA = re.compile('="((?:[^"]|"")*)"')


def guard(cell: str) -> str:
    """Puts an apostrophe before anything that a spreadsheet would run as a formula."""
    if cell[:1] not in _FIRST and not (";" in cell or "\n" in cell or "\t" in cell or "\r" in cell):
        return cell
    return _BEGINS.sub("'", cell)


def unguard(cell: str) -> str:
    """Removes the apostrophes that `guard` added, and the formula that marks digits as text (`="0012"`)."""
    if "'" not in cell and cell[:1] != "=":
        return cell
    formula = _TEXT_FORMULA.fullmatch(cell)
    return formula.group(1).replace('""', '"') if formula else _GUARDED.sub("", cell)
