"""One page of the sorted and searched list, found by keyset, so that page 1000 costs what page 1 does."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute
from werkzeug.datastructures import MultiDict

from catalog import products, wire
from catalog.database import reading
from catalog.models import Product
from catalog.openapi import query
from catalog.problems import wrong_parameter
from read_product import cursor, search

LIMIT_DEFAULT = 20
LIMIT_MAX = 100
LIMIT = query(
    "limit",
    "How many items a page has at the most.",
    {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT},
)

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
    """What a page is asked for, checked."""

    limit: int
    sort: str
    words: list[str]
    after: tuple[cursor.Value, int] | None

    @property
    def name(self) -> str:
        """The field that the list is sorted by."""
        return self.sort.removeprefix("-")

    @property
    def descending(self) -> bool:
        """Whether the list begins with the greatest."""
        return self.sort.startswith("-")


def parse(arguments: MultiDict[str, str]) -> Query:
    """The query string, as far as its schemas let it pass. Raises a 400 problem that names the parameter."""
    sort, words = arguments.get("sort", SORT_DEFAULT), _words(arguments.get("q", ""))
    return Query(int(arguments.get("limit", LIMIT_DEFAULT)), sort, words, _after(arguments.get("after"), sort, words))


def _words(text: str) -> list[str]:
    try:
        return search.words(text)
    except ValueError as error:
        raise wrong_parameter("q", str(error)) from None


def _after(text: str | None, sort: str, words: list[str]) -> tuple[cursor.Value, int] | None:
    if text is None:
        return None
    try:
        return cursor.read(text, sort, words, SORTS[sort.removeprefix("-")][1])
    except ValueError as error:
        raise wrong_parameter("after", str(error)) from None


def page(query: Query) -> tuple[list[wire.Product], str | None]:
    """The products of the page, and the cursor behind the last one when more follow."""
    column, _ = SORTS[query.name]
    order = [column, Product.id] if query.name != "id" else [column]
    statement = (
        select(*products.COLUMNS)
        .order_by(*(each.desc() if query.descending else each for each in order))
        .limit(query.limit + 1)
    )
    with reading() as connection:
        if query.words:
            statement = statement.where(search.condition(query.words, connection.dialect.name))
        if query.after:
            statement = statement.where(_behind(column, query.descending, *query.after))
        rows = connection.execute(statement).all()
    found = [products.from_row(row) for row in rows[: query.limit]]
    if len(rows) <= query.limit:
        return found, None
    last = found[-1]
    return found, cursor.write(query.sort, query.words, getattr(last, query.name), last.id)


def _behind(
    column: InstrumentedAttribute[Any], descending: bool, value: cursor.Value, product_id: int
) -> ColumnElement[bool]:
    """Rows that sort behind the cursor. As a row constructor, `(price, id) > (p, i)`, MySQL would use no index."""
    if column is Product.id:
        return Product.id < product_id if descending else Product.id > product_id
    if descending:
        return or_(column < value, and_(column == value, Product.id < product_id))
    return or_(column > value, and_(column == value, Product.id > product_id))
