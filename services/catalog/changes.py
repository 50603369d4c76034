"""Reads the history of products, newest first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import UNSET
from sqlalchemy import ColumnElement, Connection, Select, func, or_, select
from sqlalchemy.orm import aliased

from catalog import products, wire
from catalog.history import FIELDS, FIRST_VERSION
from catalog.models import Import, Product, ProductChange
from serving import parameters

SECONDS_MAX = 2
"""Maximum time of one statement in the database: a filter may pass many entries before it finds one."""

Position = tuple[datetime | int, int]
"""The last entry of a page: its time (of the history of one product: its version) and its id."""

Entry = Any
"""A row of the table."""

_ENTRY = aliased(ProductChange, name="entry")
_ACTOR_KIND = func.coalesce(_ENTRY.actor_kind, ProductChange.actor_kind)
_ACTOR_NAME = func.coalesce(_ENTRY.actor_name, ProductChange.actor_name)
_ALL = (
    select(
        ProductChange.id,
        ProductChange.kind,
        ProductChange.at,
        _ACTOR_KIND.label("actor_kind"),
        _ACTOR_NAME.label("actor_name"),
        func.coalesce(_ENTRY.request_id, ProductChange.request_id).label("request_id"),
        func.coalesce(_ENTRY.import_id, ProductChange.import_id).label("import_id"),
        ProductChange.product_id,
        ProductChange.version,
        ProductChange.before,
        ProductChange.after,
        ProductChange.products,
    )
    .prefix_with(f"/*+ MAX_EXECUTION_TIME({SECONDS_MAX * 1000}) */", dialect="mysql")
    .outerjoin(_ENTRY, _ENTRY.id == ProductChange.part_of)
    # The entry of an import is the first to be deleted for its age; its parts follow.
    .where(or_(ProductChange.part_of.is_(None), _ENTRY.id.is_not(None)))
)


@dataclass(frozen=True)
class Filter:
    """Which entries are wanted; `since` is the first moment, and `until` the first one after the last.

    Without a product or an import, an import is one entry.
    """

    product: int | None = None
    import_id: int | None = None
    actor: str | None = None
    actor_kind: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def order(self) -> Literal["at", "version"]:
        """The field that gives the order, from the greatest down."""
        return "at" if self.product is None else "version"


def page(connection: Connection, wanted: Filter, limit: int, after: Position | None) -> list[wire.Change]:
    """At most `limit` entries that follow a position."""
    statement = _where(connection, wanted)
    if statement is None:
        return []
    order = getattr(ProductChange, wanted.order)
    if after:
        value, number = after
        statement = statement.where(order <= value, or_(order < value, ProductChange.id < number))
    rows = connection.execute(statement.order_by(order.desc(), ProductChange.id.desc()).limit(limit)).all()
    # The products first: of one that changes in the meantime, the entries then tell.
    present = _present(connection, rows)
    new = _fields_of_new(connection, [row for row in rows if row.kind == "created"], present)
    return [_item(row, new, present.get(row.product_id)) for row in rows]


def _where(connection: Connection, wanted: Filter) -> Select[*tuple[Any, ...]] | None:
    """The statement, or None if it would find nothing."""
    conditions: list[ColumnElement[bool]] = []
    index = "part_of"
    if wanted.import_id is not None:
        entry = _entry_of(connection, wanted.import_id)
        if entry is None or not _is_by(entry, wanted):
            return None
        conditions.append(ProductChange.part_of == entry.id)
    if wanted.product is not None:
        if wanted.product > parameters.ID_MAX:
            return None
        conditions.append(ProductChange.product_id == wanted.product)
        index = "product"
    if not conditions:
        conditions, index = _of_entries(wanted)
    elif wanted.import_id is None:
        conditions += _by(wanted)
    if wanted.since:
        conditions.append(ProductChange.at >= wanted.since)
    if wanted.until:
        conditions.append(ProductChange.at < wanted.until)
    hint = f"FORCE INDEX (ix_product_change_{index})"
    return _ALL.where(*conditions).with_hint(ProductChange, hint, "mysql")


def _of_entries(wanted: Filter) -> tuple[list[ColumnElement[bool]], str]:
    """Conditions for entries that are no part of another one, and the index to use. Only these name an actor."""
    kind = [] if wanted.actor_kind is None else [ProductChange.actor_kind == wanted.actor_kind]
    if wanted.actor is None:
        return [ProductChange.part_of.is_(None), *kind], "part_of"
    return [ProductChange.actor_name == wanted.actor, *kind], "actor"


def _by(wanted: Filter) -> list[ColumnElement[bool]]:
    given = ((_ACTOR_NAME, wanted.actor), (_ACTOR_KIND, wanted.actor_kind))
    return [column == value for column, value in given if value is not None]


def _entry_of(connection: Connection, import_id: int) -> Entry | None:
    if import_id > parameters.ID_MAX:
        return None
    columns = (ProductChange.id, ProductChange.actor_name, ProductChange.actor_kind)
    entry = select(*columns).join(Import, Import.change_id == ProductChange.id).where(Import.id == import_id)
    row: Entry | None = connection.execute(entry).first()
    return row


def _is_by(entry: Entry, wanted: Filter) -> bool:
    return wanted.actor in (None, entry.actor_name) and wanted.actor_kind in (None, entry.actor_kind)


def _present(connection: Connection, rows: Sequence[Entry]) -> dict[int, wire.Product]:
    """The products of these entries that exist, by id."""
    numbers = {row.product_id for row in rows if row.product_id is not None}
    if not numbers:
        return {}
    found = connection.execute(select(*products.COLUMNS).where(Product.id.in_(numbers)))
    return {product.id: product for product in map(products.from_row, found)}


def _fields_of_new(
    connection: Connection, rows: Sequence[Entry], present: dict[int, wire.Product]
) -> dict[int, wire.ChangedFields]:
    """What products were when they were new, by their ids. Those that nothing tells are left out."""
    new = {
        product.id: wire.ChangedFields(**{name: getattr(product, name) for name in FIELDS})
        for product in present.values()
        if product.version == FIRST_VERSION
    }
    changed = {row.product_id for row in rows} - new.keys()
    return new | _before_next(connection, changed) if changed else new


def _before_next(connection: Connection, products: Iterable[int]) -> dict[int, wire.ChangedFields]:
    """What products were before the change or deletion of their first version, by their ids."""
    columns = (ProductChange.product_id, ProductChange.kind, ProductChange.version, ProductChange.before)
    versions = {"deleted": FIRST_VERSION, "changed": FIRST_VERSION + 1}
    statement = select(*columns).where(
        ProductChange.product_id.in_(products),
        ProductChange.version.in_(versions.values()),
        ProductChange.kind.in_(versions),
    )
    # The previous version of the services changes products without an entry, so that there may be none.
    rows: Iterable[Entry] = connection.execute(statement)
    return {row.product_id: _fields(row.before) for row in rows if versions[row.kind] == row.version}


def _item(row: Entry, new: dict[int, wire.ChangedFields], present: wire.Product | None) -> wire.Change:
    before = None if row.before is None else _fields(row.before)
    after = new.get(row.product_id) if row.kind == "created" else None if row.after is None else _fields(row.after)
    if before and after:
        before = wire.ChangedFields(
            **{name: getattr(before, name) for name in FIELDS if getattr(after, name) is not UNSET}
        )
    return wire.Change(
        id=row.id,
        kind=row.kind,
        at=row.at,
        actor=wire.Actor(row.actor_kind or "anonymous", row.actor_name or ""),
        request_id=row.request_id,
        import_id=row.import_id,
        product_id=row.product_id,
        product_name=present.name if present else _name(after, before),
        version=row.version,
        before=before,
        after=after,
        products=row.products,
    )


def _name(*fields: wire.ChangedFields | None) -> str | None:
    return next((each.name for each in fields if each and each.name is not UNSET), None)


def _fields(text: str) -> wire.ChangedFields:
    return msgspec.json.decode(text, type=wire.ChangedFields)
