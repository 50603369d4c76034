"""What an import did, collected while it runs."""

from dataclasses import dataclass, field

from add_product.imports.candidate import Candidate
from catalog import wire

FAULTS_MAX = 1000


@dataclass
class Report:
    """Counts, and the first thousand errors and warnings."""

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

    def add(self, candidate: Candidate, outcome: str) -> None:
        """Counts one record; `outcome` is created, updated or skipped, and does not count when it has errors."""
        self.rows += 1
        outcome = "failed" if candidate.errors else outcome
        setattr(self, outcome, getattr(self, outcome) + 1)
        self.error_count += len(candidate.errors)
        self.errors += candidate.errors[: FAULTS_MAX - len(self.errors)]
        self.warning_count += len(candidate.warnings)
        self.warnings += candidate.warnings[: FAULTS_MAX - len(self.warnings)]

    def finish(self) -> wire.ImportReport:
        """The report as it travels."""
        return wire.ImportReport(
            dry_run=self.dry_run,
            rows=self.rows,
            created=self.created,
            updated=self.updated,
            skipped=self.skipped,
            failed=self.failed,
            encoding=self.encoding,
            columns=self.columns,
            ignored_columns=self.ignored_columns,
            errors=self.errors,
            errors_omitted=self.error_count - len(self.errors),
            warnings=self.warnings,
            warnings_omitted=self.warning_count - len(self.warnings),
        )
