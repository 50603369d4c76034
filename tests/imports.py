"""Imports in whatever state a test needs, for as long as it needs it: rows of the services' own database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import create_engine, delete, func, insert, select, update

from catalog import wire
from catalog.imports import Faults, Undoing, find
from catalog.models import Import
from processes import Running
from serving import bodies

REPORT = wire.ImportReport(
    dry_run=True,
    rows=3,
    created=2,
    updated=0,
    skipped=0,
    failed=1,
    encoding="windows-1252",
    columns={"sku": "Référence", "name": "Nom", "price": "Prix"},
    ignored_columns=["Couleur"],
    errors=[wire.ImportFault(4, 6, "Nom", "name", "", "is missing", "required")],
    errors_omitted=0,
    warnings=[],
    warnings_omitted=0,
    sample=[wire.SampleRow(3, 3, {"sku": "T-1", "name": "Thé <noir>", "price": "1299.50"})],
)
WRITTEN = msgspec.structs.replace(REPORT, dry_run=False)
REPORTS = {"checked": REPORT, "running": WRITTEN, "done": WRITTEN}


class Imports:
    """The imports of these services."""

    def __init__(self, running: Running) -> None:
        self._engine = create_engine(f"sqlite:///{running.directory}/catalog.sqlite3")

    def put(self, state: wire.ImportState, **changed: Any) -> str:
        """Adds an import, which nobody takes out of its state, and returns the address of its page."""
        now = datetime.now(UTC)
        values = {
            "request_hash": "", "name": "thé.csv", "size": 3_000_000, "digest": "0" * 64, "kind": "csv",
            "on_conflict": "skip", "bytes_done": 1_500_000, "attempts": 0, "created_at": now, "changed_at": now,
            "owner": "a test", "lease_until": now + timedelta(days=1), "state": state,
            **_columns({"report": REPORTS.get(state), **changed}),
        }  # fmt: skip
        with self._engine.begin() as connection:
            return f"/imports/{connection.execute(insert(Import).values(values)).lastrowid}"

    def change(self, address: str, **changed: Any) -> None:
        """Brings an import into another state."""
        with self._engine.begin() as connection:
            connection.execute(update(Import).where(Import.id == _id(address)).values(changed))

    def read(self, address: str) -> wire.Import:
        """The import whose page is at this address."""
        with self._engine.connect() as connection:
            found = find(connection, _id(address))
        assert found is not None
        return found

    def count(self) -> int:
        """How many there are."""
        with self._engine.connect() as connection:
            return connection.scalar(select(func.count()).select_from(Import)) or 0

    def clear(self) -> None:
        """Deletes them all."""
        with self._engine.begin() as connection:
            connection.execute(delete(Import))

    def close(self) -> None:
        """Closes the connections."""
        self._engine.dispose()


def _columns(changed: dict[str, Any]) -> dict[str, Any]:
    """The columns that hold a report and a problem."""
    report, problem, undo = changed.pop("report"), changed.pop("problem", None), changed.pop("undo", None)
    counts = dict.fromkeys(("rows_done", "created", "updated", "skipped", "failed", "errors", "warnings"), 0)
    if report:
        counts |= {name: getattr(report, name) for name in ("created", "updated", "skipped", "failed")}
        counts["rows_done"] = report.rows
        counts["errors"] = len(report.errors) + report.errors_omitted
        counts["warnings"] = len(report.warnings) + report.warnings_omitted
        changed["report"] = bodies.encode(msgspec.structs.replace(report, errors=[], warnings=[]))
        changed["faults"] = bodies.encode(Faults(report.errors, report.warnings))
    if undo:
        counts |= {"rows_done": undo.done, "created": undo.restored, "updated": undo.changed}
        counts |= {"deleted": undo.deleted, "skipped": undo.left}
        changed["undoing"] = bodies.encode(Undoing(undo.dry_run, undo.products, undo.unrecorded, None, undo.sample))
        changed["faults"] = bodies.encode(undo.left_alone)
    return {**counts, "problem": bodies.encode(problem) if problem else None, **changed}


def _id(address: str) -> int:
    return int(address.rpartition("/")[2])
