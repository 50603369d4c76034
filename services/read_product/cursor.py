"""A position in a sorted list, as the opaque text in a page's `next`."""

import base64
import binascii
import hashlib
from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from catalog import price
from catalog.wire import Id

Value = int | str | Decimal | datetime

LENGTH_MAX = 2000
PATTERN = "^[A-Za-z0-9_-]+$"
CHECKSUM_BYTES = 6


class Cursor(msgspec.Struct, array_like=True, frozen=True):
    """The last item of a page: the list's sort, the item's value of that field, its number; and a checksum."""

    sort: str
    value: str
    id: Id
    checksum: str


def write(sort: str, scope: object, value: Value, number: int) -> str:
    """The cursor after the item with this number, in the list with this sort and `scope`: whatever else selects it."""
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    counted = msgspec.json.encode([sort, scope, text, number])
    checksum = hashlib.blake2b(counted, digest_size=CHECKSUM_BYTES).hexdigest()
    packed = msgspec.json.encode(Cursor(sort, text, number, checksum))
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode("ascii")


def read(text: str, sort: str, scope: object, kind: type[Value]) -> tuple[Value, int]:
    """The value and id in a cursor of this list. Raises ValueError for any other text."""
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        cursor = msgspec.json.decode(packed, type=Cursor)
        value = _value(cursor.value, kind)
    except (binascii.Error, msgspec.DecodeError, ValueError, ArithmeticError):
        raise ValueError("is not a cursor of this list") from None
    # Compared with the exact cursor of this list, since the same position could be written in many ways.
    if text != write(sort, scope, value, cursor.id):
        raise ValueError("is not a cursor of the list with these parameters")
    return value, cursor.id


def _value(text: str, kind: type[Value]) -> Value:
    if kind is datetime:
        return datetime.fromisoformat(text).astimezone(UTC)
    if kind is Decimal:
        return price.exact(text)
    return msgspec.convert(int(text), Id) if kind is int else text
