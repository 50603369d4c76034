"""The report of an import, collected while it runs."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

from add_product.imports.candidate import Candidate
from catalog import wire
from catalog.imports import COUNTS, Faults
from serving import bodies

FAULTS_MAX = 1000
# Faults of the whole file that show up at one of its rows.
ONCE = ("lacking_column",)
SAMPLE_MAX = 5
SAMPLE_TEXT_MAX = 120


@dataclass
class Report:
    """Counts, the first thousand errors and warnings, and a sample of rows."""

    dry_run: bool
    encoding: str = "UTF-8"
    columns: dict[str, str] = field(default_factory=dict)
    ignored_columns: list[str] = field(default_factory=list)
    rows: int = 0
    created: int = 0
    updated: int = 0
    skipped: int = 0
    failed: int = 0
    errors: list[wire.ImportFault] = field(default_factory=list)
    error_count: int = 0
    warnings: list[wire.ImportFault] = field(default_factory=list)
    warning_count: int = 0
    letters: list[wire.SampleRow] = field(default_factory=list)
    """The first rows with non-ASCII letters, which best reveal a wrong encoding."""
    signs: list[wire.SampleRow] = field(default_factory=list)
    plain: list[wire.SampleRow] = field(default_factory=list)

    def copy(self) -> Self:
        """A copy that can be extended without changing this report."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        lists: dict[str, Any] = {name: list(value) for name, value in values.items() if isinstance(value, list)}
        return replace(self, **lists)

    def resume(self, earlier: wire.ImportReport) -> None:
        """Continues from the report that another process has stored."""
        for name in COUNTS:
            setattr(self, name, getattr(earlier, name))
        self.errors, self.warnings = list(earlier.errors), list(earlier.warnings)
        self.error_count = len(earlier.errors) + earlier.errors_omitted
        self.warning_count = len(earlier.warnings) + earlier.warnings_omitted
        for row in earlier.sample:
            self._of_its_kind(row).append(row)

    def add(self, candidate: Candidate, outcome: str, errors: Sequence[wire.ImportFault] = ()) -> None:
        """Counts one record; `outcome` is created, updated or skipped, and is ignored if there are errors."""
        self.rows += 1
        errors = [
            fault for fault in (*candidate.errors, *errors) if fault.code not in ONCE or not self._is_listed(fault)
        ]
        outcome = "failed" if errors else outcome
        setattr(self, outcome, getattr(self, outcome) + 1)
        self.error_count += len(errors)
        self.errors += errors[: FAULTS_MAX - len(self.errors)]
        self.warning_count += len(candidate.warnings)
        self.warnings += candidate.warnings[: FAULTS_MAX - len(self.warnings)]
        if len(self.letters) < SAMPLE_MAX and not candidate.errors and not candidate.no_product:
            self._show(candidate)

    def _is_listed(self, fault: wire.ImportFault) -> bool:
        return any((listed.code, listed.field) == (fault.code, fault.field) for listed in self.errors)

    def _show(self, candidate: Candidate) -> None:
        values = {
            name: None if value is None else bodies.shortened(str(value), SAMPLE_TEXT_MAX)
            for name, value in candidate.values.items()
        }
        row = wire.SampleRow(candidate.row, candidate.line, values)
        samples = self._of_its_kind(row)
        if len(samples) < SAMPLE_MAX:
            samples.append(row)

    def _of_its_kind(self, row: wire.SampleRow) -> list[wire.SampleRow]:
        values = "".join(filter(None, row.values.values()))
        if values.isascii():
            return self.plain
        return (
            self.letters if any(character.isalpha() and not character.isascii() for character in values) else self.signs
        )

    @property
    def sample(self) -> list[wire.SampleRow]:
        """Some rows as they would be stored, those with non-ASCII letters first."""
        return [*self.letters, *self.signs, *self.plain][:SAMPLE_MAX]

    def stored(self, before: Self | None) -> dict[str, Any]:
        """The columns of the table `import` to store, if `before` is stored already."""
        values: dict[str, Any] = {
            "rows_done": self.rows,
            "created": self.created,
            "updated": self.updated,
            "skipped": self.skipped,
            "failed": self.failed,
            "errors": self.error_count,
            "warnings": self.warning_count,
        }
        anew = before is None or not before.rows
        if before is None or anew or self.sample != before.sample:
            values["report"] = bodies.encode(self.head())
        if before is None or anew or self._listed > before._listed:
            values["faults"] = bodies.encode(self.faults())
        return values

    @property
    def _listed(self) -> int:
        return len(self.errors) + len(self.warnings)

    def faults(self) -> Faults:
        """The errors and warnings that the report lists."""
        return Faults(self.errors, self.warnings)

    def head(self) -> wire.ImportReport:
        """The report in its wire form, without the list of faults."""
        counted: dict[str, Any] = {name: getattr(self, name) for name in COUNTS}
        return wire.ImportReport(
            dry_run=self.dry_run,
            **counted,
            encoding=self.encoding,
            columns=self.columns,
            ignored_columns=self.ignored_columns,
            errors=[],
            errors_omitted=self.error_count,
            warnings=[],
            warnings_omitted=self.warning_count,
            sample=self.sample,
        )
