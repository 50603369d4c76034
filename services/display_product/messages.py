"""The sentence for each kind of fault, in the person's language; the services' own sentences are for programs."""

import re

from flask_babel import gettext as _

from catalog import price, text
from display_product.formats import example_price, number

_NUMBER = re.compile(r"\d+")
_LIMITS = {"name": text.NAME_MAX, "sku": text.SKU_MAX, "description": text.DESCRIPTION_MAX}


def label(field: str | None) -> str:
    """What a field is called."""
    names = {"name": _("Name"), "sku": _("SKU"), "description": _("Description"), "price": _("Price")}
    return names.get(field or "", field or "")


def of_field(code: str, field: str | None, detail: str = "") -> str:
    """What is wrong with a field; `detail` is the service's own sentence, of which only numbers are used."""
    if field == "price":
        found = _of_price(code)
        if found:
            return found
    match code:
        case "required" | "blank" if field == "name":
            return _("Enter a name.")
        case "required" | "blank" if field == "sku":
            return _("Enter an SKU with at least one visible character, or leave the field empty.")
        case "too_long" if field in _LIMITS:
            most = _LIMITS[field]
            return _("Shorten it: at most %(most)s characters are possible.", most=number(most))
        case "control_character":
            return _("Remove the invisible control characters from it; they often come along when text is copied.")
        case "exists" if field == "sku":
            return _("Another product has this SKU already; capital and small letters count as the same.")
        case "markup":
            return _("The HTML in it cannot be read.")
        case "unknown":
            return _("The catalogue has no such field.")
        case "type":
            return _("This is not a text.")
    return _("This value cannot be used.")


def _of_price(code: str) -> str | None:
    example = example_price()
    match code:
        case "required":
            return _("Enter a price, such as %(example)s; 0 is possible too.", example=example)
        case "number" | "type":
            return _("Write the price in digits, such as %(example)s.", example=example)
        case "ambiguous":
            return _("This can mean thousands or decimals. Write it with two decimals, such as %(example)s.",
                     example=example)  # fmt: skip
        case "negative":
            return _("The price must not be below zero.")
        case "decimals":
            return _("The price has too many decimals; two are possible.")
        case "digits":
            return _("The price is too large: at most %(most)s digits are possible before the decimals.",
                     most=price.INTEGER_DIGITS)  # fmt: skip
        case "currency":
            return _("All prices are in the catalogue’s one currency; enter the number only.")
    return None


def of_row(code: str, field: str | None, detail: str) -> str:
    """What is wrong with a row of a file; numbers come out of the service's own sentence."""
    numbers = _NUMBER.findall(detail)
    match code:
        case "repeated" if numbers:
            return _("This is the product of line %(line)s again.", line=numbers[0])
        case "exists" if numbers and "no SKU" in detail:
            return _("Product %(id)s says the same and has no SKU either.", id=numbers[0])
        case "exists" if numbers:
            return _("Product %(id)s has this SKU already.", id=numbers[0])
        case "required" if detail.startswith("is not in the file"):
            return _("No product has this SKU yet, and for a new one the file lacks the column “%(field)s”.",
                     field=label(field))  # fmt: skip
        case "required" | "blank" if field == "name":
            return _("The name is missing.")
        case "required" if field == "price":
            return _("The price is missing.")
        case "cells" if len(numbers) == 2:
            return _("The row has %(found)s cells, the heading has %(expected)s.",
                     found=numbers[0], expected=numbers[1])  # fmt: skip
        case "malformed" if "quotation marks" in detail:
            return _("The quotation marks of this row do not match, so it cannot be told where its cells end.")
        case "malformed":
            return _("This line is not valid JSON.")
        case "too_long" if field is None:
            return _("This line is too long.")
        case "currency":
            return _("The cell names another currency; the number was taken as %(currency)s.",
                     currency=_currency_of(detail))  # fmt: skip
        case "no_product":
            return _("The row has neither price nor SKU, so it is not a product of its own.")
    return of_field(code, field, detail)


def _currency_of(detail: str) -> str:
    found = re.search(r"taken as ([A-Z]{3})", detail)
    return found.group(1) if found else ""


_DAMAGED = re.compile(r"Line (\d+) is not (.+), in which")
_HALF_UTF8 = re.compile(r"in UTF-8, but line (\d+)")
_OTHER_ENCODING = re.compile(r"Line (\d+) is not UTF-8, and the file seems to be in ([^,]+),")
_TWINS = re.compile(r"The columns “(.+)” and “(.+)” have the same name")


def of_file(detail: str) -> str:
    """Why a whole file was refused, told by the service's own sentence; a general hint when that is not known."""
    if found := _TWINS.search(detail):
        return _("The columns “%(first)s” and “%(second)s” have the same name; rename one of them.",
                 first=found[1], second=found[2])  # fmt: skip
    if found := _OTHER_ENCODING.search(detail):
        return _("The file seems to be in %(encoding)s (see line %(line)s); save it as UTF-8.",
                 encoding=found[2], line=found[1])  # fmt: skip
    if found := _DAMAGED.search(detail):
        return _("Line %(line)s is not %(encoding)s, in which the file seems to be; save it as UTF-8.",
                 encoding=found[2], line=found[1])  # fmt: skip
    if found := _HALF_UTF8.search(detail):
        return _("The file is in UTF-8, but line %(line)s is damaged; save it anew.", line=found[1])
    for part, sentence in (
        ("is empty", _("The file is empty.")),
        ("workbook", _("The file is a workbook. In the spreadsheet program, save it as CSV (in Excel: “CSV UTF-8”).")),
        ("binary", _("The file is not text. Save it as CSV from the program that made it.")),
        ("is JSON", _("The file is JSON as a whole. Import takes CSV, or NDJSON: one product on each line.")),
        ("no known headings", _("The first row must hold the headings, with “name” and “price” among them. “sku” and "
                                "“description” are known too, and so are the headings of WooCommerce and Shopify, "
                                "and French ones.")),
        ("million characters", _("The file has a line of more than a million characters: it is no table.")),
    ):  # fmt: skip
        if part in detail:
            return sentence
    return _("The file cannot be read as a table. Save it as CSV in UTF-8, with the headings in the first row.")


def of_parameter(name: str) -> str:
    """What is wrong with a part of the list's address."""
    match name:
        case "limit":
            return _("The page size must be a whole number from 1 to 100.")
        case "after":
            return _("The position in the list is none that the catalogue gave, or belongs to another sort order.")
        case "sort":
            return _("The list cannot be sorted like that.")
        case "q":
            return _("The search is too long, or is not text. At most 200 characters and 10 words are possible.")
    return _("The address cannot be understood.")
