"""What reading takes: a page of products, one product, and pages that are asked again or lie deep in the list."""

import urllib.request
from collections.abc import Iterator
from urllib.parse import urlencode

from bench.load import Request
from bench.results import Table
from bench.rounds import Contender, Rounds
from bench.servers import Server, Stage
from catalog.settings import Settings
from read_product import cursor

PART = "reads"
LIST = "/api/v1/products"
PAGE = Request(LIST)
ONE = Request(f"{LIST}/500")
UNCACHED = {"CATALOG_READ_CACHE_SECONDS": "0"} if "read_cache_seconds" in Settings.__struct_fields__ else {}
WHOLE_TABLE_MAX = 1_000
"""Products up to which peers read the whole table, or half of it by OFFSET: of more, MySQL would be at it still when
the next one has its turn."""


def measure(stage: Stage, rounds: Rounds) -> Iterator[Table]:
    """A table for each kind of request."""
    read, naive = stage.service("read_product", **UNCACHED), stage.flask_peer("naive")
    bare = stage.fastapi_peer("fastapi_bare", "--no-access-log")
    full = stage.fastapi_peer("fastapi_full")
    yield rounds.table(PART, "a page of 20", stage.database, _page(stage, read, naive, bare, full))
    yield rounds.table(
        PART,
        "one product",
        stage.database,
        [
            Contender("read-product", read, ONE),
            Contender("FastAPI, bare", bare, Request("/products/500"), ratio=1.0, calmer=True),
            Contender("FastAPI, pydantic, log, metrics", full, Request("/products/500"), ratio=1.8, calmer=True),
            Contender("naive: ORM, jsonify", naive, Request("/products/500")),
        ],
    )
    known = Request(ONE.path, {"If-None-Match": _etag(read)})
    yield rounds.table(
        PART,
        "one product that has not changed: 304",
        stage.database,
        [Contender("read-product", read, known), Contender("read-product, the product itself", read, ONE)],
    )
    yield rounds.table(
        PART,
        "a hot page of 20",
        stage.database,
        [
            Contender("read-product, as it is by default", stage.service("read_product"), PAGE),
            Contender("read-product, page uncached", read, PAGE, ratio=3.0),
            Contender("FastAPI, bare", bare, Request("/products")),
        ],
    )
    middle = [
        Contender("read-product", read, Request(_middle(stage))),
        Contender("read-product, first page by price", read, Request(f"{LIST}?sort=price")),
    ]
    if stage.size <= WHOLE_TABLE_MAX:
        offset = Request(f"/products?sort=price&offset={stage.size // 2}")
        middle.append(Contender("naive: ORM, OFFSET", naive, offset))
    yield rounds.table(PART, "a page of 20 in the middle of the list by price", stage.database, middle)


def _page(stage: Stage, read: Server, naive: Server, bare: Server, full: Server) -> list[Contender]:
    contenders = [
        Contender("read-product", read, PAGE),
        Contender("FastAPI, bare", bare, Request("/products"), ratio=1.0, calmer=True),
        Contender("FastAPI, pydantic, log, metrics", full, Request("/products"), ratio=1.8, calmer=True),
        Contender("naive: ORM, jsonify", naive, Request("/products")),
        Contender("plain WSGI on the same gunicorn", stage.plain(), Request("/")),
    ]
    if stage.size <= WHOLE_TABLE_MAX:
        contenders.append(Contender("naive: the whole table", naive, Request("/products/all")))
    with urllib.request.urlopen(read.url + LIST) as answer:
        nginx = stage.nginx(answer.read())
    if nginx:
        contenders.append(Contender("nginx, the same bytes from a file", nginx, Request("/page")))
    return contenders


def _etag(read: Server) -> str:
    with urllib.request.urlopen(read.url + ONE.path) as answer:
        return str(answer.headers["ETag"])


def _middle(stage: Stage) -> str:
    connection = stage.database.connect()
    found = connection.cursor()
    found.execute(f"SELECT price, id FROM product ORDER BY price, id LIMIT 1 OFFSET {stage.size // 2}")
    ((price, product_id),) = found.fetchall()
    connection.close()
    return f"{LIST}?{urlencode({'sort': 'price', 'after': cursor.write('price', None, price, product_id)})}"
