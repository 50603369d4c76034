"""The columns of the catalogue's own files, and how a cell is kept from running as a formula in a spreadsheet."""

import re

from catalog import wire

COLUMNS = tuple(name for name in wire.Product.__struct_fields__ if name in wire.NewProduct.__struct_fields__)

# Spreadsheets run a cell that begins so (OWASP, "CSV Injection"), full-width forms included. Apostrophes in
# front count along, so that taking one away gives back exactly what was there before one was added.
_RUNS = re.compile("'*[=+\\-@\t\r\uff1d\uff0b\uff0d\uff20]")

# How a spreadsheet is told that digits are a text: ="0012".
_TEXT_FORMULA = re.compile('="((?:[^"]|"")*)"')


def guard(cell: str) -> str:
    """Puts an apostrophe before a cell that a spreadsheet would run."""
    return f"'{cell}" if _RUNS.match(cell) else cell


def unguard(cell: str) -> str:
    """Takes away the apostrophe that guard put there, and what marks digits as a text (`="0012"`)."""
    if cell.startswith("'"):
        return cell[1:] if _RUNS.match(cell) else cell
    formula = _TEXT_FORMULA.fullmatch(cell)
    return formula.group(1).replace('""', '"') if formula else cell
