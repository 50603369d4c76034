"""Rules for the texts of a product: what is trimmed, refused, and considered the same.

Each rule takes the text as received, returns it as stored, and raises Invalid.
"""

import re
import unicodedata

NAME_MAX = 200
SKU_MAX = 64
DESCRIPTION_MAX = 10_000
# Room for sku_key, which makes at most three characters of one.
SKU_KEY_MAX = 255

# The same rules for readers of the OpenAPI document, as JSON Schema writes patterns (ECMA 262).
_BLANKS = r"[^\S\u000b\u000c\u001c-\u001f\u0085]*"
_IN_LINE = r"[^\u0000-\u001f\u007f-\u009f\u2028\u2029]"
_VISIBLE = r"[^\s\u0000-\u001f\u007f-\u009f]"
TEXT_PATTERN = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$"

# Unicode's control characters (category Cc), halves of surrogate pairs, and the two separators that break a line.
_LINE_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_TEXT_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_LINE_BREAKS = re.compile("\r\n?")
_ACCENTS = re.compile("[\u0300-\u036f]")
_INVISIBLE_CATEGORIES = {"Cc", "Cf", "Zs", "Zl", "Zp"}


Params = dict[str, str | int]


class Invalid(ValueError):
    """What breaks a rule: `code` for programs, `detail` for people, `params` what the sentence speaks of."""

    def __init__(self, code: str, detail: str, **params: str | int) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.params: Params = params


def line_pattern(most: int) -> str:
    """JSON Schema pattern of one line with so many characters between the blanks at its ends."""
    return rf"^{_BLANKS}{_VISIBLE}({_IN_LINE}{{0,{most - 2}}}{_VISIBLE})?{_BLANKS}$"


def name(value: str) -> str:
    """One line of 1 to 200 characters, at least one of them visible."""
    return _bounded(_line(value, "must not be blank"), NAME_MAX)


def sku(value: str) -> str:
    """One line of 1 to 64 characters, at least one of them visible; kept character for character."""
    return _bounded(_line(value, "must not be blank; leave it out when there is none"), SKU_MAX)


def description(value: str) -> str:
    """Any number of lines, at most 10 000 characters; line breaks are stored as line feeds."""
    value = _LINE_BREAKS.sub("\n", _without(_TEXT_CONTROLS, value)).strip()
    return _bounded(value, DESCRIPTION_MAX)


def sku_key(value: str) -> str:
    """What makes two SKUs the same: letter case and Unicode composition do not count."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", value).casefold())


def fold(value: str) -> str:
    """The form in which texts are searched: no letter case, no accents, no compatibility variants."""
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", value))
    return unicodedata.normalize("NFC", plain).casefold()


def _line(value: str, when_blank: str) -> str:
    """The text without blanks at its ends, when one visible line remains."""
    value = _without(_TEXT_CONTROLS, value).strip()
    if all(unicodedata.category(character) in _INVISIBLE_CATEGORIES for character in value):
        raise Invalid("blank", when_blank)
    return _without(_LINE_CONTROLS, value)


def _without(controls: re.Pattern[str], value: str) -> str:
    found = controls.search(value)
    if found:
        character = f"U+{ord(found.group()):04X}"
        raise Invalid("control_character", f"contains {character}, which cannot stand in a text", character=character)
    return value


def _bounded(value: str, most: int) -> str:
    if len(value) > most:
        raise Invalid("too_long", f"has {len(value)} characters; at most {most} are allowed", limit=most)
    return value
