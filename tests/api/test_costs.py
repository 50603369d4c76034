"""What each address costs the database: so many round trips and no more, and no more rows in a large catalogue."""

import csv
import io
import itertools
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

import pytest
from sqlalchemy import QueuePool, event
from werkzeug.test import TestResponse

from add_product import idempotency
from add_product.imports import queue
from add_product.imports.runner import Runner
from apps import Api, Apps, etag
from bench.catalogue import items
from catalog.models import db
from read_product.listing import SORT_NAMES

if TYPE_CHECKING:
    from mysql_server import MySQLServer

pytestmark = pytest.mark.parametrize("apps", [pytest.param("mysql", marks=pytest.mark.mysql)], indirect=True)
PATH = "/api/v1/products"
IMPORTS = "/api/v1/imports"
HISTORY = "/api/v1/changes"
AT_ONCE = {"Prefer": "respond-async"}
FIELDS = {"name": "New", "price": "1.00"}

Request = Callable[[Api, dict], TestResponse]


def _send(api: Api, **options: str) -> TestResponse:
    return api.add.post(
        f"{PATH}/import", data="name,price\nA,1\n", content_type="text/csv", query_string=options, headers=AT_ONCE
    )


def _change(api: Api, it: dict, how: str) -> TestResponse:
    return api.add.post(f"{it['import']}/{how}", headers=AT_ONCE)


# Beside the ping of a connection that has been idle, which MySQL does not log.
READ = ["SELECT"]
LOOK, CHANGE = ["SELECT", "ROLLBACK"], ["UPDATE", "COMMIT"]
REQUESTS: dict[str, tuple[Request, list[str]]] = {
    "list": (lambda api, _: api.read.get(PATH), READ),
    "sorted list": (lambda api, _: api.read.get(f"{PATH}?sort=-price&limit=100"), READ),
    "product": (lambda api, it: api.read.get(f"{PATH}/{it['id']}"), READ),
    "unchanged product": (
        lambda api, it: api.read.get(f"{PATH}/{it['id']}", headers={"If-None-Match": etag(it)}), READ),
    "no product": (lambda api, _: api.read.get(f"{PATH}/999999"), READ),
    "search of a small catalogue": (lambda api, _: api.read.get(f"{PATH}?q=thing"), [*READ, "SELECT"]),
    "signs only": (lambda api, _: api.read.get(f"{PATH}?q=*"), []),
    "add": (lambda api, _: api.add.post(PATH, json=FIELDS), ["INSERT", "INSERT", "COMMIT"]),
    "add once": (lambda api, _: api.add.post(PATH, json=FIELDS, headers={"Idempotency-Key": "k"}),
                 ["INSERT", "INSERT", "INSERT", "UPDATE", "COMMIT"]),
    "change": (lambda api, it: api.add.patch(f"{PATH}/{it['id']}", json={"price": "2"}, headers={"If-Match": "*"}),
               ["SELECT", "UPDATE", "INSERT", "COMMIT"]),
    "delete": (lambda api, it: api.add.delete(f"{PATH}/{it['id']}", headers={"If-Match": etag(it)}),
               ["SELECT", "DELETE", "INSERT", "COMMIT"]),
    "restore": (lambda api, it: api.add.post(f"{PATH}/{it['gone']}/restore"),
                ["SELECT", "SELECT", "INSERT", "INSERT", "COMMIT"]),
    "export": (lambda api, _: api.read.get(f"{PATH}/export"), READ),
    "history": (lambda api, _: api.read.get(HISTORY), [*READ, "SELECT", "SELECT"]),
    "history of a product": (lambda api, it: api.read.get(f"{PATH}/{it['id']}/changes"), [*READ, "SELECT"]),
    "what an import changed": (lambda api, _: api.read.get(f"{HISTORY}?import=1"), READ),
    "imports": (lambda api, _: api.read.get(IMPORTS), READ),
    "import": (lambda api, it: api.read.get(it["import"]), READ),
    "file": (lambda api, _: _send(api), ["INSERT", "COMMIT", "INSERT", "COMMIT", "SELECT", *LOOK]),
    "start of an import": (lambda api, it: _change(api, it, "start"), [*LOOK, *CHANGE, "SELECT", *LOOK]),
    "check of an import": (lambda api, it: _change(api, it, "check"), [*LOOK, *CHANGE, *LOOK]),
    "end of an import": (lambda api, it: _change(api, it, "cancel"),
                         [*LOOK, *LOOK, *CHANGE, *LOOK, "DELETE", "COMMIT", *LOOK]),
}  # fmt: skip

INDEXES = {"id": "PRIMARY", **{name: f"ix_product_{name}" for name in ("name", "price", "created_at")}}


