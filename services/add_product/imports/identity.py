"""What makes a record and a product the same."""

from typing import Any

import msgspec

from catalog import text, wire

_DEFAULTS = {
    field.name: None if field.required else field.default
    for field in msgspec.structs.fields(wire.NewProduct)
    if field.name != "sku"
}

FIELDS = tuple(_DEFAULTS)
"""What is the same in two products without SKU that are the same."""


def of(values: dict[str, Any]) -> str | tuple[Any, ...]:
    """The SKU's key; without a SKU all that the values say of a product."""
    sku = values.get("sku")
    if sku is not None:
        return text.sku_key(sku)
    return tuple(values.get(name, default) for name, default in _DEFAULTS.items())


def of_product(product: wire.Product) -> str | tuple[Any, ...]:
    """The same of a product that is there."""
    return of(msgspec.structs.asdict(product.fields))
