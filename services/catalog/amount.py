"""An amount of money as people and spreadsheets write it. Nothing is ever guessed."""

import re
from dataclasses import dataclass
from decimal import Decimal

from babel.numbers import list_currencies

from catalog import price
from catalog.text import Invalid

_BLANKS = re.compile("[ \t\u00a0\u2007\u2009\u202f]")
_SIGN = r"[$€£¥₣₤₦₩₪₫₭₮₱₴₸₹₺₽₿]"
_CURRENCY_FIRST = re.compile(rf"({_SIGN}|[A-Z]{{3}})\s*(?=[\d.,(-])", re.ASCII)
_CURRENCY_LAST = re.compile(rf"(?<=[\d)])\s*({_SIGN}|[A-Z]{{3}})$", re.ASCII)
_NEGATIVE = re.compile("-.*[0-9]|\\(.*[0-9]\\)")
_NUMBER = re.compile(r"[\d.,' ]*\d", re.ASCII)
_CODES = frozenset(list_currencies())


@dataclass(frozen=True)
class Amount:
    """A price and the currency sign or code that stood beside it, if any."""

    value: Decimal
    currency: str | None


def parse(text: str) -> Amount:
    """Reads `12,50`, `1 299,00 €`, `$1,299.00`, `.8800`, `1'299.00`. Raises Invalid.

    A single mark with three digits behind it (`1,299`, `12.500`) can be thousands or decimals and is refused.
    Zeros from the fourth decimal on change nothing and may stand there, as databases export them.
    """
    plain = _BLANKS.sub(" ", text).strip().replace("\u2019", "'").replace("\u2212", "-")
    if not plain:
        raise Invalid("required", "is missing")
    number, currency = _split_currency(plain)
    if _NEGATIVE.match(number):
        raise Invalid("negative", "must not be negative")
    if not _NUMBER.fullmatch(number) or (currency and currency.isalpha() and currency not in _CODES):
        raise Invalid("number", "is not a price; write it like 1299.00")
    integer, fraction = _split_number(number)
    if len(fraction) > price.DECIMALS + 1:
        fraction = fraction[: price.DECIMALS] + fraction[price.DECIMALS :].rstrip("0")
    return Amount(price.from_digits(integer.lstrip("0") or "0", fraction), currency)


def _split_currency(text: str) -> tuple[str, str | None]:
    first, last = _CURRENCY_FIRST.match(text), _CURRENCY_LAST.search(text)
    if first and not last:
        return text[first.end() :], first.group(1)
    if last and not first:
        return text[: last.start()], last.group(1)
    return text, None


def _split_number(number: str) -> tuple[str, str]:
    """The digits before and behind the decimal mark; marks between thousands are checked and dropped."""
    if _grouped(number, ",.' "):
        if number.count(",") + number.count(".") == 1:
            raise Invalid("ambiguous", "can mean thousands or decimals; write it with two decimals, like 1299.00")
        return re.sub(r"\D", "", number), ""
    for decimal_mark, group_marks in ((".", ",' "), (",", ".' ")):
        integer, mark, fraction = number.rpartition(decimal_mark)
        if mark and fraction.isdigit():
            if integer == "" or integer.isdigit():
                return integer, fraction
            if _grouped(integer, group_marks):
                return re.sub(r"\D", "", integer), fraction
    if number.isdigit():
        return number, ""
    raise Invalid("number", "mixes its marks; write it like 1299.00")


def _grouped(number: str, marks: str) -> bool:
    """Whether the number is groups of three digits behind a first group, with one and the same mark between."""
    return any(re.fullmatch(rf"[1-9]\d{{0,2}}({re.escape(mark)}\d{{3}})+", number, re.ASCII) for mark in marks)
