"""Parses amounts of money as people and spreadsheets write them, and never guesses."""

import re
import unicodedata
from collections import defaultdict
from decimal import Decimal
from functools import cache

from babel.numbers import get_currency_name, get_currency_symbol, list_currencies

from catalog import price
from catalog.text import trim
from serving.bodies import Invalid

LANGUAGES = ("en", "fr")
# Signs and abbreviations that CLDR lacks in the languages of the pages, or that several currencies share.
_SIGNS = {
    "$": "USD CAD AUD NZD SGD HKD TWD MXN ARS CLP COP UYU BMD BND BZD FJD NAD SBD SRD TTD XCD BBD BSD JMD KYD LRD GYD",
    "us$": "USD", "c$": "CAD", "r$": "BRL", "£": "GBP EGP FKP GIP LBP SHP SSP SDG SYP", "¥": "JPY CNY",
    "元": "CNY TWD", "円": "JPY", "원": "KRW", "₩": "KRW KPW", "€": "EUR", "₽": "RUB", "руб": "RUB", "руб.": "RUB",
    "р.": "RUB", "₴": "UAH", "грн": "UAH", "грн.": "UAH", "₺": "TRY", "tl": "TRY", "zł": "PLN", "kč": "CZK",
    "ft": "HUF", "lei": "RON MDL", "kr": "SEK NOK DKK ISK", "kr.": "DKK ISK SEK NOK", "лв": "BGN", "лв.": "BGN",
    "din.": "RSD", "fr.": "CHF", "sfr.": "CHF", "₹": "INR", "rs": "INR PKR LKR NPR MUR SCR",
    "rs.": "INR PKR LKR NPR MUR SCR", "₨": "INR PKR LKR NPR MUR SCR", "฿": "THB", "₫": "VND", "đ": "VND", "₪": "ILS",
    "₦": "NGN", "₱": "PHP CUP", "₡": "CRC", "₲": "PYG", "₸": "KZT", "₮": "MNT", "₭": "LAK", "៛": "KHR", "₾": "GEL",
    "֏": "AMD", "₼": "AZN", "r": "ZAR", "rp": "IDR", "rm": "MYR", "s/": "PEN", "s/.": "PEN", "₿": "", "₣": "FRF",
    "₤": "ITL GBP",
}  # fmt: skip

_PLAIN = re.compile(r"[0-9]+(?:\.[0-9]{1,2})?")
_BLANKS = re.compile("[ \t\u00a0\u2007\u2009\u202f]")
_DIGITS = re.compile(r"[^\x00-\x7f]")
_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_MARKS = str.maketrans({"\u2019": "'", "\u2212": "-", "\u066b": ",", "\u066c": "'"})
# A dash in place of the cents: "12.–", "12,-".
_DASH = re.compile(r"(?<=[0-9][.,])[ ]?[-–—]{1,2}(?=\D*$)")
_PARTS = re.compile(r"([^0-9]*)([0-9](?:[0-9.,' ]*[0-9])?)([^0-9]*)")


def _groups(marks: str) -> re.Pattern[str]:
    """A pattern of digits in groups of three with one of these marks between them; with commas also as in India."""
    thousands = "|".join(f"[1-9][0-9]{{0,2}}(?:{re.escape(mark)}[0-9]{{3}})+" for mark in marks)
    lakhs = "|[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}" if "," in marks else ""
    return re.compile(thousands + lakhs)


_GROUPED = _groups(",.' ")
_BEFORE_MARK = ((".", _groups(",' ")), (",", _groups(".' ")))
_NO_DIGIT = re.compile("[^0-9]")


