"""Writes the products of a file, some hundreds in each transaction, so that a broken row never loses its neighbours."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import IO, Any, Literal

import msgspec
from sqlalchemy import ColumnElement, Connection, bindparam, insert, select, update
from sqlalchemy.dialects import mysql
from sqlalchemy.exc import IntegrityError

from add_product.imports import encoding, headings, table
from add_product.imports.candidate import Candidate, TableReader, from_lines
from add_product.imports.report import Report
from add_product.imports.seen import Seen
from catalog import database, metrics, products, text, wire
from catalog.models import IdempotencyKey, Product
from catalog.text import Invalid

BATCH = 500
RACES_MAX = 10
# No Idempotency-Key of a caller has a blank in it.
TURN = "turn of imports"
OnConflict = Literal["fail", "skip", "update"]
ON_CONFLICT: tuple[OnConflict, ...] = ("fail", "skip", "update")


@dataclass
class Plan:
    """What becomes of one candidate: its outcome, and the row to insert or update."""

    candidate: Candidate
    outcome: str
    insert: dict[str, Any] | None = None
    update: dict[str, Any] | None = None
    error: wire.ImportFault | None = None


def run_csv(
    file: IO[bytes], charset: str | None, currency: str, on_conflict: OnConflict, dry_run: bool
) -> wire.ImportReport:
    """Imports a CSV file. Raises encoding.Unreadable, table.Unusable or headings.Unknown before anything is written."""
    codec = encoding.verify(file, charset) if charset else encoding.detect(file)
    rows = table.read(file, codec, currency)
    heading = next(rows)
    if heading.fault:
        raise headings.Unknown(heading.fault.code, f"The heading row {heading.fault}.", **heading.fault.params)
    columns = headings.recognise(heading.cells, currency)
    report = Report(dry_run, encoding.label(codec), columns.by_field, list(columns.ignored))
    reader = TableReader(columns, currency)
    return _run(map(reader.candidate, rows), report, on_conflict)


def run_ndjson(file: IO[bytes], on_conflict: OnConflict, dry_run: bool) -> wire.ImportReport:
    """Imports an NDJSON file."""
    return _run(from_lines(file), Report(dry_run), on_conflict)


def _run(candidates: Iterator[Candidate], report: Report, on_conflict: OnConflict) -> wire.ImportReport:
    with Seen() as seen:
        while batch := list(islice(candidates, BATCH)):
            for candidate in batch:
                _refuse_repeated(candidate, seen)
            for plan in _write(batch, on_conflict, report.dry_run):
                if plan.error:
                    plan.candidate.errors.append(plan.error)
                report.add(plan.candidate, plan.outcome)
    if not report.dry_run:
        for outcome in ("created", "updated", "skipped", "failed"):
            metrics.imported_rows.labels(outcome).inc(getattr(report, outcome))
    return report.finish()


def _refuse_repeated(candidate: Candidate, seen: Seen) -> None:
    if candidate.errors or candidate.no_product:
        return
    row, line = seen.first(candidate.values, candidate.row, candidate.line)
    if row != candidate.row:
        sku = candidate.values.get("sku")
        fault = Invalid("repeated", f"is the product of line {line} again", line=line, row=row)
        candidate.refuse(fault, name="sku" if sku else None, value=sku or "")


def _write(batch: Sequence[Candidate], on_conflict: OnConflict, dry_run: bool) -> list[Plan]:
    """Plans a batch, and carries the plan out in one transaction."""
    if dry_run:
        with database.reading() as connection:
            return _plan(connection, batch, on_conflict)

    def work(connection: Connection) -> list[Plan]:
        if any(candidate.values.get("sku") is None for candidate in batch):
            _take_turn(connection)
        plans = _plan(connection, batch, on_conflict, lock=True)
        _carry_out(connection, plans)
        return plans

    for race in range(1, RACES_MAX + 1):
        try:
            return database.transaction(work)
        except IntegrityError:
            # Another request took one of these SKUs between the look and the insert; look again.
            if race == RACES_MAX:
                raise
    raise AssertionError("unreachable")


def _take_turn(connection: Connection) -> None:
    """Waits until no other import writes products without SKU, whose sameness no index guards.

    MySQL locks no row that is not there yet, so two imports of one file would both find nothing and both write. The
    row that they lock instead stays until their transaction ends. SQLite has one writer at a time.
    """
    if connection.dialect.name != "mysql":
        return
    now = datetime.now(UTC)
    row = {"key": TURN, "request_hash": "", "product_id": 0, "body": b"", "created_at": now}
    connection.execute(mysql.insert(IdempotencyKey).values(row).on_duplicate_key_update(created_at=now))


def _carry_out(connection: Connection, plans: Sequence[Plan]) -> None:
    inserts = [plan.insert for plan in plans if plan.insert]
    updates = [plan.update for plan in plans if plan.update]
    if inserts:
        connection.execute(insert(Product), inserts)
    if updates:
        columns: dict[str, Any] = {name: bindparam(name) for name in updates[0] if name != "this"}
        connection.execute(update(Product).where(Product.id == bindparam("this")).values(columns), updates)


def _plan(
    connection: Connection, batch: Sequence[Candidate], on_conflict: OnConflict, lock: bool = False
) -> list[Plan]:
    usable = [candidate for candidate in batch if not candidate.errors and not candidate.no_product]
    existing = _existing(connection, usable, lock)
    return [
        Plan(candidate, "skipped")
        if candidate.errors or candidate.no_product
        else _plan_one(candidate, existing.get(_identity(candidate.values)), on_conflict)
        for candidate in batch
    ]


def _plan_one(candidate: Candidate, existing: wire.Product | None, on_conflict: OnConflict) -> Plan:
    values = candidate.values
    if existing is None:
        lacking = next((name for name in ("name", "price") if name not in values), None)
        if lacking:
            detail = (
                f"is not in the file, and there is no product with this SKU to update: a new one needs its {lacking}"
            )
            return Plan(candidate, "failed", error=candidate.note(Invalid("no_column", detail), name=lacking))
        return Plan(candidate, "created", insert=products.new_row(wire.NewProduct(**values)))
    if on_conflict == "fail":
        code, what = ("exists", "SKU") if existing.sku else ("exists_alike", "content and no SKU")
        fault = Invalid(code, f"product {existing.id} has the same {what}", id=existing.id)
        return Plan(candidate, "failed", error=candidate.note(fault, name="sku", value=existing.sku or ""))
    changes = {name: value for name, value in values.items() if value != getattr(existing, name)}
    # The SKU says which product is meant; to write it in other letter case alone is no change.
    if on_conflict == "skip" or not changes.keys() - {"sku"}:
        return Plan(candidate, "skipped")
    whole = msgspec.structs.asdict(existing.fields)
    changed = {**whole, **products.changed_row(existing, changes)}
    return Plan(candidate, "updated", update={**changed, "this": existing.id})


def _existing(connection: Connection, candidates: Iterable[Candidate], lock: bool) -> dict[Any, wire.Product]:
    """The products that these candidates mean, by identity."""
    keys = {key for candidate in candidates if isinstance(key := _identity(candidate.values), str)}
    names = {candidate.values.get("name") for candidate in candidates if candidate.values.get("sku") is None} - {None}
    conditions: list[ColumnElement[bool]] = []
    if keys:
        conditions.append(Product.sku_key.in_(keys))
    if names:
        conditions.append(Product.sku_key.is_(None) & Product.name.in_(names))
    found: dict[Any, wire.Product] = {}
    for condition in conditions:
        statement = select(*products.COLUMNS).where(condition)
        for row in connection.execute(statement.with_for_update() if lock else statement):
            product = products.from_row(row)
            found[_identity_of(product)] = product
    return found


def _identity(values: dict[str, Any]) -> Any:
    """What makes a record and a product the same: the SKU's key; without a SKU all that they say."""
    sku = values.get("sku")
    if sku is not None:
        return text.sku_key(sku)
    return (values.get("name"), values.get("description", ""), values.get("price"))


def _identity_of(product: wire.Product) -> Any:
    return _identity(
        {"sku": product.sku, "name": product.name, "description": product.description, "price": product.price}
    )
