"""Adds, changes and deletes single products, each in one transaction."""

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, update
from sqlalchemy.exc import IntegrityError

from add_product.precondition import Precondition
from catalog import database, history, products, wire
from catalog.models import Product
from catalog.statements import Statement
from serving.answers import FieldError
from serving.problems import ProblemError, conflict, not_found

SKU_INDEXES = ("ux_product_sku_key", "product.sku_key")

_TABLE = Product.__table__
_CHECKED_VERSION = (_TABLE.c.id == bindparam("checked_id"), _TABLE.c.version == bindparam("checked_version"))
"""Matches the product only in the version that was checked."""
_CHANGE = Statement(
    update(_TABLE)
    .where(*_CHECKED_VERSION)
    .values({column.name: bindparam(column.name) for column in _TABLE.c if column.name not in ("id", "created_at")})
)
_REMOVE = Statement(delete(_TABLE).where(*_CHECKED_VERSION))
_RESTORE = Statement(insert(_TABLE).values({column.name: bindparam(column.name) for column in _TABLE.c}))


def add(connection: Connection, fields: wire.NewProduct) -> wire.Product:
    """Inserts a product. Raises a 409 problem if another product has its SKU."""
    values = products.new_row(fields)
    try:
        product_id = products.ADD.insert(connection, **values)
    except IntegrityError as error:
        raise _sku_taken(error, fields.sku) from None
    shown = {name: values[name] for name in wire.Product.__struct_fields__ if name != "id"}
    product = wire.Product(id=product_id, **shown)
    history.created(connection, product)
    return product


def change(connection: Connection, product_id: int, check: Precondition, patch: wire.ProductPatch) -> wire.Product:
    """Changes the given fields of a product that passes `check`; a patch that changes nothing leaves its version."""
    product = _found(connection, product_id, check)
    changes = {
        name: value
        for name, value in msgspec.structs.asdict(patch).items()
        if value is not msgspec.UNSET and value != getattr(product, name)
    }
    if not changes:
        return product
    values = products.changed_row(product, changes)
    written = {
        **msgspec.structs.asdict(product),
        **values,
        "checked_id": product.id,
        "checked_version": product.version,
    }
    try:
        number = _CHANGE.change(connection, **written)
    except IntegrityError as error:
        raise _sku_taken(error, changes.get("sku", product.sku)) from None
    if number == 0:
        # Another request changed the product first. The stored version cannot pass the check that the version read
        # above passed, unless the check accepts any version.
        return change(connection, product_id, check, patch)
    changed = products.with_row(product, values)
    history.changed(connection, product, changed)
    return changed


def remove(connection: Connection, product_id: int, check: Precondition) -> None:
    """Deletes a product that passes `check`."""
    product = _found(connection, product_id, check)
    if _REMOVE.change(connection, checked_id=product.id, checked_version=product.version) == 0:
        remove(connection, product_id, check)
        return
    history.deleted(connection, product)


def restore(connection: Connection, product_id: int) -> wire.Product:
    """Brings back a deleted product under its id, as the history has it, in the version after the deleted one.

    Raises a 404 problem without a deletion in the history, 409 if the product exists or another one has its SKU.
    """
    if products.find(connection, product_id):
        raise _exists()
    deleted = history.last_deleted(connection, product_id)
    if deleted is None:
        raise not_found("The history has no deleted product with this number.")
    values = products.changed_row(deleted, {})
    product = products.with_row(deleted, values)
    try:
        _RESTORE.insert(connection, **{**msgspec.structs.asdict(product), **values})
    except IntegrityError as error:
        if any(database.is_duplicate(error, name) for name in SKU_INDEXES):
            raise _sku_taken(error, product.sku) from None
        raise _exists() from None  # Another request has just restored it.
    history.restored(connection, product)
    return product


def _exists() -> ProblemError:
    return conflict("The product exists; there is nothing to restore.", FieldError("", "exists already", "exists"))


def _found(connection: Connection, product_id: int, check: Precondition) -> wire.Product:
    product = products.find(connection, product_id)
    if product is None:
        raise not_found("There is no such product.")
    check(product)
    return product


def _sku_taken(error: IntegrityError, sku: str | None) -> Exception:
    if any(database.is_duplicate(error, name) for name in SKU_INDEXES):
        detail = f"“{sku}” belongs to another product (letter case is ignored)"
        return conflict(f"The SKU {detail}.", FieldError("/sku", detail, "exists"))
    return error