def parse(text: str, currency: str) -> Decimal:
    """Reads `12,50`, `1 299,00 €`, `$1,299.00`, `.8800`, `1'299.00`, `12.–`, `₹1,29,900.00` as an amount in `currency`.

    A sign, code or name next to the number must denote that currency, perhaps among others (`$`, `kr`).
    A single mark followed by three digits (`1,299`, `12.500`) can mean thousands or decimals and is refused.
    Zeros from the fourth decimal on are ignored, since databases export them. Raises Invalid.
    """
    if _PLAIN.fullmatch(text):
        integer, _, fraction = text.partition(".")
    else:
        integer, fraction = _split_number(_number(_normal(text), currency))
    if len(fraction) > price.DECIMALS + 1:
        fraction = fraction[: price.DECIMALS] + fraction[price.DECIMALS :].rstrip("0")
    return price.from_digits(integer.lstrip("0") or "0", fraction)


def _normal(text: str) -> str:
    """Converts digits and signs of every script and width to ASCII."""
    if not text.isascii():
        text = _DIRECTION.sub("", trim(text)).translate(_MARKS)
        text = _BLANKS.sub(" ", _DIGITS.sub(_ascii, text))
    return _DASH.sub("00", text.replace("\t", " ").strip())


def _ascii(found: re.Match[str]) -> str:
    character = found.group()
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    return unicodedata.normalize("NFKC", character) if "\uff01" <= character <= "\uffe6" else character


def _number(plain: str, currency: str) -> str:
    """The number, after checking that the text around it denotes the currency."""
    if not plain:
        raise Invalid("required", "is missing")
    parts = _PARTS.fullmatch(plain)
    if not parts:
        raise Invalid("number", "is not a price; write it like 1299.00")
    before, number, after = parts.groups()
    if "-" in before or (before.lstrip().startswith("(") and after.endswith(")")):
        raise Invalid("negative", "must not be negative")
    if before[-1:] in (".", ",") and _key(before) not in _currencies():
        if before[-2:-1].isalpha():
            raise Invalid("number", "is not a price; write it like 1299.00")
        before, number = before[:-1], before[-1] + number
    _check_currency(_key(before), _key(after), currency)
    return number


def _check_currency(before: str, after: str, currency: str) -> None:
    if not before and not after:
        return
    possible = _currencies().get(before or after)
    if possible is None or (before and after):
        raise Invalid("number", "is not a price; write it like 1299.00")
    if currency not in possible:
        word = before or after
        raise Invalid("currency", f"is in another currency ({word}) than {currency}", found=word, currency=currency)


def named(word: str) -> frozenset[str]:
    """The codes of the currencies that a sign, code or name can mean."""
    return _currencies().get(_key(word), frozenset())


def _key(word: str) -> str:
    return " ".join(word.split()).casefold()


@cache
def _currencies() -> dict[str, frozenset[str]]:
    """Currencies by what can appear next to a number: codes, and signs and names in the languages of the pages."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for sign, codes in _SIGNS.items():
        found[sign].update(codes.split())
    for code in list_currencies():
        found[_key(code)].add(code)
        for language in LANGUAGES:
            found[_key(get_currency_symbol(code, locale=language))].add(code)
            for count in (None, 1, 2):
                found[_key(get_currency_name(code, count, locale=language))].add(code)
    return {word: frozenset(codes) for word, codes in found.items()}


def _split_number(number: str) -> tuple[str, str]:
    """The digits before and after the decimal mark, without thousands separators, which are checked."""
    if _GROUPED.fullmatch(number):
        if number.count(",") + number.count(".") == 1:
            raise Invalid("ambiguous", "can mean thousands or decimals; write it with two decimals, like 1299.00")
        return _NO_DIGIT.sub("", number), ""
    for decimal_mark, grouped in _BEFORE_MARK:
        integer, mark, fraction = number.rpartition(decimal_mark)
        if mark and fraction.isdigit():
            if integer == "" or integer.isdigit():
                return integer, fraction
            if grouped.fullmatch(integer):
                return _NO_DIGIT.sub("", integer), fraction
    if number.isdigit():
        return number, ""
    raise Invalid("number", "mixes its separators; write it like 1299.00")
