"""Exports the whole catalogue as a file, streamed in batches, so that memory use does not depend on its size."""

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
"""Products in the first batch, whose lengths are not known yet: up to 40 kB each."""
BATCH_MAX = 200
PIECE = 256 * 1024
"""Target size of a batch in characters; each takes memory several times, for each client."""
BYTE_ORDER_MARK = "\ufeff"
COLUMNS = tuple(getattr(Product, name) for name in cells.COLUMNS)
"""The columns of an export. No wire.Product is built: its timestamps, which no export has, would be half the work."""

_ENCODER = msgspec.json.Encoder()
_NEXT = (
    select(*COLUMNS, Product.id).where(Product.id > bindparam("after")).order_by(Product.id).limit(bindparam("most"))
)

Batch = Sequence[Sequence[Any]]
"""Rows of COLUMNS, each followed by the id."""
Lines = Callable[[Batch], str]


def stream(lines: Lines, first: Batch) -> Iterator[bytes]:
    """The file's bytes from its first batch on; each later batch is read only when it is about to be sent."""
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
    """The next `most` products by id, after this id."""
    with reading() as connection:
        return connection.execute(_NEXT, {"after": after, "most": most}).all()


def csv_heading() -> str:
    """The first line of the CSV file. Spreadsheets treat a file as UTF-8 only if it begins with a byte order mark."""
    return BYTE_ORDER_MARK + ",".join(cells.COLUMNS) + "\r\n"


def csv_lines(batch: Batch) -> str:
    """Products as lines of CSV (RFC 4180)."""
    out = io.StringIO()
    csv.writer(out).writerows(
        [cells.guard(cell) if isinstance(cell, str) else cell for cell in row[:-1]] for row in batch
    )
    return out.getvalue()


def ndjson_lines(batch: Batch) -> str:
    """Products as lines of JSON, with unchanged texts."""
    return _ENCODER.encode_lines([dict(zip(cells.COLUMNS, row, strict=False)) for row in batch]).decode()
