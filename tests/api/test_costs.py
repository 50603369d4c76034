"""What each address costs the database: so many round trips and no more."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from werkzeug.test import TestResponse

from add_product import idempotency
from apps import Api, etag

if TYPE_CHECKING:
    from mysql_server import MySQLServer

pytestmark = pytest.mark.parametrize("apps", [pytest.param("mysql", marks=pytest.mark.mysql)], indirect=True)
PATH = "/api/v1/products"
FIELDS = {"name": "New", "price": "1.00"}

Request = Callable[[Api, dict], TestResponse]
# Beside the ping before each use of a connection, which MySQL does not log; SQLAlchemy rolls back whatever
# went before.
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
    "add": (lambda api, _: api.add.post(PATH, json=FIELDS), ["INSERT", "COMMIT", "ROLLBACK"]),
    "add once": (lambda api, _: api.add.post(PATH, json=FIELDS, headers={"Idempotency-Key": "k"}),
                 ["INSERT", "INSERT", "UPDATE", "COMMIT", "ROLLBACK"]),
    "change": (lambda api, it: api.add.patch(f"{PATH}/{it['id']}", json={"price": "2"}, headers={"If-Match": "*"}),
               ["SELECT", "UPDATE", "COMMIT", "ROLLBACK"]),
    "delete": (lambda api, it: api.add.delete(f"{PATH}/{it['id']}", headers={"If-Match": etag(it)}),
               ["SELECT", "DELETE", "COMMIT", "ROLLBACK"]),
}  # fmt: skip


@pytest.mark.parametrize("request_name", REQUESTS)
def test_a_request_makes_these_round_trips_and_no_others(
    api: Api, mysql_server: "MySQLServer", request_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    send, expected = REQUESTS[request_name]
    product = api.create()
    api.get(product["id"])
    monkeypatch.setattr(idempotency, "_forgotten_at", math.inf)
    with mysql_server.recording() as commands:
        assert send(api, product).status_code < 500
    assert [statement.split()[0].upper() if statement else command for command, statement in commands] == expected
