"""Rules for the texts of a product: what is trimmed, what is refused, and which SKUs are equal.

Each rule takes the text as received, returns it as stored, and raises Invalid.
"""

import re
import unicodedata

from serving.bodies import Invalid

NAME_MAX = 200
SKU_MAX = 64
DESCRIPTION_MAX = 10_000
# Room for sku_key, which expands a character to at most three.
SKU_KEY_MAX = 255

# Character sets for regular expressions in Python and in JSON Schema (ECMA 262): up to U+FFFF as escapes, above it as
# literal characters, since the two share no escape notation for those.
# Unicode's control characters (category Cc) except tab and line breaks, and noncharacters (Unicode, 23.7).
_NONE = r"\ufdd0-\ufdef\ufffe\uffff" + "".join(
    chr(plane * 0x10000 + last) for plane in range(1, 17) for last in (0xFFFE, 0xFFFF)
)
_IN_NO_TEXT = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f" + _NONE
_IN_NO_LINE = r"\u0000-\u001f\u007f-\u009f\u2028\u2029" + _NONE
_BLANKS = r"\t\n\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
# Invisible characters (Default_Ignorable_Code_Point, annotations, the braille blank). At the end of a name, some of
# them belong to the preceding character: joiners, variation selectors, the tags of flags.
_IGNORED_AT_ENDS = (
    r"\u00ad\u034f\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
)
IGNORED = _IGNORED_AT_ENDS + r"\u17b4\u17b5\u180b-\u180d\u180f\u200c\u200d\ufe00-\ufe0f" + "\U000e0000-\U000e0fff"

# The rules below as patterns for the OpenAPI document.
TEXT_PATTERN = rf"^[^{_IN_NO_TEXT}]*$"
NAME_PATTERN = (
    rf"^[{_BLANKS}{IGNORED}]*[^{_IN_NO_TEXT}{_BLANKS}{IGNORED}]"
    rf"([^{_IN_NO_LINE}]{{0,{NAME_MAX - 2}}}[^{_IN_NO_TEXT}{_BLANKS}{_IGNORED_AT_ENDS}])?"
    rf"[{_BLANKS}{_IGNORED_AT_ENDS}]*$"
)
SKU_PATTERN = (
    rf"^[{_BLANKS}{IGNORED}]*[^{_IN_NO_TEXT}{_BLANKS}{IGNORED}]"
    rf"([^{_IN_NO_LINE}{IGNORED}]{{0,{SKU_MAX - 2}}}[^{_IN_NO_TEXT}{_BLANKS}{IGNORED}])?"
    rf"[{_BLANKS}{IGNORED}]*$"
)

_HALVES = "\ud800-\udfff"
_LINE_CONTROLS = re.compile(f"[{_IN_NO_LINE}{_HALVES}]")
_TEXT_CONTROLS = re.compile(f"[{_IN_NO_TEXT}{_HALVES}]")
_INVISIBLE = re.compile(f"[{IGNORED}]")
_FIRST_SHOWN = re.compile(f"[^{_BLANKS}{IGNORED}]")
_LAST_KEPT = re.compile(f"[^{_BLANKS}{_IGNORED_AT_ENDS}]")
_LINE_BREAKS = re.compile("\r\n?")
# The characters that begin and end a directional embedding or isolate (Unicode Standard Annex 9).
_DIRECTION_BEGINS, _DIRECTION_ENDS = re.compile("[\u202a\u202b\u202d\u202e\u2066-\u2068]"), re.compile("[\u202c\u2069]")


def name(value: str) -> str:
    """One line of 1 to 200 characters, at least one of them visible. Invisible characters at both ends are dropped."""
    return _bounded(_line(trim(_without(_TEXT_CONTROLS, value)), "must not be blank"), NAME_MAX)


def sku(value: str) -> str:
    """One line of 1 to 64 characters, all of them visible or blanks; kept character for character."""
    if value.isascii() and value.isprintable() and (plain := value.strip()):
        return _bounded(plain, SKU_MAX)
    shown = _between(_without(_TEXT_CONTROLS, value), _FIRST_SHOWN)
    line = _line(shown, "must not be blank; leave it out if there is none")
    if found := _INVISIBLE.search(line):
        character, called = f"U+{ord(found.group()):04X}", unicodedata.name(found.group(), "no name").lower()
        detail = f"contains {character} ({called}), which is invisible"
        raise Invalid("invisible_character", detail, character=character, name=called)
    return _bounded(line, SKU_MAX)


def description(value: str) -> str:
    """Any number of lines, at most 10 000 characters; line breaks are stored as line feeds."""
    value = _without(_TEXT_CONTROLS, value)
    value = (_LINE_BREAKS.sub("\n", value) if "\r" in value else value).strip()
    return _bounded(value, DESCRIPTION_MAX)


def sku_key(value: str) -> str:
    """The key that equal SKUs share: it ignores case, Unicode composition, and kind and number of blanks."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", " ".join(value.split())).casefold())


def trim(value: str) -> str:
    """Removes blanks and invisible characters at both ends."""
    if value.isascii():
        return value.strip()
    core = _between(value, _LAST_KEPT)
    # Keep the characters that end the embeddings within the text.
    begun = len(_DIRECTION_BEGINS.findall(core)) - len(_DIRECTION_ENDS.findall(core))
    if begun > 0:
        core += "".join(_DIRECTION_ENDS.findall(value[value.rfind(core) + len(core) :])[:begun])
    return core


def _between(value: str, last: re.Pattern[str]) -> str:
    """The text from the first visible character to the last match of `last`."""
    first, end = _FIRST_SHOWN.search(value), last.search(value[::-1])
    return value[first.start() : len(value) - end.start()] if first and end else ""


def _line(value: str, when_blank: str) -> str:
    """The trimmed text if it is not blank and is a single line."""
    if not value:
        raise Invalid("blank", when_blank)
    return _without(_LINE_CONTROLS, value)


def _without(controls: re.Pattern[str], value: str) -> str:
    # Most texts are printable, and isprintable is ten times as fast. It is false for controls, surrogate halves and
    # unassigned characters.
    found = None if value.isprintable() else controls.search(value)
    if found:
        character = f"U+{ord(found.group()):04X}"
        raise Invalid("control_character", f"contains {character}, which is not allowed in a text", character=character)
    return value


def _bounded(value: str, most: int) -> str:
    if len(value) > most:
        raise Invalid("too_long", f"has {len(value)} characters; at most {most} are allowed", limit=most)
    return value
