"""Two replicas of add-product on one MySQL: what is sent to both at the same moment is done once."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
import urllib3

from catalog import migrate
from catalog.settings import Settings
from processes import Running, running_services

if TYPE_CHECKING:
    from mysql_server import MySQLServer

pytestmark = pytest.mark.mysql
PATH = "/api/v1/products"
http = urllib3.PoolManager(retries=False, maxsize=20)


@pytest.fixture(scope="module")
def replicas(mysql_server: "MySQLServer", tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Running]]:
    """The services twice, each with processes of its own."""
    password_file = str(mysql_server.password_file)
    migrate.upgrade(Settings(database_url=mysql_server.url("migrator"), database_password_file=password_file))
    settings = {
        "CATALOG_DATABASE_URL": mysql_server.url("writer"),
        "CATALOG_DATABASE_PASSWORD_FILE": password_file,
        "CATALOG_WORKERS": "1",
    }
    with (
        running_services(tmp_path_factory.mktemp("one"), **settings) as one,
        running_services(tmp_path_factory.mktemp("two"), **settings) as two,
    ):
        yield [one, two]


def at_once(replicas: list[Running], sku: str, keys: list[str | None]) -> list[tuple[int, dict]]:
    """Status and body of one POST for each key, all at the same moment, to each replica in turn."""
    barrier = Barrier(len(keys))

    def send(number: int, key: str | None) -> tuple[int, dict]:
        url = replicas[number % len(replicas)].urls["add_product"]
        headers = {"Idempotency-Key": key} if key else {}
        barrier.wait()
        answer = http.request("POST", url + PATH, json={"sku": sku, "name": "x", "price": "1.00"}, headers=headers)
        return answer.status, answer.json()

    with ThreadPoolExecutor(len(keys)) as pool:
        return list(pool.map(send, range(len(keys)), keys))


def listed(replicas: list[Running], sku: str) -> list[dict]:
    """The products with this SKU, as each replica lists them."""
    lists = [http.request("GET", f"{each.urls['read_product']}{PATH}?q={sku}").json()["items"] for each in replicas]
    assert lists[0] == lists[1]
    return lists[0]


@pytest.mark.parametrize("keys", [[None] * 20, [f"key-{n}" for n in range(20)]], ids=["no-key", "distinct-keys"])
def test_one_of_twenty_wins_a_sku(
    replicas: list[Running], keys: list[str | None], request: pytest.FixtureRequest
) -> None:
    sku = f"RACE-{request.node.callspec.id}"
    answers = at_once(replicas, sku, keys)
    assert Counter(status for status, _ in answers) == {201: 1, 409: 19}
    assert {body["errors"][0]["pointer"] for status, body in answers if status == 409} == {"/sku"}
    assert listed(replicas, sku) == [body for status, body in answers if status == 201]


def test_twenty_times_one_key_is_one_product(replicas: list[Running]) -> None:
    answers = at_once(replicas, "RACE-shared-key", ["shared"] * 20)
    made = [body for status, body in answers if status == 201]
    assert listed(replicas, "RACE-shared-key") == made[:1]
    assert made == made[:1] * len(made)
    assert all("under way" in body["detail"] for status, body in answers if status != 201)
    assert {status for status, _ in answers} <= {201, 409}
