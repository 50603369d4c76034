"""Converts rows of the table `product` to wire products, and back."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, insert, select

from catalog import text, wire, words
from catalog.models import Product
from catalog.statements import Statement
from serving import parameters

COLUMNS = (
    Product.id,
    Product.sku,
    Product.name,
    Product.description,
    Product.price,
    Product.created_at,
    Product.updated_at,
    Product.version,
)

_TABLE = Product.__table__
ADD = Statement(
    insert(_TABLE).values({column.name: bindparam(column.name) for column in _TABLE.c if column.name != "id"})
)
"""Inserts a row of `new_row`."""
_FIND = Statement(select(*COLUMNS).where(Product.id == bindparam("id")))


def from_row(row: Sequence[Any]) -> wire.Product:
    """The wire product of a row of COLUMNS."""
    return wire.Product(*row)


def find(connection: Connection, product_id: int) -> wire.Product | None:
    """The product with this id."""
    if product_id > parameters.ID_MAX:
        return None
    row = _FIND.row(connection, id=product_id)
    return from_row(row) if row else None


def new_row(fields: wire.NewProduct) -> dict[str, Any]:
    """The values of a row to insert."""
    now = datetime.now(UTC)
    return {
        **derived(fields.sku, fields.name, fields.description),
        **msgspec.structs.asdict(fields),
        "version": 1,
        "created_at": now,
        "updated_at": now,
    }


def changed_row(product: wire.Product, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a row to update: the changes and the columns that depend on them."""
    after = {name: changes.get(name, getattr(product, name)) for name in ("sku", "name", "description")}
    return {
        **changes,
        **derived(**after),
        "version": product.version + 1,
        "updated_at": max(datetime.now(UTC), product.updated_at),
    }


def with_row(product: wire.Product, values: Mapping[str, Any]) -> wire.Product:
    """The product with the values of `changed_row`."""
    shown = {name: values[name] for name in wire.Product.__struct_fields__ if name in values}
    return msgspec.structs.replace(product, **shown)


def derived(sku: str | None, name: str, description: str) -> dict[str, Any]:
    """The columns that are derived from others."""
    return {
        "sku_key": None if sku is None else text.sku_key(sku),
        "search_text": words.of_product(sku, name, description),
    }
