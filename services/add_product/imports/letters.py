"""Estimates how plausible a decoded text is, from the letter pairs of the languages that its encoding serves.

The counts in letters.json come from words in the Unicode Common Locale Data Repository (CLDR): the names of countries,
languages, currencies and units, and of thousands of things with an emoji. `make letters` counts them again.
"""

import json
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from math import log
from pathlib import Path
from typing import Any

WESTERN = ("ca", "da", "de", "en", "es", "fi", "fr", "is", "it", "nl", "pt", "sv")
CENTRAL = ("cs", "de", "hr", "hu", "pl", "ro", "sk", "sl", "sq")
BALTIC = ("et", "lt", "lv")
CYRILLIC = ("bg", "ru", "sr", "uk")
TURKISH, GREEK, HEBREW, ARABIC, THAI, VIETNAMESE = ("tr",), ("el",), ("he",), ("ar", "fa"), ("th",), ("vi",)

# The encodings that are hard to tell apart in short files: the languages written in each, and (as a natural logarithm)
# how rare it is among today's files. An encoding with the same letters as a listed one is left out.
ENCODINGS: dict[str, tuple[tuple[str, ...], float]] = {
    "cp1252": (WESTERN, 0),
    "iso8859-15": (WESTERN, -2),
    "mac_roman": (WESTERN, -1),
    "cp850": (WESTERN, -1),
    "cp437": (WESTERN, -1),
    "cp865": (WESTERN, -3),
    "cp1250": (CENTRAL, 0),
    "iso8859-2": (CENTRAL, -2),
    "cp852": (CENTRAL, -2),
    "mac_latin2": (CENTRAL, -6),
    "cp1254": (TURKISH, 0),
    "cp857": (TURKISH, -3),
    "mac_turkish": (TURKISH, -6),
    "cp1257": (BALTIC, 0),
    "cp775": (BALTIC, -5),
    "cp1251": (CYRILLIC, 0),
    "koi8-r": (CYRILLIC, -2),
    "cp866": (CYRILLIC, -2),
    "iso8859-5": (CYRILLIC, -4),
    "mac_cyrillic": (CYRILLIC, -6),
    "cp1253": (GREEK, 0),
    "iso8859-7": (GREEK, -2),
    "cp737": (GREEK, -4),
    "cp1255": (HEBREW, 0),
    "cp862": (HEBREW, -4),
    "cp1256": (ARABIC, 0),
    "cp874": (THAI, -2),
    "cp1258": (VIETNAMESE, -3),
}
# Encodings with two-byte characters, and where each has its common characters: a codec, and the range of first bytes.
EAST_ASIAN = {
    "cp932": ("euc_jp", range(0xA4, 0xD0)),
    "euc_jp": ("euc_jp", range(0xA4, 0xD0)),
    "gb18030": ("gb2312", range(0xB0, 0xD8)),
    "cp950": ("big5", range(0xA4, 0xC7)),
    "cp949": ("euc_kr", range(0xB0, 0xC9)),
}

# Natural logarithms of probabilities, for what the counts do not cover.
IMPOSSIBLE = -25.0
_SPACE, _USUAL, _RARE, _ODD = -4.0, -6.0, -8.0, -11.0
_COMMON_IDEOGRAPH, _RARE_IDEOGRAPH, _KANA, _WIDTH_VARIANT, _LATIN_NEIGHBOUR = -7.6, -13.0, -4.5, -7.0, -4.0
_UNSEEN = 1e-6

_OPENING, _CLOSING, _BETWEEN_WORDS = "“‘«¿¡„‚‹", "”»›", "€£–—·½¼¾×•"
_WORD = re.compile(r"[^\s,;|\"]*[^\x00-\x7f][^\s,;|\"]*")
_LETTERS = re.compile(r"[^\W\d_]+(?:’[^\W\d_]+)*")
_NAMES = (
    "territories", "languages", "scripts", "variants", "currency_names", "currency_names_plural", "months", "days",
    "date_fields", "unit_patterns", "unit_display_names", "time_zones", "meta_zones",
)  # fmt: skip


def likelihood(words: Iterable[str], codec: str) -> float:
    """The log likelihood of these words, decoded with this codec; only meaningful in comparisons."""
    text = " ".join(dict.fromkeys(_WORD.findall(unicodedata.normalize("NFC", " ".join(words)))))
    if codec in EAST_ASIAN:
        return sum(_ideograph(before, after, codec) for before, after in _pairs(text))
    languages, rarity = ENCODINGS[codec]
    return rarity + max(sum(_step(*pair, language) for pair in _pairs(text)) for language in languages)


