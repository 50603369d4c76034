"""The price on the wire and in the database: an exact decimal number with at most two decimals."""

import re
from decimal import Decimal

from serving.bodies import Invalid

DECIMALS = 2
INTEGER_DIGITS = 10
MAX = Decimal("9" * INTEGER_DIGITS + "." + "9" * DECIMALS)
PATTERN = rf"^[0-9]{{1,{INTEGER_DIGITS}}}(\.[0-9]{{1,{DECIMALS}}})?$"

_NUMBER = re.compile(r"(-?)(\d+)(?:\.(\d+))?", re.ASCII)


def exact(token: str) -> Decimal:
    """Reads `12.50`: digits, at most two decimals, no sign, no exponent. Raises Invalid; never rounds."""
    found = _NUMBER.fullmatch(token)
    if not found:
        raise Invalid("number", 'must be a decimal number such as "12.50"')
    sign, integer, fraction = found.groups(default="")
    if sign:
        raise Invalid("negative", "must not be negative")
    return from_digits(integer, fraction)


def from_digits(integer: str, fraction: str) -> Decimal:
    """The price with these digits before and after the decimal mark. Raises Invalid."""
    if len(fraction) > DECIMALS:
        raise Invalid("decimals", f"has {len(fraction)} decimals; at most {DECIMALS} are allowed", limit=DECIMALS)
    if len(integer) > INTEGER_DIGITS:
        detail = f"has {len(integer)} digits before the decimals; at most {INTEGER_DIGITS} are allowed"
        raise Invalid("digits", detail, limit=INTEGER_DIGITS)
    return Decimal(f"{integer}.{fraction:0<{DECIMALS}}")
