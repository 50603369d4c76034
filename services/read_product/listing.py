"""One page of the sorted and searched list, by keyset pagination, so that page 1000 costs the same as page 1."""

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, bindparam, or_, select
from sqlalchemy.exc import InternalError, OperationalError
from sqlalchemy.orm import InstrumentedAttribute
from werkzeug.datastructures import MultiDict

from catalog import products, wire
from catalog.database import TOO_MUCH_WORK, error_code, reading
from catalog.models import Product
from catalog.statements import Statement
from catalog.words import Word
from read_product import cursor, planner, search
from serving.answers import FieldError
from serving.openapi import query
from serving.problems import unavailable, wrong_parameter

LIMIT_DEFAULT = 20
LIMIT_MAX = 100
LIMIT = query(
    "limit",
    "Maximum number of items per page.",
    {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT},
)

GLANCE, SCAN = 200, 2000
"""Numbers of products in list order that a search scans first: always, and unless a word is rare."""
SECONDS_MAX = 2
"""Maximum time of one statement in the database."""

SORTS: dict[str, tuple[InstrumentedAttribute[Any], type[cursor.Value]]] = {
    "id": (Product.id, int),
    "name": (Product.name, str),
    "price": (Product.price, Decimal),
    "created_at": (Product.created_at, datetime),
}
SORT_DEFAULT = "id"
SORT_NAMES = [sign + name for name in SORTS for sign in ("", "-")]


@dataclass(frozen=True)
class Query:
    """The validated query of a page."""

    limit: int
    sort: str
    words: list[Word] | None
    """None without a search; an empty list if the search contains only signs, which are part of no word."""
    after: tuple[cursor.Value, int] | None

    @property
    def name(self) -> str:
        """The field by which the list is sorted."""
        return self.sort.removeprefix("-")

    @property
    def descending(self) -> bool:
        """Whether the list is in descending order."""
        return self.sort.startswith("-")


def parse(arguments: MultiDict[str, str]) -> Query:
    """The query of a request whose parameters match their schemas. Raises a 400 problem that names the parameter."""
    sort, words = arguments.get("sort", SORT_DEFAULT), _words(arguments.get("q", ""))
    return Query(int(arguments.get("limit", LIMIT_DEFAULT)), sort, words, _after(arguments.get("after"), sort, words))


def _words(text: str) -> list[Word] | None:
    if not text.strip():
        return None
    try:
        return search.parse(text)
    except ValueError as error:
        raise wrong_parameter("q", str(error)) from None


def _after(text: str | None, sort: str, words: list[Word] | None) -> tuple[cursor.Value, int] | None:
    if text is None:
        return None
    try:
        return cursor.read(text, sort, words, SORTS[sort.removeprefix("-")][1])
    except ValueError as error:
        raise wrong_parameter("after", str(error)) from None


def page(query: Query) -> tuple[list[wire.Product], str | None]:
    """The products of the page, and the cursor after the last one if more follow."""
    if query.words == []:
        return [], None
    with reading() as connection:
        rows = _listed(connection, query) if query.words is None else _searched(connection, query, query.words)
    items = [products.from_row(row) for row in rows[: query.limit]]
    if len(rows) <= query.limit:
        return items, None
    last = items[-1]
    return items, cursor.write(query.sort, query.words, getattr(last, query.name), last.id)


def _listed(connection: Connection, query: Query) -> Sequence[Sequence[Any]]:
    """The page of a list without a search, plus one more product."""
    value, product_id = query.after or (None, None)
    statement = _list(query.sort, query.after is not None)
    return statement.rows(connection, limit=query.limit + 1, value=value, id=product_id)


@cache
def _list(sort: str, continued: bool) -> Statement:
    """The statement for a page of this list, from its beginning or from a cursor."""
    query = _with_parameters(sort, continued)
    return Statement(_bounded(_in_index_order(query, _products(query)).limit(bindparam("limit"))))


@cache
def _end(sort: str, continued: bool) -> Statement:
    """The statement for the position a given number of products after the beginning of this list, or after a cursor."""
    query = _with_parameters(sort, continued)
    column, _ = SORTS[query.name]
    statement = select(column, Product.id).where(*_after_cursor(query)).order_by(*_order(query))
    return Statement(_bounded(_in_index_order(query, statement).offset(bindparam("passed")).limit(1)))


