"""The message for each kind of error, in the person's language; the services' own messages are for programs."""

from collections.abc import Mapping, Sequence

from flask_babel import gettext as _

import catalog.charsets
from catalog.wire import Actor, ImportFault
from display_product.formats import example_price, number
from serving.answers import FieldError

LINE_BREAKS = ("U+000A", "U+000B", "U+000C", "U+000D", "U+0085", "U+2028", "U+2029")
NOTHING: Mapping[str, str | int] = {}


def label(field: str | None) -> str:
    """The label of a field."""
    names = {"name": _("Name"), "sku": _("SKU"), "description": _("Description"), "price": _("Price")}
    return names.get(field or "", field or "")


def who(actor: Actor) -> str:
    """Who made a change."""
    match actor.kind:
        case "anonymous":
            return _("someone who was not signed in")
        case "token":
            return _("the program “%(name)s”", name=actor.name)
        case "workload":
            return _("the workload “%(name)s”", name=actor.name)
    return actor.name


def of_field(code: str, field: str | None, params: Mapping[str, str | int] = NOTHING) -> str:
    """Says what is wrong with a field."""
    if field == "price" and (found := _of_price(code, params)):
        return found
    match code:
        case "required" | "blank" if field == "name":
            return _("Enter a name.")
        case "required" | "blank" if field == "sku":
            return _("Enter an SKU with at least one visible character, or leave the field empty.")
        case "too_long":
            return _("Shorten it to at most %(most)s characters.", most=_number(params, "limit"))
        case "control_character":
            return _of_control(str(params.get("character", "")), field)
        case "invisible_character":
            return _("It contains the invisible character %(character)s (%(name)s); type it in instead of pasting it.",
                     character=params.get("character"), name=params.get("name"))  # fmt: skip
        case "exists" if field == "sku":
            return _("Another product already has this SKU; upper and lower case count as the same.")
        case "unknown":
            return _("The catalogue has no such field.")
        case "repeated_member":
            return _("This field appears more than once.")
        case "type":
            return _("This is not text.")
    return _("This value cannot be used.")


def _of_control(character: str, field: str | None) -> str:
    if character in LINE_BREAKS and field != "description":
        return _("Remove the line break; this must be a single line.")
    if character == "U+0009":
        return _("Remove the tab.")
    return _("Remove the invisible control character %(character)s; such characters often come with copied "
             "text.", character=character)  # fmt: skip


def _of_price(code: str, params: Mapping[str, str | int]) -> str | None:
    example = example_price()
    match code:
        case "required":
            return _("Enter a price, such as %(example)s; 0 is allowed.", example=example)
        case "number" | "type":
            return _("Write the price in digits, such as %(example)s.", example=example)
        case "ambiguous":
            return _("This can mean thousands or decimals. Write it with two decimals, such as %(example)s.",
                     example=example)  # fmt: skip
        case "negative":
            return _("The price must not be below zero.")
        case "decimals":
            return _("The price has too many decimals; use at most two.")
        case "digits":
            return _("The price is too high: at most %(most)s digits are allowed before the decimals.",
                     most=_number(params, "limit"))  # fmt: skip
        case "currency":
            return _("All prices are in the catalogue’s currency; enter only the number.")
    return None


def of_row(fault: ImportFault) -> str:
    """Says what is wrong with a row of a file."""
    params = fault.params
    match fault.code:
        case "repeated":
            return _("This is the same product as in row %(row)s.", row=_number(params, "row"))
        case "exists_alike":
            return _("Product %(id)s is identical and has no SKU either.", id=params.get("id"))
        case "exists":
            return _("Product %(id)s already has this SKU.", id=params.get("id"))
        case "no_column":
            return _("No product has this SKU yet, and the file lacks the column “%(field)s” that a new product needs.",
                     field=label(fault.field))  # fmt: skip
        case "lacking_column":
            return _("The file lacks the column “%(field)s”, so no new products can be created from its rows.",
                     field=label(fault.field))  # fmt: skip
        case "required" | "blank" if fault.field == "name":
            return _("The name is missing.")
        case "required" if fault.field == "price":
            return _("The price is missing.")
        case "cells":
            return _("The row has %(found)s cells, but the heading row has %(expected)s.",
                     found=_number(params, "found"), expected=_number(params, "expected"))  # fmt: skip
        case "quotation_marks":
            return _("The quotation marks in this row do not match, so it is unclear where its cells end.")
        case "malformed":
            return _("This line is not valid JSON.")
        case "line_too_long":
            return _("This line is too long.")
        case "similar_heading":
            return _("This column is not used, although its heading begins like a known one.")
        case "missing_column":
            return _("The file has no column “%(field)s”, so it can only update existing products.",
                     field=label(fault.field))  # fmt: skip
        case "failed_formula":
            return _("The spreadsheet’s formula failed here; the value is taken as it is.")
        case "rounded_number":
            return _("The spreadsheet has probably rounded this number, so its last digits are lost. Set the "
                     "column’s format to “Text” and enter the number again.")  # fmt: skip
        case "no_product":
            return _("The row has neither a price nor an SKU, so it is not a separate product.")
    return of_field(fault.code, fault.field, params)


def of_import(errors: Sequence[FieldError]) -> str:
    """Says why a change of an import is not possible."""
    match errors[0].code if errors else "":
        case "not_finished":
            return _("The import has not ended yet. Stop it first, or wait for its end.")
        case "nothing_recorded":
            return _("The history does not have what this import has changed, so it cannot be undone.")
        case "undone":
            return _("This import has been undone already.")
    return _("That is no longer possible. This is the current state of the import.")


