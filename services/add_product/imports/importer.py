"""Writes the products of a file, a thousand per transaction, so that a bad row never affects its neighbours."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import IO, Any, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Connection, bindparam, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from add_product.imports import encoding, headings, identity, table
from add_product.imports.candidate import Candidate, TableReader, from_lines
from add_product.imports.order import OnConflict, Order
from add_product.imports.report import Report
from add_product.imports.seen import Seen
from catalog import database, history, products, wire
from catalog.models import Product
from serving.bodies import Invalid

BATCH = 1000
BATCH_TEXT = 1_000_000
"""A batch ends once its descriptions have this many characters, so that long ones take no more memory."""
RACES_MAX = 10
UNUSABLE = (encoding.Unreadable, headings.Unknown, table.Unusable)
"""What `read` and `batches` raise for a file without a single usable row."""

T = TypeVar("T")


@dataclass
class Plan:
    """What happens to one candidate: its outcome, and an existing product with the changes to its row."""

    candidate: Candidate
    outcome: str
    existing: wire.Product | None = None
    update: dict[str, Any] | None = None
    errors: list[wire.ImportFault] = field(default_factory=list)


def read(file: IO[bytes], order: Order, currency: str) -> tuple[Iterator[Candidate], Report]:
    """The records of a file, and an empty report for them. Raises one of UNUSABLE."""
    if order.kind == "ndjson":
        return from_lines(file), Report(order.dry_run)
    codec = encoding.verify(file, order.charset) if order.charset else encoding.detect(file)
    rows = table.read(file, codec, currency)
    heading = next(rows)
    if heading.fault:
        raise headings.Unknown(heading.fault.code, f"The heading row {heading.fault}.", **heading.fault.params)
    columns = headings.recognise(heading.cells, currency)
    report = Report(order.dry_run, encoding.label(codec), columns.by_field, list(columns.ignored))
    return map(TableReader(columns, currency).candidate, rows), report


def batches(candidates: Iterator[Candidate], done: int = 0) -> Iterator[list[Candidate]]:
    """Yields batches of at most a thousand records, skipping the first `done`; refuses a product that is repeated.

    Raises one of UNUSABLE if the file turns out to be unusable.
    """
    with Seen() as seen:
        # The skipped records decide what is a repetition, and to which product a variant belongs.
        for candidate in islice(candidates, done):
            _refuse_repeated(candidate, seen)
        while batch := _next(candidates):
            for candidate in batch:
                _refuse_repeated(candidate, seen)
            yield batch


def _next(candidates: Iterator[Candidate]) -> list[Candidate]:
    """Takes the next batch, which is empty at the end."""
    batch: list[Candidate] = []
    size = 0
    for candidate in candidates:
        batch.append(candidate)
        size += len(candidate.values.get("description", ""))
        if len(batch) == BATCH or size > BATCH_TEXT:
            break
    return batch


def prepare(batch: Sequence[Candidate]) -> None:
    """Builds the rows of possible new products before a transaction starts, since others wait for its locks."""
    for candidate in batch:
        if _is_usable(candidate) and candidate.values.keys() >= set(wire.REQUIRED):
            _ = candidate.new_row


def _is_usable(candidate: Candidate) -> bool:
    return not candidate.errors and not candidate.no_product


def transaction(callback: Callable[[Connection], T]) -> T:
    """Runs a transaction that writes batches, and retries it if another request takes one of the SKUs meanwhile."""
    for race in range(1, RACES_MAX + 1):
        try:
            return database.transaction(callback)
        except IntegrityError:
            if race == RACES_MAX:
                raise
    raise AssertionError("unreachable")


def write(
    connection: Connection,
    batch: Sequence[Candidate],
    on_conflict: OnConflict,
    entry: Callable[[Connection], int | None],
) -> list[Plan]:
    """Writes a batch, and returns what happened to each record.

    `entry` returns the import's entry in the history, or None for changes without one.
    """
    plans = plan(connection, batch, on_conflict, lock=True)
    _carry_out(connection, plans, entry)
    return plans


def _refuse_repeated(candidate: Candidate, seen: Seen) -> None:
    if not _is_usable(candidate):
        return
    row, line = seen.first(candidate.values, candidate.row, candidate.line)
    if row != candidate.row:
        sku = candidate.values.get("sku")
        fault = Invalid("repeated", f"repeats the product of line {line}", line=line, row=row)
        candidate.refuse(fault, name="sku" if sku else None, value=sku or "")


def _carry_out(connection: Connection, plans: Sequence[Plan], entry: Callable[[Connection], int | None]) -> None:
    inserts = [plan.candidate.new_row for plan in plans if plan.outcome == "created"]
    updates = [(plan.existing, plan.update) for plan in plans if plan.existing and plan.update]
    if inserts:
        inserted = products.ADD.insert_all(connection, inserts)
        history.created_parts(connection, entry(connection), inserted)
    if updates:
        change(connection, updates, entry)


def change(
    connection: Connection,
    updates: Sequence[tuple[wire.Product, dict[str, Any]]],
    entry: Callable[[Connection], int | None],
) -> None:
    """Writes changed products, each given as it is and with the columns of `products.changed_row`."""
    rows = [{**msgspec.structs.asdict(product.fields), **row, "existing_id": product.id} for product, row in updates]
    columns: dict[str, Any] = {name: bindparam(name) for name in rows[0] if name != "existing_id"}
    connection.execute(update(Product).where(Product.id == bindparam("existing_id")).values(columns), rows)
    pairs = [(product, products.with_row(product, row)) for product, row in updates]
    history.changed_parts(connection, entry(connection), pairs)


def plan(connection: Connection, batch: Sequence[Candidate], on_conflict: OnConflict, lock: bool = False) -> list[Plan]:
    """What would happen to each record."""
    usable = [candidate for candidate in batch if _is_usable(candidate)]
    existing = _existing(connection, usable, lock)
    return [
        _plan_one(candidate, existing.get(identity.of(candidate.values)), on_conflict)
        if _is_usable(candidate)
        else Plan(candidate, "skipped")
        for candidate in batch
    ]


def _plan_one(candidate: Candidate, existing: wire.Product | None, on_conflict: OnConflict) -> Plan:
    values = candidate.values
    if existing is None:
        lacking = next((name for name in wire.REQUIRED if name not in values), None)
        if lacking:
            return Plan(candidate, "failed", errors=[candidate.note(_lacks(lacking, on_conflict), name=lacking)])
        return Plan(candidate, "created")
    if on_conflict == "fail":
        code, what = ("exists", "SKU") if existing.sku else ("exists_alike", "content and no SKU")
        fault = Invalid(code, f"product {existing.id} has the same {what}", id=existing.id)
        return Plan(candidate, "failed", errors=[candidate.note(fault, name="sku", value=existing.sku or "")])
    # The SKU only identifies the product: different letter case or blanks in it are not a change.
    changes = {name: value for name, value in values.items() if name != "sku" and value != getattr(existing, name)}
    if on_conflict == "skip" or not changes:
        return Plan(candidate, "skipped")
    return Plan(candidate, "updated", existing, products.changed_row(existing, changes))


def _lacks(column: str, on_conflict: OnConflict) -> Invalid:
    if on_conflict == "update":
        detail = f"is not in the file, and there is no product with this SKU to update: a new product needs a {column}"
        return Invalid("no_column", detail)
    # This applies to every new product, so the report lists it once.
    return Invalid(
        "lacking_column", f"is not in the file, so its rows cannot create new products: each needs a {column}"
    )


def _existing(connection: Connection, candidates: Iterable[Candidate], lock: bool) -> dict[Any, wire.Product]:
    """The stored products that these candidates refer to, by identity."""
    identities = {identity.of(candidate.values) for candidate in candidates}
    keys = [key for key in identities if isinstance(key, str)]
    alike = [key for key in identities if isinstance(key, tuple) and None not in key]
    conditions: list[ColumnElement[bool]] = []
    if keys:
        conditions.append(Product.sku_key.in_(keys))
    if alike:
        # The database finds them by name; of thousands with the same name it returns only the identical ones.
        names = {key[identity.FIELDS.index("name")] for key in alike}
        whole = tuple_(*(getattr(Product, name) for name in identity.FIELDS))
        conditions.append(Product.sku_key.is_(None) & Product.name.in_(names) & whole.in_(alike))
    found: dict[Any, wire.Product] = {}
    for condition in conditions:
        statement = select(*products.COLUMNS).where(condition)
        for row in connection.execute(statement.with_for_update() if lock else statement):
            product = products.from_row(row)
            found[identity.of_product(product)] = product
    return found
