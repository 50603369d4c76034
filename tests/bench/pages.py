"""What the pages take, with the services behind them."""

import urllib.request
from collections.abc import Iterator

from bench.load import Request
from bench.results import Table
from bench.rounds import Contender, Rounds
from bench.servers import Stage

PART = "pages"


def measure(stage: Stage, rounds: Rounds) -> Iterator[Table]:
    """A table for each page, and for the list in two other ways."""
    read, add = stage.service("read_product"), stage.service("add_product")
    display = stage.service("display_product", CATALOG_READ_URL=read.url, CATALOG_ADD_URL=add.url)
    api = stage.flask_peer("naive")
    naive = stage.flask_peer("naive_pages", API_URL=api.url)

    def table(title: str, path: str, ratio: float | None, **headers: str) -> Table:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        contenders = [
            Contender("display-product", display, Request(path, given), behind=[read]),
            Contender("naive: requests.get", naive, Request(path), ratio=ratio, behind=[api]),
        ]
        return rounds.table(PART, title, stage.database, contenders)

    yield table("list page", "/products", 5.0)
    yield table("home page", "/", 5.0)
    yield table("page of one product", "/products/500", 5.0)
    yield table("list page, gzip", "/products", None, Accept_Encoding="gzip")
    with urllib.request.urlopen(f"{display.url}/products") as answer:
        etag = answer.headers["ETag"]
    yield table("list page that has not changed: 304", "/products", 10.0, If_None_Match=etag)