def _with_parameters(sort: str, continued: bool) -> Query:
    column, _ = SORTS[sort.removeprefix("-")]
    position: Any = (bindparam("value", type_=column.type), bindparam("id", type_=Product.id.type))
    return Query(0, sort, None, position if continued else None)


def _searched(connection: Connection, query: Query, words: list[Word]) -> Sequence[Row[Any]]:
    """The page of a search, plus one more product. Raises a 503 problem if the search is too much work."""
    try:
        return _scanned(connection, query, words)
    except (OperationalError, InternalError) as error:
        if error_code(error) not in TOO_MUCH_WORK:
            raise
    detail = "takes the database too long; search for more or longer words"
    raise unavailable(f"The parameter q {detail}.", FieldError("q", detail, "too_much_work"))


def _scanned(connection: Connection, query: Query, words: list[Word]) -> Sequence[Row[Any]]:
    """Scans the beginning of the list, then looks up rare words in the index or scans the whole list.

    Most searches are for common words, and the short scans fill their page.
    """
    condition = search.condition(words)
    rows, is_whole = _scan(connection, query, condition, GLANCE)
    if is_whole:
        return rows
    sample = planner.take_sample(connection, words)
    looked_up = planner.rare(sample, words)
    if not looked_up:
        rows, is_whole = _scan(connection, query, condition, SCAN)
        if is_whole:
            return rows
        looked_up = planner.narrow(sample, words, len(rows) / SCAN, query.limit + 1)
    if looked_up:
        statement = _products(query, condition, search.lookup(looked_up, connection.dialect.name))
    else:
        statement = _in_index_order(query, _products(query, condition))
    return _rows(connection, query, statement)


def _scan(
    connection: Connection, query: Query, condition: ColumnElement[bool], number: int
) -> tuple[Sequence[Row[Any]], bool]:
    """The matches among the next `number` products, and whether they are the whole page, plus one more product."""
    end = _position(connection, query, number)
    rows = _rows(connection, query, _in_index_order(query, _products(query, condition, *_before(query, end))))
    return rows, end is None or len(rows) > query.limit


def _rows(connection: Connection, query: Query, statement: Select[*tuple[Any, ...]]) -> Sequence[Row[Any]]:
    """The page of these products, plus one more product."""
    return connection.execute(_bounded(statement.limit(query.limit + 1))).all()


def _products(query: Query, *conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return select(*products.COLUMNS).where(*_after_cursor(query), *conditions).order_by(*_order(query))


def _in_index_order(query: Query, statement: Any) -> Any:
    """Forces a read in index order: if products are very similar, MySQL would otherwise read and sort all of them."""
    index = "PRIMARY" if query.name == "id" else f"ix_product_{query.name}"
    return statement.with_hint(Product, f"FORCE INDEX ({index})", "mysql")


def _position(connection: Connection, query: Query, number: int) -> tuple[cursor.Value, int] | None:
    """The position `number` products after the cursor, whether or not they match the search."""
    value, product_id = query.after or (None, None)
    statement = _end(query.sort, query.after is not None)
    row = statement.row(connection, passed=number - 1, value=value, id=product_id)
    return row and (row[0], row[1])


def _bounded(statement: Any) -> Any:
    return statement.prefix_with(f"/*+ MAX_EXECUTION_TIME({SECONDS_MAX * 1000}) */", dialect="mysql")


def _order(query: Query) -> list[ColumnElement[Any]]:
    column, _ = SORTS[query.name]
    order = [Product.id] if column is Product.id else [column, Product.id]
    return [each.desc() if query.descending else each.asc() for each in order]


def _after_cursor(query: Query) -> list[ColumnElement[bool]]:
    """Conditions for rows that sort after the cursor."""
    return _beyond(query, *query.after, forward=True) if query.after else []


def _before(query: Query, end: tuple[cursor.Value, int] | None) -> list[ColumnElement[bool]]:
    """Conditions for rows that sort before this position."""
    return _beyond(query, *end, forward=False) if end else []


def _beyond(query: Query, value: cursor.Value, product_id: int, *, forward: bool) -> list[ColumnElement[bool]]:
    """Conditions for rows on one side of a position.

    With a row constructor, `(price, id) > (p, i)`, MySQL would use no index.
    """
    column, _ = SORTS[query.name]
    compare = operator.gt if forward != query.descending else operator.lt
    if column is Product.id:
        return [compare(Product.id, product_id)]
    return [or_(compare(column, value), and_(column == value, compare(Product.id, product_id)))]
