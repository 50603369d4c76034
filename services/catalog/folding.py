"""Folds texts and queries for search, so that spellings which people do not tell apart become the same.

The result is stored, so the rules must not change between Unicode releases. They depend only on the decomposition, the
case folding and the names of characters, which Unicode's stability policy guarantees. Changing a rule requires a
migration that refills `search_text`.
"""

import re
import unicodedata
from collections.abc import Iterator

from catalog.text import IGNORED

# Blocks with Latin and Cyrillic letters that Unicode does not decompose.
_BLOCKS = ((0xC0, 0x530), (0x1D00, 0x1DC0), (0x1E00, 0x1F00), (0x2C60, 0x2C80), (0xA640, 0xA6A0), (0xA720, 0xAB70))
# The name of such a letter contains its base: O WITH STROKE, LIGATURE OE, DOTLESS I, KA WITH DESCENDER.
_NAMED_AFTER_BASE = re.compile(
    r"(LATIN|CYRILLIC) (?:SMALL (?:LETTER|LIGATURE)|LETTER SMALL CAPITAL) "
    r"(?:(?:DOTLESS|OPEN|BARRED|SCRIPT|TURNED|REVERSED|STRAIGHT) )?(\w+)(?: WITH .+)?"
)
_SPELLINGS = {
    "ð": "d",
    "þ": "th",
    "ŋ": "n",
    "ĸ": "k",
    "ə": "e",
    "ʒ": "z",
    "ʃ": "s",
    "ƿ": "w",
    # Arabic without hamza and tatweel, and with one form of each letter for Arabic, Persian and Urdu.
    "ء": "",
    "ٴ": "",
    "ـ": "",
    "ٱ": "ا",
    "ى": "ي",
    "ی": "ي",
    "ے": "ي",
    "ک": "ك",
    "ة": "ه",
    "ہ": "ه",
    "ھ": "ه",
    "ە": "ه",
    # Yiddish.
    "װ": "וו",
    "ױ": "וי",
    "ײ": "יי",
}
# In addition, every character of category Pd becomes a hyphen.
_SIGNS = {
    **dict.fromkeys("`ʹʻʼʽʾʿˈˊˋ՚׳ߴߵ‘’‚‛′‵‹›❛❜❟ꞌ", "'"),
    **dict.fromkeys("«»ʺ״“”„‟❝❞❠⹂「」『』〝〞〟\U0001f676\U0001f677\U0001f678", '"'),
    **dict.fromkeys("−˗⁃➖", "-"),
    **dict.fromkeys("〜∼⁓", "~"),
    **dict.fromkeys("⁄∕", "/"),
    **dict.fromkeys("×✕✖", "x"),
}
# Characters that Unicode would decompose into a blank and an accent, and fractions, which would merge with a preceding
# digit.
_BEFORE_DECOMPOSITION = {
    **dict.fromkeys("\u00b4\u0384\u1fbd\u1fbf\u1ffd\u1ffe", "'"),
    "˝": '"',
    "˜": "~",
    "˚": "°",
    **{fraction: f" {fraction}" for fraction in "¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞↉"},
}
# Combining classes of accents, of overlays, and of Hebrew, Arabic and Syriac points. In other scripts, marks are vowels
# or form a different letter.
_ACCENTS = {1, *range(10, 37), *range(200, 241)}
# The characters from the first mark to the last digit.
_MARKS_AND_DIGITS = range(0x300, 0x1FC00)
_EARLY = re.compile(f"[{''.join(_BEFORE_DECOMPOSITION)}]")
_UNSEEN = re.compile(f"[{IGNORED}]")


def fold(value: str) -> str:
    """Removes letter case, accents, vowel points and invisible characters; unifies variants of letters and signs."""
    if value.isascii():
        plain = value.lower().replace("`", "'")
    else:
        plain = unicodedata.normalize("NFKD", _EARLY.sub(_replace_early, _UNSEEN.sub("", value))).casefold()
        plain = unicodedata.normalize("NFC", plain.translate(_DECOMPOSED))
    return plain.replace("''", '"')


def _replace_early(found: re.Match[str]) -> str:
    return _BEFORE_DECOMPOSITION[found.group()]


def _letters() -> Iterator[tuple[str, str]]:
    """Yields Latin and Cyrillic letters with their base letters."""
    for letter in (chr(code) for block in _BLOCKS for code in range(*block)):
        named = _NAMED_AFTER_BASE.fullmatch(unicodedata.name(letter, ""))
        match named and named.groups():
            case ("LATIN", base) if len(base) <= 2:
                yield letter, base.lower()
            case ("CYRILLIC", base):
                yield letter, unicodedata.lookup(f"CYRILLIC SMALL LETTER {base}")


def _marks_and_digits() -> Iterator[tuple[str, str]]:
    """Yields accents, hyphens and digits with their replacements."""
    for character in map(chr, _MARKS_AND_DIGITS):
        match unicodedata.category(character):
            case "Mn" if unicodedata.combining(character) in _ACCENTS:
                yield character, ""
            case "Me":
                yield character, ""
            case "Pd":
                yield character, "-"
            case "Nd":
                yield character, str(unicodedata.decimal(character))


# The table includes ASCII, since a failed lookup costs more than a successful one.
_ASCII = {chr(code): chr(code) for code in range(0x80)}
_DECOMPOSED = str.maketrans({**_ASCII, **dict(_letters()), **dict(_marks_and_digits()), **_SPELLINGS, **_SIGNS})