def of_left(reason: str) -> str:
    """Says why an undo leaves a product alone."""
    match reason:
        case "changed":
            return _("It has been changed since.")
        case "deleted":
            return _("It has been deleted since.")
        case "undone":
            return _("It has been undone already.")
        case "present":
            return _("It is in the catalogue again.")
        case "sku_taken":
            return _("Another product has its SKU now.")
    return _("It has been changed since.")


def of_file(fault: FieldError) -> str:
    """Says why a whole file was refused."""
    params = fault.params
    match fault.code:
        case "twin_headings":
            return _("The columns “%(first)s” and “%(second)s” have the same name; rename one of them.",
                     first=params.get("first"), second=params.get("second"))  # fmt: skip
        case "encoding":
            return _("The file is not in UTF-8 (see line %(line)s in a text editor), and its encoding is uncertain. "
                     "It may be %(candidates)s. Choose the encoding, or save the file as UTF-8.",
                     line=_number(params, "line"), candidates=_charsets(params))  # fmt: skip
        case "charset":
            return _("This encoding is not supported. Choose another one, or save the file as UTF-8.")
        case "damaged" if params.get("encoding") == "UTF-8":
            return _("The file is in UTF-8, but line %(line)s (in a text editor) is damaged. Save the file again.",
                     line=_number(params, "line"))  # fmt: skip
        case "damaged":
            return _("Line %(line)s (in a text editor) is not in %(encoding)s. Choose another encoding, or save the "
                     "file as UTF-8.",
                     encoding=params.get("encoding"), line=_number(params, "line"))  # fmt: skip
        case "gone":
            return _("The file is no longer kept here. Choose it again.")
        case "failed" | "gave_up":
            return _("The catalogue could not process this file. It is not your fault: tell the people who run the "
                     "catalogue.")  # fmt: skip
        case "no_file":
            return _("Choose a file.")
        case "reused":
            return _("This form has already been used to send another file. Choose the file again.")
        case "empty":
            return _("The file is empty.")
        case "workbook":
            return _("The file is a workbook. Save it as CSV in your spreadsheet program (in Excel: “CSV UTF-8”).")
        case "binary":
            return _("The file is not text. Save it as CSV in the program that created it.")
        case "json":
            return _("The whole file is one JSON document. You can import CSV, or NDJSON with one product per line.")
        case "no_headings":
            return _("The first row must hold the headings, including “name” and “price”; “sku” and "
                     "“description” are optional. French headings and those of WooCommerce and Shopify are recognised "
                     "too.")  # fmt: skip
        case "quotation_marks":
            return _("The quotation marks in the heading row do not match, so it is unclear where its cells end.")
        case "too_many_lines":
            return _(
                "The file has more than %(most)s lines. Split it into smaller files.", most=_number(params, "limit")
            )
        case "line_too_long":
            return _("The file has a line of more than a million characters, so it is not a table.")
    return _("The file cannot be read as a table. Save it as CSV in UTF-8, with the headings in the first row.")


def _number(params: Mapping[str, str | int], name: str) -> str:
    """Formats a number from the parameters of an error, or returns nothing: the wire format does not guarantee it."""
    value = params.get(name)
    return number(value) if isinstance(value, int) else ""


def _charsets(params: Mapping[str, str | int]) -> str:
    called = dict(charsets())
    return ", ".join(called.get(name.lower(), name) for name in str(params.get("candidates", "")).split(", "))


def charsets() -> list[tuple[str, str]]:
    """The encodings that a person can choose for a file: names and labels."""
    windows, mac, dos = "Windows", "Mac", "DOS"
    called = {
        "utf-8": "Unicode (UTF-8)",
        "windows-1252": _("Western European (%(system)s)", system=windows),
        "macintosh": _("Western European (%(system)s)", system=mac),
        "ibm850": _("Western European (%(system)s)", system=dos),
        "iso-8859-15": _("Western European (%(system)s)", system="ISO-8859-15"),
        "windows-1250": _("Central European (%(system)s)", system=windows),
        "iso-8859-2": _("Central European (%(system)s)", system="ISO-8859-2"),
        "ibm852": _("Central European (%(system)s)", system=dos),
        "windows-1251": _("Cyrillic (%(system)s)", system=windows),
        "koi8-r": _("Cyrillic (%(system)s)", system="KOI8-R"),
        "ibm866": _("Cyrillic (%(system)s)", system=dos),
        "windows-1253": _("Greek"),
        "windows-1254": _("Turkish"),
        "windows-1255": _("Hebrew"),
        "windows-1256": _("Arabic"),
        "windows-1257": _("Baltic"),
        "windows-1258": _("Vietnamese"),
        "windows-874": _("Thai"),
        "shift_jis": _("Japanese (%(system)s)", system="Shift-JIS"),
        "euc-jp": _("Japanese (%(system)s)", system="EUC-JP"),
        "gb18030": _("Chinese, simplified"),
        "big5": _("Chinese, traditional"),
        "euc-kr": _("Korean"),
        "ibm437": _("American (%(system)s)", system=dos),
    }
    return [(name, called[name]) for name in catalog.charsets.CHOICES]


def of_parameter(name: str) -> str:
    """Says what is wrong with a query parameter of the list."""
    match name:
        case "limit":
            return _("The page size must be a whole number from 1 to 100.")
        case "after":
            return _(
                "This position in the list did not come from the catalogue, or belongs to another search or sort order."
            )
        case "sort":
            return _("The list cannot be sorted that way.")
        case "q":
            return _("The search is too long, or is not text. Use at most 200 characters and 10 words.")
    return _("The address is not valid.")
