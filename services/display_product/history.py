"""Entries of the history as the pages show them, and the product as it was in an earlier version."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from catalog import cells, wire
from display_product import messages
from display_product.differences import marked
from serving import bodies

TEXT_MAX = 300
"""Letters of a text that nothing is compared with."""

Value = str | Decimal | None


class Unknown(Exception):
    """The history does not say how the product was in this version."""


@dataclass(frozen=True)
class Row:
    """A field of a product, with its value before and after."""

    name: str
    label: str
    before: Value
    after: Value


@dataclass(frozen=True)
class Difference:
    """The fields that a change affects; a new product had none before, a deleted one has none after."""

    rows: list[Row]
    was: bool
    became: bool


def difference(before: wire.ChangedFields | None, after: wire.ChangedFields | None) -> Difference:
    """The fields that these have, in the order of the columns."""
    old, new = given(before), given(after)
    both = before is not None and after is not None
    rows = [
        Row(name, messages.label(name), *_values(old.get(name), new.get(name), both))
        for name in cells.COLUMNS
        if name in old or name in new
    ]
    return Difference(rows, before is not None, after is not None)


def compared(product: wire.Product, other: wire.NewProduct) -> Difference:
    """The fields in which a product differs from other values for it."""
    differing = [name for name in cells.COLUMNS if getattr(product, name) != getattr(other, name)]
    now, then = ({name: getattr(each, name) for name in differing} for each in (product, other))
    return difference(wire.ChangedFields(**now), wire.ChangedFields(**then))


def given(fields: wire.ChangedFields | None) -> dict[str, Any]:
    """The fields that have a value, None included."""
    if fields is None:
        return {}
    return {name: value for name, value in msgspec.structs.asdict(fields).items() if value is not msgspec.UNSET}


def at_version(product: wire.Product, version: int, changes: Iterable[wire.Change]) -> wire.NewProduct:
    """The fields of a product in an earlier version, from its changes, newest first. Raises Unknown."""
    fields = msgspec.structs.asdict(product.fields)
    reached = product.version
    for change in changes:
        if change.version is None or change.version > reached:
            continue  # Made since the product was read; saving will say so.
        if change.kind == "deleted":
            fields |= given(change.before)
            reached = change.version
        elif change.version != reached:
            break  # The version between them is not on record.
        elif reached == version:
            return wire.NewProduct(**fields)
        else:
            fields |= given(change.before)
            reached -= 1
        if reached == version and change.kind == "deleted":
            return wire.NewProduct(**fields)
    raise Unknown


def _values(old: Value, new: Value, both: bool) -> tuple[Value, Value]:
    if both and isinstance(old, str) and isinstance(new, str):
        return marked(old, new)
    return _shortened(old), _shortened(new)


def _shortened(value: Value) -> Value:
    return bodies.shortened(value, TEXT_MAX) if isinstance(value, str) else value
