"""Search: finds the products in which each word of the search begins a word, ignoring accents and letter case."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, literal_column, or_, text
from sqlalchemy.dialects.mysql import match

from catalog import words
from catalog.models import Product
from catalog.words import Alternative, Word

QUERY_MAX = 200
WORDS_MAX = 10
# Describes the rules below in the OpenAPI document, as far as a pattern can: folding may split a word in two.
QUERY_PATTERN = rf"^\s*([^\s\u0000]+\s+){{0,{WORDS_MAX - 1}}}([^\s\u0000]+\s*)?$"


def parse(query: str) -> list[Word]:
    """The words of a query. Raises ValueError if it has too many words or contains NUL."""
    if "\x00" in query:
        raise ValueError("must not contain a NUL character")
    parsed = words.of_search(query)
    number = max(len(query.split()), len(parsed))
    if number > WORDS_MAX:
        raise ValueError(f"has {number} words; at most {WORDS_MAX} are allowed")
    return parsed


def condition(search_words: Sequence[Word]) -> ColumnElement[bool]:
    """The condition that a product has all of these words, evaluated on its row."""
    return and_(*(or_(*(and_(*map(_contains_word, alternative)) for alternative in word)) for word in search_words))


def lookup(search_words: Sequence[Word], dialect: str) -> ColumnElement[bool]:
    """The same condition, looked up in the index."""
    return _mysql(search_words) if dialect == "mysql" else _sqlite(search_words)


def _contains_word(word: str) -> ColumnElement[bool]:
    return Product.search_text.contains(f"{words.BEFORE}{word}", autoescape=True)


def _mysql(search_words: Sequence[Word]) -> ColumnElement[bool]:
    def all_of(alternative: Alternative) -> str:
        return "(" + " ".join(f"+{word}*" for word in alternative) + ")"

    terms = " ".join("+(" + " ".join(map(all_of, word)) + ")" for word in search_words)
    return match(Product.search_text.expression, against=terms).in_boolean_mode()


def _sqlite(search_words: Sequence[Word]) -> ColumnElement[bool]:
    def all_of(alternative: Alternative) -> str:
        return "(" + " AND ".join(f'"{word}"*' for word in alternative) + ")"

    terms = " AND ".join("(" + " OR ".join(map(all_of, word)) + ")" for word in search_words)
    rows = text("SELECT rowid FROM product_search WHERE product_search MATCH :terms").bindparams(terms=terms)
    return Product.id.in_(rows.columns(literal_column("rowid")))
