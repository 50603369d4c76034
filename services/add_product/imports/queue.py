"""The queue of imports: every change of a row of the table `import`.

The process that reads a file holds a lease on its import and renews it with each step. Every write names the lease's
owner, so a process that was believed dead can no longer write. Only one import writes rows at a time; a unique index
enforces this. An import is taken by a single UPDATE that states what it expects to find, so of several processes that
try, only one succeeds.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, not_, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from add_product.imports.order import OnConflict, Order
from add_product.imports.report import Report
from add_product.imports.undone import Undone
from add_product.uploads import Upload
from catalog import database, history, imports, wire
from catalog.models import Import, ImportPiece, ProductChange
from serving import answers, bodies

LEASE = timedelta(seconds=30)
# An import that is taken this often without progress kills its process each time, or its processes keep ending.
ATTEMPTS_MAX = 5
FILES_KEPT = timedelta(days=1)
KEPT = timedelta(days=90)
ENDED = ("done", "interrupted", "failed")
SWEPT_MAX = 100

# No lease, and not its turn to write.
_FREE: dict[str, Any] = dict.fromkeys(("owner", "lease_until", "turn"))
# What an undo has in place of a file.
_NO_FILE = {"request_hash": "", "size": 0, "digest": "", "kind": "undo", "charset": None, "on_conflict": "fail"}
# The state of an import before its file is read.
_FRESH: dict[str, Any] = {
    **_FREE,
    **dict.fromkeys(("rows_done", "created", "updated", "deleted", "skipped", "failed"), 0),
    **dict.fromkeys(("errors", "warnings", "bytes_done"), 0),
    **dict.fromkeys(("report", "faults", "problem", "undoing")),
    "attempts": 0,
}
_HAS_FILE = Import.upload.is_not(None)
_CAN_RUN = or_(_HAS_FILE, Import.undo_of.is_not(None))
_WROTE_NOTHING = Import.change_id.is_(None)
"""An entry of the history is of one run, by one person, and may have been undone."""

Progress = TypeVar("Progress", Report, Undone)


class NotUndoable(Exception):
    """The import cannot be undone; `undone_by` is the undo that there is already."""

    def __init__(self, code: str, detail: str, undone_by: int | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.undone_by = undone_by


class Lost(Exception):
    """The lease is lost: the import was cancelled, or another process has taken it."""


@dataclass(frozen=True)
class Taken:
    """An import on which this process holds the lease, and its progress."""

    id: int
    owner: str
    order: Order
    upload: str
    size: int
    report: wire.ImportReport | None
    undo_of: int | None = None
    undone: Undone | None = None


def add(connection: Connection, upload: Upload, order: Order, name: str, key: str | None, request_hash: str) -> int:
    """Appends an import to the queue, and returns its ID. Raises IntegrityError if the key is known."""
    now = datetime.now(UTC)
    row = {
        **_FRESH,
        "idempotency_key": key,
        "request_hash": request_hash,
        "name": name,
        "size": upload.size,
        "digest": upload.digest,
        "kind": order.kind,
        "charset": order.charset,
        "on_conflict": order.on_conflict,
        "state": "checking" if order.dry_run else "waiting",
        "upload": upload.id,
        "created_at": now,
        "changed_at": now,
        **history.sender(),
    }
    number: int = connection.execute(insert(Import).values(row)).lastrowid
    return number


def by_key(key: str) -> tuple[int, str] | None:
    """The ID and request hash of the import that this Idempotency-Key created."""
    with database.reading() as connection:
        row = connection.execute(select(Import.id, Import.request_hash).where(Import.idempotency_key == key)).first()
    return (row.id, row.request_hash) if row else None


def take_check() -> Taken | None:
    """Takes the first import that waits to be checked and has no valid lease."""
    return database.transaction(lambda connection: _take_first(connection, Import.state == "checking"))


def take_turn() -> Taken | None:
    """Takes the import to write: the one in progress if its lease is free, or else the next one in the queue."""
    try:
        return database.transaction(_take_turn)
    except IntegrityError:
        return None  # Another import has just started to write.


def _take_turn(connection: Connection) -> Taken | None:
    if connection.scalar(select(Import.id).where(Import.turn == 1)) is not None:
        return _take_first(connection, Import.turn == 1)
    return _take_first(connection, Import.state == "waiting", state="running", turn=1)


def _take_first(connection: Connection, condition: ColumnElement[bool], **changes: Any) -> Taken | None:
    now = database.now(connection)
    free = and_(condition, or_(Import.lease_until.is_(None), Import.lease_until < now))
    number = connection.scalar(select(Import.id).where(free).order_by(Import.changed_at, Import.id).limit(1))
    if number is None:
        return None
    owner = uuid.uuid4().hex
    taken = {"owner": owner, "lease_until": now + LEASE, "attempts": Import.attempts + 1, **changes}
    if connection.execute(update(Import).where(Import.id == number, free).values(taken)).rowcount == 0:
        return None
    row = connection.execute(select(Import.__table__).where(Import.id == number)).one()
    order = Order(row.kind, row.charset, row.on_conflict, row.state == "checking")
    if row.attempts > ATTEMPTS_MAX:
        detail = f"The service gave up after {ATTEMPTS_MAX} attempts; its log says why."
        _end(connection, number, owner, "failed", problem=bodies.encode(answers.FieldError("", detail, "gave_up")))
        return None
    report = imports.report_of(row, row.faults) if row.rows_done else None
    return Taken(number, owner, order, row.upload, row.size, report, row.undo_of, _undone(row))


def _undone(row: Any) -> Undone | None:
    """The progress of an undo that another process has stored."""
    report = imports.undo_of(row, row.faults)
    return Undone.resumed(report, imports.undoing(row).position) if report else None


def hold(connection: Connection, taken: Taken) -> None:
    """Renews the lease. Raises Lost, so that only the owner makes the writes that follow in this transaction."""
    values = {"lease_until": database.now(connection) + LEASE}
    if connection.execute(_held(taken).values(values)).rowcount == 0:
        raise Lost


def note(connection: Connection, taken: Taken, before: Progress | None, after: Progress, bytes_done: int = 0) -> None:
    """Stores the progress of the import, in the same transaction as the rows themselves; `before` is stored already."""
    values: dict[str, Any] = {
        **after.stored(before),
        "bytes_done": min(bytes_done, taken.size),
        "attempts": 0,
        "changed_at": datetime.now(UTC),
    }
    connection.execute(_held(taken).values(values))


def entry(taken: Taken, connection: Connection) -> int:
    """The import's entry in the history, which the first product that it writes creates."""
    columns = (Import.change_id, Import.actor_kind, Import.actor_name, Import.request_id)
    change_id, *sender = connection.execute(select(*columns).where(Import.id == taken.id)).one()
    if change_id is None:
        names = ("actor_kind", "actor_name", "request_id")
        change_id = history.begin_import(connection, taken.id, dict(zip(names, sender, strict=True)))
        connection.execute(_held(taken).values(change_id=change_id))
    number: int = change_id
    return number