@pytest.fixture
def it(api: Api, mysql_server: "MySQLServer", monkeypatch: pytest.MonkeyPatch) -> dict:
    """A product, and the address of an import that was checked. What the services do beside requests rests."""
    monkeypatch.setattr(Runner, "_take_one", lambda *_: False)
    monkeypatch.setattr(idempotency, "_forgotten_at", math.inf)
    location = _send(api, dry_run="true").headers["Location"]
    mysql_server.execute("UPDATE catalog.import SET state = 'checked'")
    gone, product = api.create(), api.create()
    api.delete(gone)
    api.get(product["id"])
    return {**product, "import": location, "gone": gone["id"]}


@pytest.mark.parametrize("request_name", REQUESTS)
def test_a_request_makes_these_round_trips_and_no_others(
    api: Api, apps: Apps, it: dict, mysql_server: "MySQLServer", request_name: str
) -> None:
    send, expected = REQUESTS[request_name]
    with mysql_server.recording() as commands, _holding(apps) as held:
        assert send(api, it).status_code < 500
    # One that opens a connection would be among them.
    assert [statement.split()[0].upper() if statement else command for command, statement in commands] == expected
    # With a second one, requests that have theirs could all wait for each other's.
    assert max(held, default=0) == (1 if expected else 0)


@contextmanager
def _holding(apps: Apps) -> Iterator[list[int]]:
    """Gathers how many connections of a service are in use, each time that one is taken."""
    held: list[int] = []
    engines = []
    for app in (apps.add, apps.read):
        with app.app_context():
            engines.append(db.engine)

    def note(*_: object) -> None:
        held.append(max(cast(QueuePool, engine.pool).checkedout() for engine in engines))

    for engine in engines:
        event.listen(engine, "checkout", note)
    yield held
    for engine in engines:
        event.remove(engine, "checkout", note)


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


@pytest.fixture
def past(api: Api, mysql_server: "MySQLServer") -> None:
    """Imports and Idempotency-Keys of a year: enough that MySQL takes an index where there is one."""
    numbers = "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 900) "
    columns = "rows_done, created, updated, skipped, failed, errors, warnings, bytes_done, attempts"
    mysql_server.execute(
        f"INSERT INTO catalog.import (request_hash, name, size, digest, kind, on_conflict, state, {columns}, "
        f"created_at, changed_at) {numbers} SELECT '', 'a.csv', 9, '', 'csv', 'skip', 'done', 1, 1, 0, 0, 0, 0, 0, 9, 0, "
        "NOW() - INTERVAL n HOUR, NOW() - INTERVAL n HOUR FROM number",
        f"INSERT INTO catalog.idempotency_key {numbers} SELECT CONCAT('old-', n), '', n, '', NOW() - INTERVAL n MINUTE "
        "FROM number",
        f"INSERT INTO catalog.product_change (product_id, version, at, kind, actor_kind, actor_name) {numbers} "
        "SELECT n % 90, n, NOW() - INTERVAL n HOUR, 'changed', 'person', 'Ann' FROM number",
        f"INSERT INTO catalog.product_change (part_of, product_id, version, at, kind) {numbers} "
        "SELECT 1, n, 1, NOW() - INTERVAL n HOUR, 'created' FROM number",
        "ANALYZE TABLE catalog.import, catalog.idempotency_key, catalog.product_change",
    )


@pytest.mark.usefixtures("past")
@pytest.mark.parametrize("large", ["varied"], indirect=True)
def test_no_request_reads_a_whole_table_or_sorts_one(
    api: Api, apps: Apps, large: None, it: dict, mysql_server: "MySQLServer", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "_forgotten_at", 0.0)
    with mysql_server.recording() as commands:
        for send, _ in REQUESTS.values():
            assert send(api, it).status_code < 500
        for words in ("box", "nothinglikeit", "zirconium box"):
            assert api.read.get(PATH, query_string={"q": words, "sort": "-price"}).status_code == 200
        for query in (
            "actor=Ann",
            "since=2026-01-01T00:00:00Z",
            "product=7",
            "product=7&actor=Ann",
            "actor_kind=token",
        ):
            first = api.read.get(f"{HISTORY}?limit=2&{query}").json
            assert api.read.get(first["next"] or HISTORY).status_code == 200
        imported = next(each["import_id"] for each in api.read.get(HISTORY).json["items"] if each["kind"] == "import")
        api.read.get(api.read.get(f"{HISTORY}?import={imported}&limit=2").json["next"])
        with apps.add.app_context():
            queue.take_check()
            queue.take_turn()
    for statement in {statement for _, statement in commands}:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            for table in mysql_server.plan(statement):
                _is_bounded(table, statement)


def _is_bounded(table: dict, statement: str) -> None:
    """It is found by an index, or a few rows along one are. What the index of words finds is sorted."""
    assert table["type"] != "ALL", statement
    assert table["type"] != "index" or "LIMIT" in statement, statement
    assert table["type"] == "fulltext" or "filesort" not in (table["Extra"] or ""), statement
