"""One record of a file, validated: either values that can be written, or the errors found."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import IO, Any

import msgspec

from add_product.imports import lines, markup, table
from add_product.imports.headings import Columns
from catalog import amount, products, text, wire
from catalog.cells import unguard
from serving import bodies
from serving.bodies import Invalid

VALUE_SHOWN = 80
_ESCAPED = re.compile(r"\\\\n|\\n")
# What spreadsheets write for a failed formula (in English, in French, and in LibreOffice), and for a long string of
# digits that they took for a number.
_FAILED_FORMULA = re.compile(
    r"#(?:REF!|NAME\?|VALUE!|DIV/0!|N/A|NUM!|NULL!|SPILL!|CALC!|NOM\?|VALEUR!|NOMBRE!|NUL!|PROPAGATION!)|Err:\d{3}"
)
_ROUNDED = re.compile(r"\d[.,]\d+E\+\d{1,3}", re.ASCII)
NO_VARIANT = {"default title", "default variant"}


@dataclass
class Candidate:
    """The product that a record describes: the values of the fields it has, and its errors and warnings."""

    row: int
    line: int
    values: dict[str, Any] = field(default_factory=dict)
    errors: list[wire.ImportFault] = field(default_factory=list)
    warnings: list[wire.ImportFault] = field(default_factory=list)
    no_product: bool = False

    @cached_property
    def new_row(self) -> dict[str, Any]:
        """The database row of a new product with these values."""
        return products.new_row(wire.NewProduct(**self.values))

    def refuse(self, fault: Invalid, column: str | None = None, name: str | None = None, value: str = "") -> None:
        """Records an error; `name` is the field."""
        self.errors.append(self.note(fault, column, name, value))

    def note(
        self, fault: Invalid, column: str | None = None, name: str | None = None, value: str = ""
    ) -> wire.ImportFault:
        """Builds a report entry about this record."""
        shown = bodies.shortened(value, VALUE_SHOWN)
        return wire.ImportFault(self.row, self.line, column, name, shown, fault.detail, fault.code, fault.params)


def from_lines(file: IO[bytes]) -> Iterator[Candidate]:
    """Yields the candidates of an NDJSON file."""
    for line in lines.read(file):
        candidate = Candidate(line.number, line.number)
        if line.text is None:
            detail = f"the line is longer than {lines.LINE_MAX} bytes"
            candidate.refuse(Invalid("line_too_long", detail, limit=lines.LINE_MAX))
        else:
            _read_object(candidate, line.text)
        yield candidate


def _read_object(candidate: Candidate, body: bytes) -> None:
    try:
        patch = bodies.decode(body, wire.ProductPatch)
    except bodies.Malformed as error:
        candidate.refuse(Invalid("malformed", str(error)), value=body.decode("utf-8", "replace").strip())
    except bodies.Rejected as error:
        for field_error in error.errors:
            name = field_error.pointer.removeprefix("/") or None
            candidate.refuse(Invalid(field_error.code, field_error.detail, **field_error.params), name, name)
    else:
        found = msgspec.structs.asdict(patch)
        candidate.values = {name: value for name, value in found.items() if value is not msgspec.UNSET}


def _unescaped(found: re.Match[str]) -> str:
    """WooCommerce writes a line break as `\\n`, and a literal backslash followed by an n as `\\\\n`."""
    return "<br>" if found.group() == "\\n" else "\\n"


def _at(cells: Sequence[str], at: int) -> str:
    """The cell of a column. Short rows are not padded, so their cost does not grow with the headings."""
    return cells[at] if at < len(cells) else ""


def _content(name: str, cell: str) -> str:
    """The content of a cell. In a description, direction marks and joiners at the ends belong to the text."""
    return unguard(cell.strip() if name == "description" else text.trim(cell))


def _doubt(name: str, cell: str) -> Invalid | None:
    """A warning if a spreadsheet seems to have damaged the cell. It is kept: it may be a real product name."""
    if cell.startswith(("#", "Err:")) and _FAILED_FORMULA.fullmatch(cell):
        return Invalid("failed_formula", "is what a spreadsheet writes for a failed formula")
    if name == "sku" and "E+" in cell and _ROUNDED.fullmatch(cell):
        return Invalid("rounded_number", "looks like a number that a spreadsheet has rounded; its last digits are lost")
    return None


class TableReader:
    """Turns rows into candidates; remembers the parent product of the variants in the rows that follow."""

    def __init__(self, columns: Columns, currency: str) -> None:
        self.columns = columns
        self.currency = currency
        # Spreadsheets omit empty cells at the end of a row; a row that ends before its name or price is truncated.
        self._last_needed = max((columns.fields[name] for name in wire.REQUIRED if name in columns.fields), default=0)
        # Warnings about the whole file are reported once, with the first row.
        self._file_warnings = self._of_headings()
        self._parent: dict[str, str] = {}
        self._group = ""

    def candidate(self, row: table.Row) -> Candidate:
        """Validates a row."""
        candidate = Candidate(row.number, row.line)
        candidate.warnings, self._file_warnings = self._file_warnings, []
        if row.fault:
            candidate.refuse(row.fault)
        elif self._fits(row.cells):
            self._read(candidate, row.cells)
        else:
            found, expected = len(row.cells), len(self.columns.headings)
            detail = f"has {found} cells where the heading has {expected}"
            shown = " | ".join(row.cells[:VALUE_SHOWN])
            candidate.refuse(Invalid("cells", detail, found=found, expected=expected), value=shown)
        return candidate

    def _of_headings(self) -> list[wire.ImportFault]:
        heading = Candidate(1, 1)
        unused = Invalid("similar_heading", "is not used, although its heading begins like a known one")
        lacking = Invalid("missing_column", "is not in the file, so it can only change existing products")
        return [heading.note(unused, column) for column in self.columns.similar] + [
            heading.note(lacking, name=name) for name in wire.REQUIRED if name not in self.columns.fields
        ]

    def _fits(self, cells: Sequence[str]) -> bool:
        """Whether all surplus cells are blank, and all missing cells are optional."""
        known = len(self.columns.headings)
        return len(cells) > self._last_needed and not any(cell.strip() for cell in cells[known:])

    def _read(self, candidate: Candidate, cells: Sequence[str]) -> None:
        found = {name: _content(name, _at(cells, at)) for name, at in self.columns.fields.items()}
        if self.columns.group is not None:
            found = self._with_parent(found, cells)
        if self.columns.html and not found.get("price") and not found.get("sku"):
            candidate.no_product = True
            fault = Invalid("no_product", "has neither price nor SKU, so it is not a product of its own")
            candidate.warnings.append(candidate.note(fault))
            return
        for name, cell in found.items():
            column = self.columns.by_field[name]
            try:
                candidate.values[name] = self._value(name, cell)
            except Invalid as fault:
                candidate.refuse(fault, column, name, cell)
            else:
                if doubt := _doubt(name, cell):
                    candidate.warnings.append(candidate.note(doubt, column, name, cell))

    def _with_parent(self, found: dict[str, str], cells: Sequence[str]) -> dict[str, str]:
        """Completes a variant from the first row of its product, and appends its options to the name."""
        group = _at(cells, self.columns.group or 0).strip()
        if not group or group != self._group or found.get("name"):
            self._group, self._parent = group, found
        whole = found | {name: found[name] or self._parent[name] for name in ("name", "description") if name in found}
        options = [option for at in self.columns.variant if (option := _at(cells, at).strip())]
        if whole.get("name") and options and options[0].casefold() not in NO_VARIANT:
            whole["name"] += f" – {' / '.join(options)}"
        return whole

    def _value(self, name: str, cell: str) -> Any:
        if name == "price":
            return amount.parse(cell, self.currency)
        if name == "sku":
            return text.sku(cell) if cell else None
        if name == "name":
            return text.name(cell)
        return text.description(markup.to_text(_ESCAPED.sub(_unescaped, cell)) if self.columns.html else cell)
