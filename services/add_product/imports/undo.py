"""Takes back what an import did to the products that nobody has changed since, some hundred per transaction."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, delete, func, insert, or_, select

from add_product.imports import importer
from add_product.imports.undone import Undone, shortened
from catalog import cells, history, products, text, wire
from catalog.models import Import, Product, ProductChange

BATCH = 500
"""Products per transaction. With the longest descriptions, they and their history take some ten megabytes."""


@dataclass(frozen=True)
class Entry:
    """What the import did to one product."""

    id: int
    at: datetime
    product_id: int
    version: int
    kind: str
    before: dict[str, Any]


@dataclass(frozen=True)
class Step:
    """What the undo does to one product, with the columns to write, or the reason to leave it alone.

    The product is the stored one, or the one that is restored.
    """

    entry: Entry
    outcome: wire.UndoOutcome | None
    product: wire.Product | None = None
    row: dict[str, Any] = field(default_factory=dict)
    reason: wire.LeftReason | None = None


def begin(connection: Connection, import_id: int, dry_run: bool) -> Undone:
    """The empty report of an undo of this import."""
    found = connection.execute(
        select(Import.change_id, (Import.created + Import.updated + Import.deleted).label("changed")).where(
            Import.id == import_id
        )
    ).first()
    if found is None or found.change_id is None:
        return Undone(dry_run, 0, 0)
    recorded = connection.scalar(select(func.count()).where(ProductChange.part_of == found.change_id)) or 0
    return Undone(dry_run, recorded, max(0, found.changed - recorded))


def next_batch(connection: Connection, import_id: int, position: tuple[datetime, int] | None) -> list[Entry]:
    """The next entries of the import in the history, after the one at `position`."""
    change_id = connection.scalar(select(Import.change_id).where(Import.id == import_id))
    if change_id is None:
        # The import is gone. To compare with NULL would find every change that is part of no import.
        return []
    table = ProductChange
    after = []
    if position:
        at, number = position
        # MySQL uses no index for a row constructor, `(at, id) > (a, i)`.
        after = [or_(table.at > at, and_(table.at == at, table.id > number))]
    statement = (
        select(table.id, table.at, table.product_id, table.version, table.kind, table.before)
        .where(table.part_of == change_id, *after)
        .order_by(table.at, table.id)
        .limit(BATCH)
    )
    return [
        Entry(row.id, row.at, row.product_id or 0, row.version or 0, row.kind, _fields(row.kind, row.before))
        for row in connection.execute(statement)
    ]


def plan(connection: Connection, import_id: int, entries: Sequence[Entry], lock: bool = False) -> list[Step]:
    """What the undo of an import does to each product."""
    stored = _stored(connection, [entry.product_id for entry in entries], lock)
    gone = [entry for entry in entries if entry.kind == "deleted" and entry.product_id not in stored]
    last = _last(connection, [entry.product_id for entry in gone])
    taken = _taken(connection, [entry.before["sku"] for entry in gone if entry.before["sku"] is not None])
    steps = [
        _bring_back(entry, stored.get(entry.product_id), last.get(entry.product_id), taken)
        if entry.kind == "deleted"
        else _take_back(entry, stored.get(entry.product_id))
        for entry in entries
    ]
    undone = _undone_earlier(connection, import_id, [step.entry.product_id for step in steps if step.reason])
    return [replace(step, reason="undone") if step.entry.product_id in undone else step for step in steps]


def carry_out(connection: Connection, steps: Sequence[Step], entry: Callable[[Connection], int]) -> None:
    """Writes the products and their history; `entry` returns that of the undo."""
    deleted, changed, restored = (
        [(step.product, step.row) for step in steps if step.outcome == outcome and step.product]
        for outcome in ("deleted", "changed", "restored")
    )
    if deleted:
        gone = [product for product, _ in deleted]
        connection.execute(delete(Product).where(Product.id.in_([product.id for product in gone])))
        history.deleted_parts(connection, entry(connection), gone)
    if changed:
        importer.change(connection, changed, entry)
    if restored:
        connection.execute(insert(Product), [{**msgspec.structs.asdict(product), **row} for product, row in restored])
        history.restored_parts(connection, entry(connection), [product for product, _ in restored])


def report(undone: Undone, steps: Sequence[Step]) -> Undone:
    """The report after these steps."""
    after = undone.copy()
    for step in steps:
        if step.outcome:
            after.add(step.outcome, partial(_shown, step, step.outcome))
        elif step.reason:
            name = step.product.name if step.product else ""
            after.leave(wire.LeftProduct(step.entry.product_id, name, step.reason))
    if steps:
        after.position = steps[-1].entry.at, steps[-1].entry.id
    return after


def _take_back(entry: Entry, product: wire.Product | None) -> Step:
    """Deletes a product that the import created, or gives it the values that it had."""
    if product is None:
        return Step(entry, None, reason="deleted")
    if product.version != entry.version:
        return Step(entry, None, product, reason="changed")
    if entry.kind != "changed":
        return Step(entry, "deleted", product)
    differing = {name: value for name, value in entry.before.items() if value != getattr(product, name)}
    return Step(entry, "changed", product, products.changed_row(product, differing))


def _bring_back(entry: Entry, product: wire.Product | None, last: int | None, taken: Collection[str]) -> Step:
    """Restores a product that an undo has deleted."""
    if product is not None:
        return Step(entry, None, product, reason="present")
    if last != entry.id:
        return Step(entry, None, reason="deleted")
    sku = entry.before["sku"]
    if sku is not None and text.sku_key(sku) in taken:
        return Step(entry, None, reason="sku_taken")
    deleted = wire.Product(id=entry.product_id, version=entry.version, updated_at=entry.at, **entry.before)
    row = products.changed_row(deleted, {})
    return Step(entry, "restored", products.with_row(deleted, row), row)


def _shown(step: Step, outcome: wire.UndoOutcome) -> wire.UndoneProduct:
    """The step as the sample shows it."""
    stored = msgspec.structs.asdict(step.product) if step.product else {}
    now = None if outcome == "restored" else stored
    then = None if outcome == "deleted" else stored if outcome == "restored" else step.entry.before
    names = cells.COLUMNS
    if now and then:
        names = tuple(name for name in names if name in then and then[name] != now[name])
    before, after = (None if values is None else shortened(values, names) for values in (now, then))
    return wire.UndoneProduct(step.entry.product_id, stored["name"], outcome, before, after)


def _fields(kind: str, before: str | None) -> dict[str, Any]:
    """The fields as they were before the import; the first change of a product has all of them."""
    if before is None:
        return {}
    fields = msgspec.json.decode(before, type=history.Kept if kind == "deleted" else wire.ChangedFields)
    return {name: value for name, value in msgspec.structs.asdict(fields).items() if value is not msgspec.UNSET}


def _stored(connection: Connection, ids: Collection[int], lock: bool) -> dict[int, wire.Product]:
    statement = select(*products.COLUMNS).where(Product.id.in_(ids))
    rows = connection.execute(statement.with_for_update() if lock else statement)
    return {row.id: products.from_row(row) for row in rows}


def _undone_earlier(connection: Connection, import_id: int, ids: Collection[int]) -> set[int]:
    """Those of these products that an undo of the same import has changed, before it was stopped."""
    earlier = select(Import.change_id).where(Import.undo_of == import_id, Import.change_id.is_not(None))
    stopped = connection.scalars(earlier).all() if ids else []
    if not stopped:
        return set()
    change = ProductChange
    changed = select(change.product_id).where(change.product_id.in_(ids), change.part_of.in_(stopped))
    return {number for number in connection.scalars(changed) if number is not None}


def _last(connection: Connection, ids: Collection[int]) -> dict[int, int]:
    """The id of the last entry of each of these products."""
    if not ids:
        return {}
    change = ProductChange
    newest = func.row_number().over(partition_by=change.product_id, order_by=(change.at.desc(), change.id.desc()))
    ranked = select(change.product_id, change.id, newest.label("place")).where(change.product_id.in_(ids)).subquery()
    rows = connection.execute(select(ranked.c.product_id, ranked.c.id).where(ranked.c.place == 1))
    return {row.product_id: row.id for row in rows}


def _taken(connection: Connection, skus: Collection[str]) -> set[str]:
    """Those of these SKUs that products have, as their keys."""
    keys = [text.sku_key(sku) for sku in skus]
    return set(connection.scalars(select(Product.sku_key).where(Product.sku_key.in_(keys)))) if keys else set()
