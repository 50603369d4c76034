"""Writes the history of products: an entry for each change, in the transaction of the change.

A new product needs no copy of its fields in its entry: they are those of the product or, once it has changed, what the
next entry has as `before`. So the first change of a product and its deletion store all of its fields, and later changes
only the fields that differ.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from flask import g, has_request_context
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, bindparam, insert, literal, literal_column, select, update

from catalog import wire
from catalog.models import ACTOR_NAME_MAX, Product, ProductChange
from catalog.statements import Inserted, Statement
from serving import access, bodies, parameters

FIELDS = wire.ChangedFields.__struct_fields__
FIRST_VERSION = 1


class Kept(wire.NewProduct, frozen=True, kw_only=True):
    """What is kept of a deleted product, so that it can be restored."""

    created_at: datetime


_TABLE = ProductChange.__table__


def _insert(*names: str) -> Statement:
    return Statement(insert(_TABLE).values({name: bindparam(name) for name in names}))


_ADD = _insert(
    "product_id", "version", "at", "kind", "actor_kind", "actor_name", "request_id", "import_id", "products", "before",
    "after",
)  # fmt: skip
_ADD_PARTS = _insert("part_of", "product_id", "version", "at", "kind", "before", "after")
_LAST = Statement(
    select(_TABLE.c.kind, _TABLE.c.version, _TABLE.c.at, _TABLE.c.before)
    .where(_TABLE.c.product_id == bindparam("product_id"))
    .order_by(_TABLE.c.version.desc(), _TABLE.c.id.desc())
    .limit(1)
)
_COUNT = Statement(
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("entry"))
    .values(products=_TABLE.c.products + bindparam("more", type_=_TABLE.c.products.type))
)


def _add_created(increment: ColumnElement[int]) -> Statement:
    """Adds the entries of products that one statement has inserted, whose ids are `increment` apart."""
    product, first, key = Product.__table__.c, bindparam("first", type_=_TABLE.c.id.type), _TABLE.c.part_of.type
    inserted = (
        product.id.between(first, bindparam("last", type_=_TABLE.c.id.type) * increment + first),
        (product.id - first) % increment == 0,
    )
    rows = select(
        bindparam("part_of", type_=key), product.id, product.version, product.created_at, literal("created")
    ).where(*inserted)
    return Statement(insert(_TABLE).from_select(["part_of", "product_id", "version", "at", "kind"], rows))


# MySQL numbers the rows of one statement without gaps, in the steps of a server that is one of several.
_ADD_CREATED = {
    "mysql": _add_created(literal_column("@@auto_increment_increment")),
    "sqlite": _add_created(literal_column("1")),
}


def sender() -> dict[str, str | None]:
    """Who sends the current request, and its id, as columns of an entry or an import."""
    who = access.current()
    return {
        "actor_kind": who.kind,
        "actor_name": who.name[:ACTOR_NAME_MAX],
        "request_id": g.get("request_id") if has_request_context() else None,
    }


def created(connection: Connection, product: wire.Product) -> None:
    """Adds the entry of a new product."""
    _add(connection, "created", product, product.created_at)


def changed(connection: Connection, before: wire.Product, after: wire.Product) -> None:
    """Adds the entry of a changed product."""
    _ADD.insert(connection, **_changed(before, after), **sender())


def deleted(connection: Connection, product: wire.Product) -> None:
    """Adds the entry of a deleted product."""
    _ADD.insert(connection, kind="deleted", **_deleted(product), **sender())


def restored(connection: Connection, product: wire.Product) -> None:
    """Adds the entry of a product that exists again."""
    _ADD.insert(connection, kind="restored", **_restored(product), **sender())


def last_deleted(connection: Connection, product_id: int) -> wire.Product | None:
    """The product that its last entry deleted, as it was, but changed last when it was deleted."""
    if product_id > parameters.ID_MAX:
        return None
    row = _LAST.row(connection, product_id=product_id)
    if row is None or row[0] != "deleted":
        return None
    _, version, at, before = row
    kept = msgspec.json.decode(before, type=Kept)
    return wire.Product(id=product_id, version=version, updated_at=at, **msgspec.structs.asdict(kept))


def begin_import(connection: Connection, import_id: int, sent_by: dict[str, str | None]) -> int:
    """Adds the entry of an import, of which no product has been written yet, and returns its id."""
    return _ADD.insert(connection, kind="import", at=datetime.now(UTC), import_id=import_id, products=0, **sent_by)


def created_parts(connection: Connection, part_of: int | None, inserted: Iterable[Inserted]) -> None:
    """Adds the entries of products that many-row statements have just inserted, as parts of an import."""
    add = _ADD_CREATED[connection.dialect.name]
    for first, number in inserted:
        added = add.change(connection, part_of=part_of, first=first, last=number - 1)
        if added != number:
            raise RuntimeError(f"{number} products were inserted from id {first} on, and {added} found")
        _count(connection, part_of, number)


def changed_parts(
    connection: Connection, part_of: int | None, pairs: Sequence[tuple[wire.Product, wire.Product]]
) -> None:
    """Adds the entries of changed products, each as it was and as it is, as parts of an import."""
    _ADD_PARTS.insert_all(connection, [{"part_of": part_of, **_changed(before, after)} for before, after in pairs])
    _count(connection, part_of, len(pairs))


def deleted_parts(connection: Connection, part_of: int, products: Sequence[wire.Product]) -> None:
    """Adds the entries of deleted products, as parts of an import."""
    _ADD_PARTS.insert_all(
        connection, [{"part_of": part_of, "kind": "deleted", **_deleted(product)} for product in products]
    )
    _count(connection, part_of, len(products))


def restored_parts(connection: Connection, part_of: int, products: Sequence[wire.Product]) -> None:
    """Adds the entries of products that exist again, as parts of an import."""
    _ADD_PARTS.insert_all(
        connection, [{"part_of": part_of, "kind": "restored", **_restored(product)} for product in products]
    )
    _count(connection, part_of, len(products))


def _count(connection: Connection, part_of: int | None, number: int) -> None:
    if part_of is not None:
        _COUNT.change(connection, entry=part_of, more=number)


def _add(
    connection: Connection, kind: wire.ChangeKind, product: wire.Product, at: datetime, **stored: str | None
) -> None:
    _ADD.insert(connection, kind=kind, product_id=product.id, version=product.version, at=at, **stored, **sender())


def _changed(before: wire.Product, after: wire.Product) -> dict[str, Any]:
    differ = [name for name in FIELDS if getattr(before, name) != getattr(after, name)]
    stored = FIELDS if before.version == FIRST_VERSION else differ
    return {
        "kind": "changed",
        "product_id": after.id,
        "version": after.version,
        "at": after.updated_at,
        "before": _text(wire.ChangedFields(**_fields(before, stored))),
        "after": _text(wire.ChangedFields(**_fields(after, differ))),
    }


def _deleted(product: wire.Product) -> dict[str, Any]:
    kept = Kept(**_fields(product, FIELDS), created_at=product.created_at)
    at = max(datetime.now(UTC), product.updated_at)
    return {"product_id": product.id, "version": product.version, "at": at, "before": _text(kept)}


def _restored(product: wire.Product) -> dict[str, Any]:
    after = _text(wire.ChangedFields(**_fields(product, FIELDS)))
    return {"product_id": product.id, "version": product.version, "at": product.updated_at, "after": after}


def _fields(product: wire.Product, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(product, name) for name in names}


def _text(fields: Struct) -> str:
    return bodies.encode(fields).decode()
