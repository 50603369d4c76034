"""The first page of products by one function on the driver: what the services' gunicorn can do at the most."""

import os
import threading
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import MySQLdb
import MySQLdb.cursors
from sqlalchemy import make_url

STATEMENT = """
SELECT id, sku, name, description, price, version, created_at, updated_at FROM product ORDER BY id LIMIT 20
"""
Start = Callable[[str, list[tuple[str, str]]], Any]


def create_app() -> Callable[[dict[str, Any], Start], Iterable[bytes]]:
    """The application; each thread has a connection of its own."""
    url, kept = make_url(os.environ["DATABASE_URL"]), threading.local()
    encode = msgspec.json.Encoder().encode

    def connect() -> MySQLdb.Connection:
        return MySQLdb.connect(
            host=url.host, port=url.port, user=url.username, password=url.password, database=url.database,
            charset="utf8mb4", autocommit=True, cursorclass=MySQLdb.cursors.DictCursor,
        )  # fmt: skip

    def application(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        if not hasattr(kept, "connection"):
            kept.connection = connect()
        cursor = kept.connection.cursor()
        cursor.execute(STATEMENT)
        content = encode({"items": cursor.fetchall()})
        start("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(content)))])
        return [content]

    return application
