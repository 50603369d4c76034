"""Decides when a record and a product are the same."""

from typing import Any

import msgspec

from catalog import text, wire

_DEFAULTS = {
    field.name: None if field.required else field.default
    for field in msgspec.structs.fields(wire.NewProduct)
    if field.name != "sku"
}

FIELDS = tuple(_DEFAULTS)
"""The fields in which two products without SKU must agree to be the same."""


def of(values: dict[str, Any]) -> str | tuple[Any, ...]:
    """The SKU's key or, for a product without SKU, the values of all fields."""
    sku = values.get("sku")
    if sku is not None:
        return text.sku_key(sku)
    return tuple(values.get(name, default) for name, default in _DEFAULTS.items())


def of_product(product: wire.Product) -> str | tuple[Any, ...]:
    """The identity of a stored product."""
    return of(msgspec.structs.asdict(product.fields))
