"""Converts rows of the table `import` to wire imports."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, func, or_, select
from sqlalchemy.orm import aliased

from catalog import wire
from catalog.models import Import
from serving import answers, parameters

COUNTS = {"rows": "rows_done", **{name: name for name in ("created", "updated", "skipped", "failed")}}
"""The table column of each count in a report."""

UNDOES = ("waiting", "running", "done")
"""The states of an undo that takes its import back, or has done so."""

_Undo = aliased(Import)
_PLAIN = (
    Import.id,
    Import.state,
    Import.name,
    Import.size,
    Import.digest,
    Import.on_conflict,
    Import.charset,
    Import.created_at,
    Import.changed_at,
    Import.bytes_done,
    Import.rows_done,
    Import.created,
    Import.updated,
    Import.skipped,
    Import.failed,
    Import.errors,
    Import.warnings,
    Import.report,
    Import.problem,
    Import.undo_of,
    Import.deleted,
    Import.undoing,
    select(func.max(_Undo.id))
    .where(_Undo.undo_of == Import.id, _Undo.state.in_(UNDOES))
    .scalar_subquery()
    .label("undone_by"),
)


class Faults(msgspec.Struct, frozen=True):
    """The content of the column `faults`: the errors and warnings that a report lists."""

    errors: list[wire.ImportFault] = []
    warnings: list[wire.ImportFault] = []


class Undoing(msgspec.Struct, frozen=True):
    """The content of the column `undoing`: the progress of an undo, except for its counts."""

    dry_run: bool
    products: int
    unrecorded: int
    position: tuple[datetime, int] | None = None
    """Time and id of the last entry of the history that the undo has come to."""
    sample: list[wire.UndoneProduct] = []


def find(connection: Connection, import_id: int) -> wire.Import | None:
    """The import with this id."""
    if import_id > parameters.ID_MAX:
        return None
    row = connection.execute(select(*_PLAIN, Import.faults).where(Import.id == import_id)).first()
    return _from_row(row, _ahead(connection, row), row.faults) if row else None


def page(connection: Connection, limit: int, before: int | None) -> list[wire.Import]:
    """At most `limit` imports with ids below `before`, newest first; their reports do not list the errors."""
    statement = select(*_PLAIN).order_by(Import.id.desc()).limit(limit)
    rows = connection.execute(statement if before is None else statement.where(Import.id < before)).all()
    return [_from_row(row, _ahead(connection, row)) for row in rows]


def report_of(row: Any, faults: bytes | None) -> wire.ImportReport | None:
    """The report of a row with the column `report` and the count columns."""
    if row.report is None:
        return None
    listed = Faults() if faults is None else msgspec.json.decode(faults, type=Faults)
    return msgspec.structs.replace(
        msgspec.json.decode(row.report, type=wire.ImportReport),
        **{name: getattr(row, column) for name, column in COUNTS.items()},
        errors=listed.errors,
        errors_omitted=row.errors - len(listed.errors),
        warnings=listed.warnings,
        warnings_omitted=row.warnings - len(listed.warnings),
    )


def undoing(row: Any) -> Undoing:
    """The content of the column `undoing`, which must not be NULL."""
    return msgspec.json.decode(row.undoing, type=Undoing)


def undo_of(row: Any, faults: bytes | None) -> wire.UndoReport | None:
    """The report of a row with the column `undoing` and the count columns; `faults` has the products left alone."""
    if row.undoing is None:
        return None
    stored = undoing(row)
    left_alone = [] if faults is None else msgspec.json.decode(faults, type=list[wire.LeftProduct])
    return wire.UndoReport(
        dry_run=stored.dry_run,
        products=stored.products,
        unrecorded=stored.unrecorded,
        done=row.rows_done,
        deleted=row.deleted,
        changed=row.updated,
        restored=row.created,
        left=row.skipped,
        left_alone=left_alone,
        left_omitted=row.skipped - len(left_alone),
        sample=stored.sample,
    )


def _from_row(row: Any, ahead: int, faults: bytes | None = None) -> wire.Import:
    return wire.Import(
        id=row.id,
        state=row.state,
        name=row.name,
        size=row.size,
        digest=row.digest,
        on_conflict=row.on_conflict,
        charset=row.charset,
        created_at=row.created_at,
        changed_at=row.changed_at,
        ahead=ahead,
        bytes_done=row.bytes_done,
        report=report_of(row, faults),
        problem=None if row.problem is None else msgspec.json.decode(row.problem, type=answers.FieldError),
        undo_of=row.undo_of,
        undo=undo_of(row, faults),
        undone_by=row.undone_by,
    )


def _ahead(connection: Connection, row: Any) -> int:
    """How many imports will run before this one."""
    if row.state != "waiting":
        return 0
    statement = select(func.count()).where(or_(Import.state == "running", _before(row)))
    return connection.scalar(statement) or 0


def _before(row: Any) -> ColumnElement[bool]:
    earlier = or_(Import.changed_at < row.changed_at, and_(Import.changed_at == row.changed_at, Import.id < row.id))
    return and_(Import.state == "waiting", earlier)
