"""Which products a search finds: those in which every word stands somewhere, accents and letter case aside."""

import re
from collections.abc import Iterable

from sqlalchemy import ColumnElement, and_, func, literal_column, or_, text
from sqlalchemy.dialects.mysql import match

from catalog.folding import bare, fold
from catalog.models import Product

QUERY_MAX = 200
WORDS_MAX = 10
# The rules below for readers of the OpenAPI document, as far as a pattern can say them: folding may part a word in two.
QUERY_PATTERN = rf"^\s*([^\s\u0000]+\s+){{0,{WORDS_MAX - 1}}}([^\s\u0000]+\s*)?$"

# Pieces that both indexes are sure to hold: letters and digits of the common planes.
_PIECE = re.compile(r"[^\W_\U00010000-\U0010ffff]+")
MYSQL_PIECE_MIN = 2
SQLITE_PIECE_MIN = 3
# MySQL refuses a phrase of more than 64 ngrams.
PIECE_MAX = 32
# Shorter ones are in too many SKUs by chance: "3/4" is no search for each SKU with 34 in it.
WITHIN_SKU_MIN = 4


def words(query: str) -> list[str]:
    """The words of a query, folded as the search text is. Raises ValueError when it is none that can be searched."""
    if "\x00" in query:
        raise ValueError("must not contain a NUL character")
    found = list(dict.fromkeys(fold(query).split()))
    number = max(len(query.split()), len(found))
    if number > WORDS_MAX:
        raise ValueError(f"has {number} words; at most {WORDS_MAX} are allowed")
    return found


def condition(found: list[str], dialect: str) -> ColumnElement[bool]:
    """The SQL condition for all of these words.

    LIKE decides. The index, which cannot tell every word from every other, only narrows down where LIKE looks;
    words of which it holds no piece (one letter, a sign) are looked for in every row.
    """
    exact = [_stands(word) for word in found]
    pieces = [piece[:PIECE_MAX] for word in found for piece in _PIECE.findall(word)]
    narrowing = _mysql(pieces) if dialect == "mysql" else _sqlite(pieces)
    return and_(*narrowing, *exact)


def _stands(word: str) -> ColumnElement[bool]:
    """Whether the word is in the search text, or but for its signs in the SKU, which is the first line."""
    anywhere = Product.search_text.contains(word, autoescape=True)
    code = bare(word)
    if code in ("", word):
        return anywhere
    sku = func.substr(Product.search_text, 1, func.instr(Product.search_text, "\n"))
    return or_(anywhere, sku.contains(code) if len(code) >= WITHIN_SKU_MIN else sku.startswith(code))


def _mysql(pieces: Iterable[str]) -> list[ColumnElement[bool]]:
    terms = [f'+"{piece}"' for piece in pieces if len(piece) >= MYSQL_PIECE_MIN]
    if not terms:
        return []
    return [match(Product.search_text.expression, against=" ".join(terms)).in_boolean_mode()]


def _sqlite(pieces: Iterable[str]) -> list[ColumnElement[bool]]:
    terms = [f'"{piece}"' for piece in pieces if len(piece) >= SQLITE_PIECE_MIN]
    if not terms:
        return []
    found = text("SELECT rowid FROM product_search WHERE product_search MATCH :terms").bindparams(
        terms=" AND ".join(terms)
    )
    return [Product.id.in_(found.columns(literal_column("rowid")))]
