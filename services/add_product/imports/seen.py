"""Remembers which products a file has already named, in a temporary table so that long files take no more memory."""

import hashlib
import sqlite3
from types import TracebackType
from typing import Any, Self

from add_product.imports import identity


class Seen:
    """Remembers the row and line of each key."""

    def __init__(self) -> None:
        # An empty name is a private temporary database, which SQLite spills to disk once it outgrows the cache.
        self._table = sqlite3.connect("", isolation_level=None)
        self._table.execute("PRAGMA journal_mode=OFF")
        self._table.execute("CREATE TABLE seen (key BLOB PRIMARY KEY, row INTEGER, line INTEGER) WITHOUT ROWID")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._table.close()

    def first(self, values: dict[str, Any], row: int, line: int) -> tuple[int, int]:
        """Notes this SKU, or product without SKU, and returns the row and line where it was first seen: maybe here."""
        key = hashlib.blake2b(repr(identity.of(values)).encode(), digest_size=16).digest()
        if self._table.execute("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", (key, row, line)).rowcount:
            return row, line
        found: tuple[int, int] = self._table.execute("SELECT row, line FROM seen WHERE key = ?", (key,)).fetchone()
        return found
