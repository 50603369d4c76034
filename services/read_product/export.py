"""The whole catalogue as a file, streamed batch by batch, so that its size never counts in memory."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
from flask import current_app
from sqlalchemy import bindparam, select

from catalog import cells
from catalog.database import reading
from catalog.models import Product

BATCH_FIRST = 25
"""Products of the first batch, of which it is not known how long they are: up to 40 kB each."""
BATCH_MAX = 200
PIECE = 256 * 1024
"""Characters that a batch should have; each counts in memory several times, for each reader."""
BYTE_ORDER_MARK = "\ufeff"
COLUMNS = tuple(getattr(Product, name) for name in cells.COLUMNS)
"""What a file has of a product. No wire.Product is made: the times that nobody exports would be half of the work."""

_ENCODER = msgspec.json.Encoder()
_NEXT = (
    select(*COLUMNS, Product.id).where(Product.id > bindparam("after")).order_by(Product.id).limit(bindparam("most"))
)

Batch = Sequence[Sequence[Any]]
"""Rows of COLUMNS, and behind them the id."""
Lines = Callable[[Batch], str]


def stream(lines: Lines, first: Batch) -> Iterator[bytes]:
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
                batch = read_batch(most, batch[-1][-1])

    return pieces()


def read_batch(most: int = BATCH_FIRST, after: int = 0) -> Batch:
    """The next products by id."""
    with reading() as connection:
        return connection.execute(_NEXT, {"after": after, "most": most}).all()


def csv_heading() -> str:
    """First line of the CSV file. Spreadsheets take a file for UTF-8 only when it begins with a byte order mark."""
    return BYTE_ORDER_MARK + ",".join(cells.COLUMNS) + "\r\n"


def csv_lines(batch: Batch) -> str:
    """Products as lines of CSV (RFC 4180)."""
    out = io.StringIO()
    csv.writer(out).writerows(
        [cells.guard(cell) if isinstance(cell, str) else cell for cell in row[:-1]] for row in batch
    )
    return out.getvalue()


def ndjson_lines(batch: Batch) -> str:
    """Products as lines of JSON, exact."""
    return _ENCODER.encode_lines([dict(zip(cells.COLUMNS, row, strict=False)) for row in batch]).decode()