def finish(taken: Taken, report: Progress) -> None:
    """Ends an import whose file has been read completely, or an undo that has come to every product."""

    def end(connection: Connection) -> None:
        hold(connection, taken)
        note(connection, taken, None, report, taken.size)
        if taken.order.dry_run:
            connection.execute(_held(taken).values({**_FREE, "state": "checked"}))
        else:
            _end(connection, taken.id, taken.owner, "done")

    database.transaction(end)


def fail(taken: Taken, problem: answers.FieldError) -> None:
    """Ends an import whose file is unusable. The file is kept for a day, so that another encoding can be tried."""
    database.transaction(
        lambda connection: _end(connection, taken.id, taken.owner, "failed", problem=bodies.encode(problem))
    )


def release(taken: Taken) -> None:
    """Gives up the lease, so that another process can continue the import at once."""
    changes = {"owner": None, "lease_until": None, "attempts": 0}  # It keeps its turn.
    database.transaction(lambda connection: connection.execute(_held(taken).values(changes)))


def start(import_id: int) -> bool:
    """Queues a checked import for writing; returns False if it is in another state."""
    changes = {**_FRESH, "state": "waiting", "changed_at": datetime.now(UTC), **history.sender()}
    return _change(import_id, ("checked",), changes, _CAN_RUN, _WROTE_NOTHING)


def check(import_id: int, charset: str | None, on_conflict: OnConflict | None) -> bool:
    """Queues a file to be checked again with other options; returns False if it can no longer be checked."""
    changes: dict[str, Any] = {**_FRESH, "state": "checking", "changed_at": datetime.now(UTC)}
    if charset:
        changes["charset"] = charset
    if on_conflict:
        changes["on_conflict"] = on_conflict
    return _change(import_id, ("checking", "checked", "failed"), changes, _CAN_RUN, _WROTE_NOTHING)


def cancel(import_id: int) -> str | None:
    """Stops an import, and returns its file, which is no longer needed.

    A batch in progress is still written. An import that has ended is left as it is.
    """
    with database.reading() as connection:
        upload: str | None = connection.scalar(select(Import.upload).where(Import.id == import_id))
    changes = {**_FREE, "state": "interrupted", "upload": None, "changed_at": datetime.now(UTC)}
    return upload if _change(import_id, ("checking", "checked", "waiting", "running"), changes) else None


