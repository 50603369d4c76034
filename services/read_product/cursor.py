"""The position in a sorted list, as the opaque text that a page's `next` carries."""

import base64
import binascii
from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from catalog import price
from catalog.wire import Id

Value = int | str | Decimal | datetime


class Cursor(msgspec.Struct, array_like=True, frozen=True):
    """The last product of a page: the sort it was found by, its value there, and its id."""

    sort: str
    value: str
    id: Id


LENGTH_MAX = 2000


def write(sort: str, value: Value, product_id: int) -> str:
    """The cursor behind this product."""
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    packed = msgspec.json.encode(Cursor(sort, text, product_id))
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode("ascii")


def read(text: str, sort: str, kind: type[Value]) -> tuple[Value, int]:
    """Value and id from a cursor of this sort. Raises ValueError for any other text."""
    if len(text) > LENGTH_MAX:
        raise ValueError("is too long")
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        cursor = msgspec.json.decode(packed, type=Cursor)
        value = _value(cursor.value, kind)
    except (binascii.Error, msgspec.DecodeError, ValueError, ArithmeticError):
        raise ValueError("is not a cursor that this list has given") from None
    if cursor.sort != sort:
        raise ValueError("belongs to a list that is sorted otherwise")
    return value, cursor.id


def _value(text: str, kind: type[Value]) -> Value:
    if kind is datetime:
        return datetime.fromisoformat(text).astimezone(UTC)
    if kind is Decimal:
        return price.exact(text)
    return msgspec.convert(int(text), Id) if kind is int else text
