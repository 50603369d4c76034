"""What each address costs the database: so many round trips and no more, and no more rows in a large catalogue."""

import csv
import io
import itertools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from werkzeug.test import TestResponse

from add_product import idempotency
from add_product.imports.runner import Runner
from apps import Api, etag
from bench.catalogue import items
from read_product.listing import SORT_NAMES

if TYPE_CHECKING:
    from mysql_server import MySQLServer

pytestmark = pytest.mark.parametrize("apps", [pytest.param("mysql", marks=pytest.mark.mysql)], indirect=True)
PATH = "/api/v1/products"
FIELDS = {"name": "New", "price": "1.00"}

Request = Callable[[Api, dict], TestResponse]
# Beside the ping before each use of a connection, which MySQL does not log.
READ = ["SELECT"]
REQUESTS: dict[str, tuple[Request, list[str]]] = {
    "list": (lambda api, _: api.read.get(PATH), READ),
    "sorted list": (lambda api, _: api.read.get(f"{PATH}?sort=-price&limit=100"), READ),
    "product": (lambda api, it: api.read.get(f"{PATH}/{it['id']}"), READ),
    "unchanged product": (
        lambda api, it: api.read.get(f"{PATH}/{it['id']}", headers={"If-None-Match": etag(it)}), READ),
    "no product": (lambda api, _: api.read.get(f"{PATH}/999999"), READ),
    "search of a small catalogue": (lambda api, _: api.read.get(f"{PATH}?q=thing"), [*READ, "SELECT"]),
    "signs only": (lambda api, _: api.read.get(f"{PATH}?q=*"), []),
    "add": (lambda api, _: api.add.post(PATH, json=FIELDS), ["INSERT", "COMMIT"]),
    "add once": (lambda api, _: api.add.post(PATH, json=FIELDS, headers={"Idempotency-Key": "k"}),
                 ["INSERT", "INSERT", "UPDATE", "COMMIT"]),
    "change": (lambda api, it: api.add.patch(f"{PATH}/{it['id']}", json={"price": "2"}, headers={"If-Match": "*"}),
               ["SELECT", "UPDATE", "COMMIT"]),
    "delete": (lambda api, it: api.add.delete(f"{PATH}/{it['id']}", headers={"If-Match": etag(it)}),
               ["SELECT", "DELETE", "COMMIT"]),
}  # fmt: skip

INDEXES = {"id": "PRIMARY", **{name: f"ix_product_{name}" for name in ("name", "price", "created_at")}}


@pytest.mark.parametrize("request_name", REQUESTS)
def test_a_request_makes_these_round_trips_and_no_others(
    api: Api, mysql_server: "MySQLServer", request_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What looks for imports, if another test has begun one, asks the database by itself.
    monkeypatch.setattr(Runner, "_take_one", lambda *_: False)
    send, expected = REQUESTS[request_name]
    product = api.create()
    api.get(product["id"])
    monkeypatch.setattr(idempotency, "_forgotten_at", math.inf)
    with mysql_server.recording() as commands:
        assert send(api, product).status_code < 500
    assert [statement.split()[0].upper() if statement else command for command, statement in commands] == expected


@pytest.fixture(params=["varied", "alike"])
def large(api: Api, mysql_server: "MySQLServer", request: pytest.FixtureRequest) -> None:
    """Products enough that MySQL might rather read and sort all of them, which it likes to if they are alike."""
    out = io.StringIO()
    rows = [(item.sku, item.name, f"box {item.description}", item.price) for item in items(3000)]
    if request.param == "alike":
        rows = [(f"A-{number}", f"Box {number}", "box " * 500, "1.00") for number in range(2500)]
    csv.writer(out).writerows([("sku", "name", "description", "price"), *rows])
    assert api.load(out.getvalue())["created"] == len(rows)
    mysql_server.execute("ANALYZE TABLE catalog.product")


@pytest.mark.usefixtures("large")
def test_no_list_is_sorted_or_read_as_a_whole(api: Api, mysql_server: "MySQLServer") -> None:
    for sort, searched in itertools.product(SORT_NAMES, ("", "&q=box")):
        with mysql_server.recording() as commands:
            first = api.read.get(f"{PATH}?sort={sort}{searched}&limit=20").json
            api.read.get(first["next"])
        statements = [statement for _, statement in commands if " FROM product " in statement.replace("\n", " ")]
        assert len(statements) == (4 if searched else 2)
        for statement in statements:
            (table,) = mysql_server.plan(statement)
            assert (table["type"] in ("index", "range"), table["key"]) == (True, INDEXES[sort.removeprefix("-")]), (
                statement
            )
            assert "filesort" not in (table["Extra"] or ""), statement