def undo(import_id: int, dry_run: bool) -> int:
    """Queues the undo of an import, and returns its ID. Raises NotUndoable.

    One that has not been started yet is used again.
    """
    return database.transaction(partial(_undo, import_id, dry_run))


def _undo(import_id: int, dry_run: bool, connection: Connection) -> int:
    # The lock makes a second request wait for the undo of the first.
    found = select(Import.state, Import.change_id, Import.name).where(Import.id == import_id).with_for_update()
    row = connection.execute(found).one()
    if row.state not in ENDED:
        raise NotUndoable("not_finished", "The import has not ended yet.")
    if row.change_id is None:
        raise NotUndoable("nothing_recorded", "The import has changed nothing that the history knows of.")
    now = datetime.now(UTC)
    values = {
        **_FRESH,
        "state": "checking" if dry_run else "waiting",
        "created_at": now,
        "changed_at": now,
        **history.sender(),
    }
    states = ("checking", "checked", *imports.UNDOES)
    others = select(Import.id, Import.state).where(Import.undo_of == import_id, Import.state.in_(states))
    # The lock makes whoever starts that one at the same time wait.
    others = others.with_for_update()
    if (other := connection.execute(others).first()) is None:
        values |= {**_NO_FILE, "name": row.name, "undo_of": import_id}
        number: int = connection.execute(insert(Import).values(values)).lastrowid
        return number
    if other.state in imports.UNDOES:
        raise NotUndoable("undone", f"Import {other.id} takes it back, or has done so.", other.id)
    connection.execute(update(Import).where(Import.id == other.id).values(values))
    return int(other.id)


def state_of(import_id: int) -> str | None:
    """The state of an import, or None if there is no such import."""
    with database.reading() as connection:
        state: str | None = connection.scalar(select(Import.state).where(Import.id == import_id))
    return state


def sweep() -> None:
    """Ends imports not started within a day, and deletes files that no import needs, and old imports."""
    database.transaction(_sweep)


def _sweep(connection: Connection) -> None:
    now = datetime.now(UTC)
    old = and_(Import.created_at < now - FILES_KEPT, _CAN_RUN)
    left = {**_FREE, "upload": None, "changed_at": now}
    unstarted = and_(old, Import.state.in_(("checking", "checked")))
    connection.execute(update(Import).where(unstarted).values({**left, "state": "interrupted"}))
    connection.execute(update(Import).where(old, _HAS_FILE, Import.state == "failed").values(left))
    needed = select(Import.upload).where(_HAS_FILE)
    pieces = connection.execute(
        select(ImportPiece.upload, ImportPiece.number)
        .where(ImportPiece.created_at < now - FILES_KEPT, ImportPiece.upload.not_in(needed))
        .limit(SWEPT_MAX)
    ).all()
    for piece in pieces:
        connection.execute(
            delete(ImportPiece).where(ImportPiece.upload == piece.upload, ImportPiece.number == piece.number)
        )
    # What an import has written is found by its number as long as the history has it.
    recorded = select(ProductChange.id).where(ProductChange.id == Import.change_id).exists()
    undo = aliased(Import)
    needed_by_undo = select(undo.id).where(undo.undo_of == Import.id, undo.state.not_in(ENDED)).exists()
    ended = and_(Import.created_at < now - KEPT, Import.state.in_(ENDED), not_(recorded), not_(needed_by_undo))
    numbers = connection.scalars(select(Import.id).where(ended).limit(SWEPT_MAX)).all()
    if numbers:
        connection.execute(delete(Import).where(Import.id.in_(numbers)))


def _held(taken: Taken) -> Any:
    return update(Import).where(Import.id == taken.id, Import.owner == taken.owner)


def _end(connection: Connection, import_id: int, owner: str, state: str, problem: bytes | None = None) -> None:
    changes: dict[str, Any] = {**_FREE, "state": state, "problem": problem, "changed_at": datetime.now(UTC)}
    if state == "done":
        changes["upload"] = None
    held = update(Import).where(Import.id == import_id, Import.owner == owner)
    if connection.execute(held.values(changes)).rowcount == 0:
        raise Lost


def _change(import_id: int, states: Sequence[str], changes: dict[str, Any], *conditions: ColumnElement[bool]) -> bool:
    where = (Import.id == import_id, Import.state.in_(states), *conditions)
    done = database.transaction(lambda connection: connection.execute(update(Import).where(*where).values(changes)))
    return done.rowcount > 0
