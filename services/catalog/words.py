"""Splits products and search queries into words; each word of a query must be a prefix of a word of the product.

The result is stored, so the rules must not change between releases. They depend only on catalog.folding, and on the
characters of Unicode 3.2, which are those that MySQL treats as letters. Changing a rule requires a migration that
refills `search_text`.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from unicodedata import ucd_3_2_0

from catalog.folding import fold

LENGTH_MAX = 64
"""Words are cut to this many characters. MySQL's index leaves out words of more than 84."""
LENGTH_MIN = 3
"""MySQL's index leaves out shorter words, so these are padded."""
JOINED_MAX = 4
"""How many parts of a compound are joined. Each part begins a word, so a text can grow by this factor."""
UNSIGNED_MIN = 4
"""Shorter words match too many SKUs by chance: "3/4" must not find every SKU that begins with 34."""
PAD = "_"
BEFORE = " "
"""Precedes each word of a product."""

# Scripts without spaces: Thai, Lao, Myanmar, Khmer, kana, bopomofo, Han.
_SPACELESS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3031-\u3035\u3040-\u312f\u31a0-\u31bf\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua9e0-\ua9ff\uaa60-\uaa7f\uf900-\ufaff\U00020000-\U0003ffff"
)
# Arrows, signs and dingbats; emoji.
_SYMBOLS = "\u2190-\u2bff\U0001f000-\U0001faff"
_ASCII_SIGNS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
_ASCII_PART = re.compile("[a-z0-9]+")
_DIGITS_OR_LETTERS = re.compile(r"\d+|\D+")

Alternative = tuple[str, ...]
"""Prefixes, each of which some word of the product must begin with."""
Word = tuple[Alternative, ...]
"""A word of a query matches if one of its alternatives does."""


def of_product(sku: str | None, name: str, description: str) -> str:
    """The words of a product, each preceded by a space."""
    found = dict.fromkeys(_of_sku(fold(sku))) if sku else {}
    for compound in f"{fold(name)} {fold(description)}".split():
        # Most compounds are one plain word, at most followed by a comma.
        word = compound.strip(_ASCII_SIGNS)
        if word.isascii() and word.isalnum():
            found[word[:LENGTH_MAX]] = None
        else:
            found |= dict.fromkeys(_of_text(word))
    written = found if "".join(found).isascii() else map(_coded, found)
    return BEFORE + BEFORE.join([word if len(word) >= LENGTH_MIN else word.ljust(LENGTH_MIN, PAD) for word in written])


def of_search(text: str) -> list[Word]:
    """The words of a query. Text without letters, digits and symbols yields no word."""
    compounds = fold(text).split()
    return list(dict.fromkeys(word for compound in compounds if (word := _alternatives(_runs(compound)))))


def _of_text(compound: str) -> Iterator[str]:
    for run in _runs(compound):
        if _is_spaceless(run):
            yield from _pairs(run[0])
            yield run[0][-1]
        else:
            yield from (_join(run[first : first + JOINED_MAX]) for first in range(len(run)))


def _of_sku(folded: str) -> Iterator[str]:
    """Yields the words of a text and, from each run of letters or digits on, the rest of the SKU without signs."""
    for run in _runs(folded):
        if not _is_spaceless(run):
            parts = [part for each in run for part in _DIGITS_OR_LETTERS.findall(each)]
            yield from ("".join(parts[first:])[:LENGTH_MAX] for first in range(len(parts)))
    yield from _of_text(folded)


def _alternatives(runs: Sequence[list[str]]) -> Word:
    """The alternatives of a compound: as it is spelled, split into pieces, and without signs."""
    whole = [word for run in runs for word in _searched(run)]
    pieces = [word for run in runs for piece in _pieces(run) for word in _searched(piece)]
    found = {tuple(dict.fromkeys(map(_coded, words))): None for words in (whole, pieces) if words}
    unsigned = "".join(runs[0])[:LENGTH_MAX] if len(runs) == 1 and not _is_spaceless(runs[0]) else ""
    if len(unsigned) >= UNSIGNED_MIN:
        found[(_coded(unsigned),)] = None
    return tuple(found)


def _searched(run: list[str]) -> Iterator[str]:
    """Yields the prefixes that the words of a product must have to match a run as it is spelled."""
    if _is_spaceless(run):
        yield from _pairs(run[0]) if len(run[0]) > 1 else run[0]
    else:
        yield from (_join(run[first : first + JOINED_MAX]) for first in range(0, len(run), JOINED_MAX))


def _pieces(run: list[str]) -> Iterator[list[str]]:
    """Splits a run into parts, but keeps numbers joined by a sign together, since they mean something else apart."""
    piece = run[:1]
    for before, part in pairwise(run):
        if _between_digits(before, part):
            piece.append(part)
        else:
            yield piece
            piece = [part]
    yield piece


def _join(parts: Sequence[str]) -> str:
    """Joins the parts of a compound into one word without signs, but keeps a mark between digits ("3/4" is not 34)."""
    joined = parts[0]
    for before, part in pairwise(parts):
        joined += PAD + part if _between_digits(before, part) else part
    return joined[:LENGTH_MAX]


def _between_digits(before: str, after: str) -> bool:
    return before[-1].isdigit() and after[0].isdigit()


def _pairs(text: str) -> Iterator[str]:
    return map("".join, pairwise(text))


def _runs(compound: str) -> list[list[str]]:
    """Splits a compound at signs. Text in a script without spaces, or a symbol, is a run of its own."""
    if compound.isascii():
        parts = _ASCII_PART.findall(compound)
        return [parts] if parts else []
    runs: list[list[str]] = []
    joins = False
    for found in _part().finditer(compound):
        text = found.group()
        if found.lastgroup == "letters" and joins:
            runs[-1].append(text)
        else:
            runs.append([text])
        joins = found.lastgroup == "letters"
    return runs


def _is_spaceless(run: list[str]) -> bool:
    return _spaceless().match(run[0]) is not None


def _coded(word: str) -> str:
    """Encodes characters that MySQL would treat as signs by letters and digits that it knows."""
    return word if word.isascii() else _unknown().sub(_code, word)[:LENGTH_MAX]


def _code(unknown: re.Match[str]) -> str:
    return f"{PAD}{ord(unknown.group()):x}"


@cache
def _spaceless() -> re.Pattern[str]:
    return re.compile(f"[{_SPACELESS}]")


@cache
def _part() -> re.Pattern[str]:
    signs = _known("PSZ")
    return re.compile(
        rf"(?P<spaceless>[{_SPACELESS}]+)|(?P<symbol>[{_SYMBOLS}])|(?P<letters>[^\s\x00-\x1f{_SPACELESS}{_SYMBOLS}{signs}]+)"
    )


@cache
def _unknown() -> re.Pattern[str]:
    return re.compile(f"[^{PAD}{_known('LMN')}]")


def _known(categories: str) -> str:
    """The characters of these categories in Unicode 3.2, as ranges for a regular expression set."""
    ranges: list[list[int]] = []
    for code in range(0x10000):
        if ucd_3_2_0.category(chr(code))[0] in categories:
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "".join(f"\\u{first:04x}-\\u{last:04x}" for first, last in ranges)