def is_possible(words: Iterable[str]) -> bool:
    """Whether no character is where it cannot be: a currency sign inside a word, a capital after a small letter."""
    return all(_step(*pair, "en") > IMPOSSIBLE for word in words for pair in _pairs(word))


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Yields pairs of neighbours at least one of which is non-ASCII, with a blank added at both ends."""
    padded = f" {text} "
    return ((before, after) for before, after in pairwise(padded) if max(before, after) > "\x7f")


@lru_cache(maxsize=65536)
def _step(before: str, after: str, language: str) -> float:
    """The log likelihood of one character after another."""
    first, second = _is_letter(before), _is_letter(after)
    if first and second and not _can_be_neighbours(before, after):
        return IMPOSSIBLE
    if before > "\x7f" and not first and _clings_wrongly(before, after):
        return IMPOSSIBLE
    if after > "\x7f" and not second:
        return _symbol(before, after)
    if not first and not second:
        return 0.0
    return _transition(before.lower()[0] if first else " ", after.lower()[0] if second else " ", language)


def _transition(before: str, after: str, language: str) -> float:
    pairs, letters, total = _counts()[language]
    seen = pairs.get(before + after, 0) / (letters.get(before, 0) + 1)
    return log(0.85 * seen + 0.15 * letters.get(after, 0) / total + _UNSEEN)


def _symbol(before: str, symbol: str) -> float:
    """The log likelihood of a symbol, which is not a letter, after a character."""
    if unicodedata.category(symbol) in ("Cc", "Co", "Cn") or symbol == "\ufffd":
        return IMPOSSIBLE
    if symbol == "\xa0":
        return _SPACE
    if symbol in _OPENING:
        return IMPOSSIBLE if before.isalnum() else _USUAL
    if symbol in _CLOSING:
        return IMPOSSIBLE if before == " " and symbol != "»" else _USUAL
    if symbol in "…°²³":
        return _RARE
    if symbol in "™®©":
        return _ODD
    if _is_letter(before):
        return IMPOSSIBLE
    return _USUAL if symbol in _BETWEEN_WORDS else _ODD


def _clings_wrongly(symbol: str, after: str) -> bool:
    if symbol in _OPENING:
        return after == " " and symbol != "«"
    if symbol == "\xa0":
        return False
    return after.isalpha() or (symbol in _CLOSING and after.isdigit())


def _can_be_neighbours(before: str, after: str) -> bool:
    if before.islower() and after.isupper():
        return False
    return unicodedata.category(after)[0] == "M" or _script(before) == _script(after)


def _is_letter(character: str) -> bool:
    return character == "’" or character.isalpha() or unicodedata.category(character)[0] == "M"


@cache
def _script(letter: str) -> str:
    return "LATIN" if letter < "\x80" or letter == "’" else unicodedata.name(letter, "?").split()[0]


@lru_cache(maxsize=65536)
def _ideograph(before: str, after: str, codec: str) -> float:
    if after <= "\x7f":
        return _LATIN_NEIGHBOUR if after.islower() else 0.0
    neighbour = _LATIN_NEIGHBOUR if before <= "\x7f" and before.islower() else 0.0
    if unicodedata.category(after) in ("Cc", "Co", "Cn") or after == "\ufffd":
        return IMPOSSIBLE
    if _script(after) in ("HIRAGANA", "KATAKANA"):
        return _KANA + neighbour
    if _script(after) in ("HALFWIDTH", "FULLWIDTH", "IDEOGRAPHIC"):
        return _WIDTH_VARIANT + neighbour
    standard, common = EAST_ASIAN[codec]
    try:
        is_common = after.encode(standard)[0] in common
    except UnicodeEncodeError:
        is_common = False
    return (_COMMON_IDEOGRAPH if is_common else _RARE_IDEOGRAPH) + neighbour


@cache
def _counts() -> dict[str, tuple[dict[str, int], dict[str, int], int]]:
    """Per language, counts of letter pairs and of their first letters (a blank marks a word's end), and the total."""
    counts = json.loads(files(__package__).joinpath("letters.json").read_bytes())
    return {
        language: (counted["pairs"], counted["letters"], sum(counted["letters"].values()))
        for language, counted in counts.items()
    }


def count(language: str, annotations: Path) -> dict[str, dict[str, int]]:
    """Counts the letters of a language, and those pairs that have a non-ASCII letter."""
    from babel import localedata

    names = localedata.load(language, merge_inherited=False)
    annotated = json.loads((annotations / language / "annotations.json").read_bytes())
    texts = [*_texts([names.get(kind) for kind in _NAMES]), *_texts(annotated["annotations"]["annotations"])]
    words = [word.lower() for text in texts for word in _LETTERS.findall(text)]
    pairs = Counter(a + b for word in words for a, b in pairwise(f" {word} "))
    letters: Counter[str] = Counter()
    for pair, number in pairs.items():
        letters[pair[0]] += number
    return {
        "pairs": {pair: pairs[pair] for pair in sorted(pairs) if not pair.isascii()},
        "letters": dict(sorted(letters.items())),
    }


def _texts(data: Any) -> Iterator[str]:
    """Yields all strings in nested lists and dicts."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, (list, dict)):
        for item in data.values() if isinstance(data, dict) else data:
            yield from _texts(item)


if __name__ == "__main__":
    languages = sorted({language for served, _ in ENCODINGS.values() for language in served})
    counts = {language: count(language, Path(sys.argv[1])) for language in languages}
    lines = (f"{json.dumps(each)}: {json.dumps(counts[each], ensure_ascii=False)}" for each in languages)
    print("{" + ",\n".join(lines) + "}")
