"""The list as it is given to many: kept for a moment, fresh for whoever asks for that."""

import io
import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import TYPE_CHECKING

import msgspec
import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from werkzeug.test import Client

import read_product
from apps import Api, Apps, close
from serving import logs

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from mysql_server import MySQLServer

PATH = "/api/v1/products"
FRESH = [{"Cache-Control": "no-cache"}, {"Cache-Control": "max-age=0"}, {"Cache-Control": "no-transform, No-Cache"}]


@pytest.fixture
def cached(apps: Apps, api: Api, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """read-product as it is installed, but that it keeps pages, and waits for reads, for longer than a test takes."""
    monkeypatch.setattr("read_product.cache.JOIN_SECONDS", 60)
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


def test_a_page_is_the_same_however_its_query_is_put(api: Api) -> None:
    for number in range(21):
        api.create(name=f"Box {number}")
    for queries in (("", "limit=20", "sort=id&limit=20"), ("q=box&sort=-id&limit=2", "limit=2&sort=-id&q=box")):
        answers = [api.read.get(f"{PATH}?{query}") for query in queries]
        assert len({(answer.data, answer.headers["Link"], answer.headers["ETag"]) for answer in answers}) == 1


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


QUERIES = (
    "",
    "limit=2",
    "limit=20&sort=id",
    "sort=-price&limit=1",
    "q=box",
    "q=n%C3%B6thing",
    "limit=0",
    "limit=2&limit=2",
)
TAGS = ("*", "{}", "W/{}", '"other", {}', '"other"', "{} x")


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.sampled_from(QUERIES),
    method=st.sampled_from(("GET", "HEAD", "POST")),
    tag=st.none() | st.sampled_from(TAGS),
    request_id=st.none() | st.sampled_from(("known-to-us", "not one", "")),
    more=st.sampled_from(({}, {"Range": "bytes=0-3"}, {"If-Match": '"other"'}, {"Cache-Control": "no-transform"})),
)
def test_what_is_given_before_flask_is_what_flask_gives(
    cached: Flask, api: Api, query: str, method: str, tag: str | None, request_id: str | None, more: dict[str, str]
) -> None:
    if api.read.get(PATH).json["items"] == []:
        for number in range(3):
            api.create(name=f"Box {number}", price="1.00")
    kept = api.read.get(f"{PATH}?{query}", headers={} if api.read.get(PATH).json["items"] else FRESH[0])
    headers = {
        **({} if tag is None else {"If-None-Match": tag.format(kept.headers.get("ETag"))}),
        **({} if request_id is None else {"X-Request-ID": request_id}),
        **more,
    }
    quick = told(cached, cached.wsgi_app, method, query, headers)
    assert quick == told(cached, cached.extensions["hot"]._app, method, query, headers)


def told(app: Flask, wsgi: "WSGIApplication", method: str, query: str, headers: dict[str, str]) -> dict[str, object]:
    """All that becomes of a request, but for times and random numbers."""
    logged = io.BytesIO()
    before = counted(app)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs.access, "disabled", False)
        patch.setattr(logs, "sys", SimpleNamespace(stdout=SimpleNamespace(buffer=logged)))
        answer = Client(wsgi).open(PATH, method=method, query_string=query, headers=headers)
    given = dict(answer.headers)
    own_id = given.pop("X-Request-ID") if headers.get("X-Request-ID") != "known-to-us" else ""
    given.pop("Age", None)
    body = answer.data.replace(own_id.encode(), b"") if own_id else answer.data
    return {
        "status": answer.status, "headers": given, "body": body, "counted": counted(app) - before,
        "logged": [
            {name: value for name, value in json.loads(line).items() if name not in ("time", "duration_ms")}
            | ({"request_id": "own"} if own_id else {})
            for line in logged.getvalue().splitlines()
        ],
    }  # fmt: skip


def counted(app: Flask) -> Counter[tuple[str, ...]]:
    """Requests by what the metrics tell of them."""
    registry: CollectorRegistry = app.extensions["metrics"]
    return Counter({
        (sample.name, *sample.labels.values()): int(sample.value)
        for family in registry.collect()
        for sample in family.samples
        if sample.name.endswith(("_total", "_count"))
    })  # fmt: skip
