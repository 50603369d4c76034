"""What both FastAPI applications ask the database, through asyncmy's pool."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncmy
import asyncmy.cursors
from fastapi import FastAPI
from sqlalchemy import make_url

COLUMNS = "id, sku, name, description, price, version, created_at, updated_at"
POOL = 8
"""Connections of each process, as the catalogue's services keep."""


class Products:
    """The table."""

    _pool: Any

    async def page(self, after: int, limit: int) -> list[dict[str, Any]]:
        """The products behind this id."""
        return await self._rows(f"SELECT {COLUMNS} FROM product WHERE id > %s ORDER BY id LIMIT %s", (after, limit))

    async def one(self, product_id: int) -> dict[str, Any] | None:
        """The product with this id."""
        rows = await self._rows(f"SELECT {COLUMNS} FROM product WHERE id = %s", (product_id,))
        return rows[0] if rows else None

    @asynccontextmanager
    async def opened(self, app: FastAPI) -> AsyncIterator[None]:
        """The connections, while the application runs."""
        url = make_url(os.environ["DATABASE_URL"])
        self._pool = await asyncmy.create_pool(
            host=url.host, port=url.port, user=url.username, password=url.password, db=url.database, charset="utf8mb4",
            autocommit=True, minsize=POOL, maxsize=POOL,
        )  # fmt: skip
        yield
        self._pool.close()
        await self._pool.wait_closed()

    async def _rows(self, statement: str, values: tuple[int, ...]) -> list[dict[str, Any]]:
        async with self._pool.acquire() as connection, connection.cursor(asyncmy.cursors.DictCursor) as cursor:
            await cursor.execute(statement, values)
            rows: list[dict[str, Any]] = await cursor.fetchall()
            return rows
