"""The whole catalogue as a file, streamed batch by batch, so that its size never counts in memory."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator

from flask import current_app
from sqlalchemy import select

from catalog import cells, products, wire
from catalog.database import reading
from catalog.models import Product

BATCH_FIRST = 25
"""Products of the first batch, of which it is not known how long they are: up to 40 kB each."""
BATCH_MAX = 200
PIECE = 256 * 1024
"""Characters that a batch should have; each counts in memory several times, for each reader."""
BYTE_ORDER_MARK = "\ufeff"

Lines = Callable[[Iterable[wire.Product]], str]


def stream(lines: Lines, first: list[wire.Product]) -> Iterator[bytes]:
    """The file's bytes from its first batch on; each further batch is read only when it is sent."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]

    def pieces() -> Iterator[bytes]:
        batch, most = first, BATCH_FIRST
        while batch:
            text = lines(batch)
            yield text.encode()
            if len(batch) < most:
                return
            most = min(BATCH_MAX, max(1, len(batch) * PIECE // len(text)))
            with app.app_context():
                batch = read_batch(most, batch[-1].id)

    return pieces()


def read_batch(most: int = BATCH_FIRST, after: int = 0) -> list[wire.Product]:
    """The next products by id."""
    statement = select(*products.COLUMNS).where(Product.id > after).order_by(Product.id).limit(most)
    with reading() as connection:
        return [products.from_row(row) for row in connection.execute(statement)]


def csv_heading() -> str:
    """First line of the CSV file. Spreadsheets take a file for UTF-8 only when it begins with a byte order mark."""
    return BYTE_ORDER_MARK + ",".join(cells.COLUMNS) + "\r\n"


def csv_lines(batch: Iterable[wire.Product]) -> str:
    """Products as lines of CSV (RFC 4180)."""
    out = io.StringIO()
    csv.writer(out).writerows(
        [
            cells.guard(str(getattr(product, column) or "")) if column != "price" else product.price
            for column in cells.COLUMNS
        ]
        for product in batch
    )
    return out.getvalue()


def ndjson_lines(batch: Iterable[wire.Product]) -> str:
    """Products as lines of JSON, exact."""
    return "".join(
        wire.encode({column: getattr(product, column) for column in cells.COLUMNS}).decode() + "\n" for product in batch
    )
