"""What fails is said, nothing is lost, and all comes back by itself."""

import time
import uuid
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import pytest
import urllib3

from e2e.conftest import write
from e2e.kube import SERVICES, Cluster, Release, eventually, run
from e2e.shop import Browser, add_product, names

pytestmark = pytest.mark.cluster


# Longer than the liveness probes wait before they restart a pod, which is 65 s.
OUTAGE_SECONDS = 90
# What docs/api.md promises when the database is away.
ANSWER_SECONDS = 10


@pytest.fixture(scope="module", autouse=True)
def slow(cluster: Cluster, elsewhere: Future[Cluster], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Release]:
    """A release whose MySQL makes its data with a tenth of a processor, while the other tests here go on."""
    release = Release(cluster, cluster.namespace("slow"), "catalog")
    resources = {"requests": {"cpu": "100m", "memory": "640Mi"}, "limits": {"cpu": "100m", "memory": "1Gi"}}
    file = tmp_path_factory.mktemp("slow") / "values.yaml"
    release.install("--values", write(file, {"replicaCount": 1, "mysql": {"resources": resources}}), wait=False)
    yield release
    cluster.kubectl("delete", "namespace", "slow", "--wait=false")


def scale_mysql(shop: Release, replicas: int) -> None:
    shop.kubectl("scale", "statefulset/shop-mysql", f"--replicas={replicas}")


def test_products_survive_the_deletion_of_mysqls_pod(shop: Release) -> None:
    name = f"Kept {uuid.uuid4()}"
    add_product(shop, name)
    shop.kubectl("delete", "pod", "shop-mysql-0", "--wait")
    eventually(shop.all_ready, 180)
    assert name in names(shop)


def kill_mysql(shop: Release) -> None:
    """Kills the server's process from its node, as a failing node or the memory killer would."""
    node = shop.pods("mysql")[0].spec.node_name
    run("docker", "exec", node, "pkill", "-KILL", "-x", "mysqld")


def mysql_restarts(shop: Release) -> int:
    return shop.restarts("mysql")


def service_restarts(shop: Release) -> int:
    return sum(shop.restarts(name) for name in SERVICES)


def mysql_runs(shop: Release) -> bool:
    return all(status.state.running for status in shop.pods("mysql")[0].status.container_statuses)


def test_products_survive_a_kill_of_mysql_and_another_in_its_recovery(shop: Release) -> None:
    name = f"Kept {uuid.uuid4()}"
    add_product(shop, name)
    before = mysql_restarts(shop)
    kill_mysql(shop)
    eventually(lambda: mysql_restarts(shop) > before and mysql_runs(shop), 60, 0.1)
    before = mysql_restarts(shop)
    kill_mysql(shop)
    eventually(lambda: mysql_restarts(shop) > before, 120, 0.5)
    eventually(shop.all_ready, 180)
    assert name in names(shop)


def test_an_outage_of_the_database_restarts_nothing_and_is_said_kindly(shop: Release, browser: Browser) -> None:
    restarts = service_restarts(shop)
    add = shop.pods("add-product")[0].metadata.name
    read = shop.pods("read-product")[0].metadata.name
    scale_mysql(shop, 0)
    try:
        eventually(lambda: not shop.ready("add-product") and not shop.ready("read-product"), 90)
        for pod, method in ((add, "POST"), (read, "GET")):
            with shop.forward(f"pod/{pod}", 8080) as base:
                assert urllib3.request("GET", f"{base}/livez").status == 200
                unready = urllib3.request("GET", f"{base}/readyz", retries=False, timeout=ANSWER_SECONDS)
                assert unready.status == 503
                assert [check["name"] for check in unready.json()["checks"] if not check["ok"]] == ["database"]
                body = {"name": "x", "price": "1"} if method == "POST" else None
                options: dict[str, Any] = {
                    "json": body,
                    "headers": shop.bearer(),
                    "retries": False,
                    "timeout": ANSWER_SECONDS,
                }
                away = urllib3.request(method, f"{base}/api/v1/products", **options)
                assert away.status == 503
                assert away.headers["Content-Type"] == "application/problem+json"
                assert int(away.headers["Retry-After"]) > 0
        end = time.monotonic() + OUTAGE_SECONDS
        while time.monotonic() < end:
            for path in ("/", "/products", "/products/1"):
                page = browser.open("GET", path)
                assert page.status == 503
                assert page.headers["Content-Type"].startswith("text/html")
                assert page.headers["Retry-After"]
                assert b"<nav" in page.data
            # Another cluster needs the processors meanwhile.
            time.sleep(1)
        assert shop.ready("display-product")
    finally:
        scale_mysql(shop, 1)
    eventually(lambda: shop.ready("mysql"), 120, 0.5)
    begin = time.monotonic()
    eventually(shop.all_ready, 30, 0.5)
    print(f"\nready {time.monotonic() - begin:.0f} s after MySQL")
    assert service_restarts(shop) == restarts


CONNECT = "import socket; socket.create_connection(('shop-mysql', 3306), timeout=2)"


def reach_mysql(shop: Release) -> bool:
    """Whether each pod's node leads to MySQL again; the services' own connections stay as they are."""
    pods = [*shop.pods("read-product"), *shop.pods("add-product")]
    return all(shop.python(pod.metadata.name, CONNECT).returncode == 0 for pod in pods)


def ask_each_pod(shop: Release, mark: str) -> None:
    """One request to every pod of both services."""
    for pod in shop.pods("read-product"):
        with shop.forward(f"pod/{pod.metadata.name}", 8080) as base:
            assert urllib3.request("GET", f"{base}/api/v1/products", retries=False).status == 200
    for pod in shop.pods("add-product"):
        with shop.forward(f"pod/{pod.metadata.name}", 8080) as base:
            body = {"name": f"{mark} {pod.metadata.name}", "price": "1"}
            options: dict[str, Any] = {"json": body, "headers": shop.bearer(), "retries": False}
            assert urllib3.request("POST", f"{base}/api/v1/products", **options).status == 201


def test_the_first_request_after_an_idle_night_or_a_restart_of_mysql_works(shop: Release) -> None:
    shop.sql("root", "SET GLOBAL wait_timeout = 10")
    try:
        shop.kubectl("rollout", "restart", "deployment/shop-add-product", "deployment/shop-read-product")
        shop.rolled_out("add-product", "read-product")
        eventually(lambda: len(shop.pods("add-product")) == len(shop.pods("read-product")) == 2, 60)
        marks = [f"{when} {uuid.uuid4()}" for when in ("Before", "After the night", "After the restart")]
        ask_each_pod(shop, marks[0])
        # Probes keep one connection of each worker awake; MySQL closes the others.
        time.sleep(15)
        ask_each_pod(shop, marks[1])
        shop.kubectl("delete", "pod", "shop-mysql-0", "--wait")
        eventually(shop.all_ready, 180)
        eventually(lambda: reach_mysql(shop), 30)
        ask_each_pod(shop, marks[2])
        found = names(shop)
        assert [sum(name.startswith(mark) for name in found) for mark in marks] == [2, 2, 2]
    finally:
        shop.sql("root", "SET GLOBAL wait_timeout = 28800")


def test_a_first_start_with_a_tenth_of_a_processor_is_waited_for(slow: Release) -> None:
    eventually(slow.all_ready, 600)
    assert slow.restarts() == 0
    add_product(slow, "Made slowly")
    assert names(slow) == ["Made slowly"]
    assert "denied" in slow.sql("reader", "DELETE FROM product", check=False).stderr
