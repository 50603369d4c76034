"""Requests that come twice, or at the same moment."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select, update

from add_product import idempotency
from apps import Api, Apps, etag
from catalog.models import IdempotencyKey, db

PATH = "/api/v1/products"
BODY = {"sku": "RACE-1", "name": "x", "price": "1.00"}


def post(apps: Apps, body: dict = BODY, key: str | None = None) -> tuple[int, dict]:
    """One POST from a client of its own."""
    headers = {"Idempotency-Key": key} if key else {}
    answer = apps.add.test_client().post(PATH, json=body, headers=headers)
    return answer.status_code, answer.json


def at_once(apps: Apps, keys: list[str | None]) -> list[tuple[int, dict]]:
    """Sends one POST for each key at the same moment."""
    barrier = threading.Barrier(len(keys))

    def send(key: str | None) -> tuple[int, dict]:
        barrier.wait()
        return post(apps, key=key)

    with ThreadPoolExecutor(len(keys)) as pool:
        return list(pool.map(send, keys))


@pytest.mark.parametrize("keys", [[None] * 20, [f"key-{n}" for n in range(20)]], ids=["no key", "distinct keys"])
def test_one_of_twenty_wins_a_sku(api: Api, apps: Apps, keys: list[str | None]) -> None:
    answers = at_once(apps, keys)
    assert Counter(status for status, _ in answers) == {201: 1, 409: 19}
    assert all(body["errors"][0]["pointer"] == "/sku" for status, body in answers if status == 409)
    assert len(api.all()) == 1


def test_twenty_times_one_key_is_one_product(api: Api, apps: Apps) -> None:
    answers = at_once(apps, ["shared"] * 20)
    assert {status for status, _ in answers} <= {201, 409}
    bodies = [body for status, body in answers if status == 201]
    assert bodies == [bodies[0]] * len(bodies)
    assert [product["id"] for product in api.all()] == [bodies[0]["id"]]


def test_a_key_that_meets_a_taken_sku_is_refused_each_time(api: Api, apps: Apps) -> None:
    api.create(sku="race-1")
    answers = at_once(apps, ["shared"] * 10)
    assert {status for status, _ in answers} == {409}
    assert len(api.all()) == 1


def test_the_same_request_again_gets_the_first_answer(api: Api, apps: Apps) -> None:
    first = api.add.post(PATH, json=BODY, headers={"Idempotency-Key": "k"})
    api.patch(first.json, {"name": "changed since"})
    again = api.add.post(PATH, json=BODY, headers={"Idempotency-Key": "k"})
    assert (again.status_code, again.json) == (201, first.json)
    assert {name: again.headers[name] for name in ("Location", "ETag")} == {
        name: first.headers[name] for name in ("Location", "ETag")
    }
    assert len(api.all()) == 1


def test_a_key_with_another_body_is_refused(api: Api, apps: Apps) -> None:
    assert post(apps, key="k")[0] == 201
    status, problem = post(apps, {**BODY, "sku": "RACE-2"}, key="k")
    assert (status, problem["errors"][0]["pointer"]) == (422, "Idempotency-Key")
    assert len(api.all()) == 1


def test_a_refused_request_does_not_use_up_its_key(api: Api, apps: Apps) -> None:
    assert post(apps, {"name": ""}, key="k")[0] == 422
    taken = api.create(sku="RACE-1")
    assert post(apps, key="k")[0] == 409
    api.add.delete(f"{PATH}/{taken['id']}", headers={"If-Match": etag(taken)})
    assert post(apps, key="k")[0] == 201


def test_a_key_whose_request_is_under_way_is_told_to_come_later(api: Api, apps: Apps) -> None:
    row = {"key": "slow", "request_hash": "", "product_id": 0, "body": b"", "created_at": datetime.now(UTC)}
    with apps.add.app_context(), db.engine.begin() as connection:
        connection.execute(insert(IdempotencyKey).values(row))
        status, problem = post(apps, key="slow")
        connection.rollback()
    if apps.database == "sqlite":
        # One writer at a time: the second one waits, and is told so before it can see the key.
        assert status == 503
    else:
        assert status == 409
        assert "under way" in problem["detail"]
    assert post(apps, key="slow")[0] == 201


def test_keys_are_forgotten_after_a_day(api: Api, apps: Apps, monkeypatch: pytest.MonkeyPatch) -> None:
    assert post(apps, key="old")[0] == 201
    with apps.add.app_context(), db.engine.begin() as connection:
        old = datetime.now(UTC) - timedelta(hours=25)
        connection.execute(update(IdempotencyKey).values(created_at=old))
    monkeypatch.setattr(idempotency, "_forgotten_at", time.monotonic() - 3600)
    assert post(apps, {**BODY, "sku": "other"}, key="new")[0] == 201
    with apps.add.app_context(), db.engine.connect() as connection:
        assert connection.scalars(select(IdempotencyKey.key)).all() == ["new"]


def test_of_twenty_changes_at_once_to_one_version_one_is_made(api: Api, apps: Apps) -> None:
    product = api.create()
    barrier = threading.Barrier(20)

    def change(n: int) -> int:
        barrier.wait()
        client = apps.add.test_client()
        url = f"{PATH}/{product['id']}"
        return client.patch(url, json={"name": f"n{n}"}, headers={"If-Match": etag(product)}).status_code

    with ThreadPoolExecutor(20) as pool:
        assert Counter(pool.map(change, range(20))) == {200: 1, 412: 19}
    assert api.get(product["id"])["version"] == 2


@pytest.mark.parametrize("line", ["S-{0},Thing {0},1.00\n", ",Thing {0},1.00\n"], ids=["SKUs", "no SKUs"])
def test_imports_of_one_file_at_once_make_each_product_once(api: Api, apps: Apps, line: str) -> None:
    file = "sku,name,price\n" + "".join(line.format(number) for number in range(1200))
    barrier = threading.Barrier(3)

    def load(_: int) -> dict:
        barrier.wait()
        url = f"{PATH}/import?on_conflict=update"
        return apps.add.test_client().post(url, data=file, content_type="text/csv").json

    with ThreadPoolExecutor(3) as pool:
        reports = list(pool.map(load, range(3)))
    assert sum(report["created"] for report in reports) == len(api.all()) == 1200
    assert sum(report["skipped"] for report in reports) == 2400
