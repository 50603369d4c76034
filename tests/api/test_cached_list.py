"""The list as it is given to many: kept for a moment, fresh for whoever asks for that."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import msgspec
import pytest
from flask import Flask

import read_product
from apps import Api, Apps, close

if TYPE_CHECKING:
    from mysql_server import MySQLServer

PATH = "/api/v1/products"
FRESH = [{"Cache-Control": "no-cache"}, {"Cache-Control": "max-age=0"}, {"Cache-Control": "no-transform, No-Cache"}]


@pytest.fixture
def cached(apps: Apps, api: Api) -> Iterator[Flask]:
    """read-product as it is installed, but that it keeps pages for longer than a test takes."""
    app = read_product.create_app(msgspec.structs.replace(apps.settings, read_cache_seconds=60))
    api.read = app.test_client()
    yield app
    close(app)


@pytest.mark.usefixtures("cached")
@pytest.mark.parametrize("fresh", FRESH, ids=str)
def test_who_has_just_written_sees_it_and_then_everybody_does(api: Api, fresh: dict[str, str]) -> None:
    assert api.names() == []
    api.create(name="New")
    kept = api.read.get(PATH)
    assert (kept.json["items"], kept.headers["Cache-Control"]) == ([], "max-age=60")
    assert int(kept.headers["Age"]) >= 1
    answer = api.read.get(PATH, headers=fresh)
    assert [item["name"] for item in answer.json["items"]] == ["New"]
    assert "Age" not in answer.headers
    assert api.names() == ["New"]


@pytest.mark.usefixtures("cached")
def test_one_product_is_always_as_it_is_now(api: Api) -> None:
    product = api.create(name="Before")
    assert api.names() == ["Before"]
    api.patch(product, {"name": "After"})
    assert api.get(product["id"])["name"] == "After"
    assert api.read.get(f"{PATH}/{product['id']}").headers["Cache-Control"] == "no-cache"


@pytest.mark.usefixtures("cached")
def test_other_queries_have_other_pages(api: Api) -> None:
    for number in range(3):
        api.create(name=f"Box {number}", price=f"{9 - number}.00")
    for _ in range(2):
        assert api.names() == ["Box 0", "Box 1", "Box 2"]
        assert api.names(sort="price") == ["Box 2", "Box 1", "Box 0"]
        assert api.names(q="1") == ["Box 1"]
        assert api.names(limit=1) == ["Box 0"]
        assert [item["name"] for item in api.all()] == ["Box 0", "Box 1", "Box 2"]
        first = api.read.get(f"{PATH}?limit=2").json
        assert [item["name"] for item in api.read.get(first["next"]).json["items"]] == ["Box 2"]


@pytest.mark.usefixtures("cached")
def test_what_a_client_has_already_is_not_sent_again(api: Api) -> None:
    api.create(name="Seen")
    first = api.read.get(PATH)
    for headers in ({}, *FRESH):
        again = api.read.get(PATH, headers={"If-None-Match": first.headers["ETag"], **headers})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
        assert again.headers["X-Request-ID"]
    api.create(name="Unseen")
    changed = api.read.get(PATH, headers={"If-None-Match": first.headers["ETag"], "Cache-Control": "no-cache"})
    assert (changed.status_code, changed.headers["ETag"] != first.headers["ETag"]) == (200, True)


@pytest.mark.usefixtures("cached")
def test_the_head_of_a_page_is_that_of_the_page(api: Api) -> None:
    page = api.read.get(PATH)
    head = api.read.head(PATH)
    assert (head.status_code, head.data) == (200, b"")
    for name in ("ETag", "Content-Length", "Content-Type", "Cache-Control"):
        assert head.headers[name] == page.headers[name]


@pytest.mark.usefixtures("cached")
def test_a_wrong_query_is_refused_each_time(api: Api) -> None:
    for _ in range(2):
        for query in ("limit=0", "sort=color", "limit=1&limit=1", "after=x", "color=1"):
            answer = api.read.get(f"{PATH}?{query}")
            assert (answer.status_code, answer.headers.get("Age")) == (400, None)


def test_without_a_cache_an_answer_says_that_it_is_not_to_be_kept(api: Api) -> None:
    for _ in range(2):
        answer = api.read.get(PATH)
        assert (answer.headers["Cache-Control"], answer.headers.get("Age")) == ("no-cache", None)


@pytest.mark.parametrize("apps", [pytest.param("mysql", marks=pytest.mark.mysql)], indirect=True)
def test_many_who_ask_at_once_cost_the_database_one_statement(
    cached: Flask, api: Api, mysql_server: "MySQLServer"
) -> None:
    api.create(name="Asked for")
    api.read.get(f"{PATH}?limit=1")
    with mysql_server.recording() as commands, ThreadPoolExecutor(16) as pool:
        asked = [pool.submit(cached.test_client().get, PATH) for _ in range(200)]
        assert {answer.result().json["items"][0]["name"] for answer in asked} == {"Asked for"}
    assert [statement.split()[0] for _, statement in commands] == ["SELECT"]
