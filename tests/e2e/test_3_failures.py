"""What fails is said, nothing is lost, and all comes back by itself."""

import time
import uuid

import pytest
import urllib3

from e2e.kube import Release, eventually
from e2e.shop import Browser, add_product, names

pytestmark = pytest.mark.cluster


def scale_mysql(shop: Release, replicas: int) -> None:
    shop.kubectl("scale", "statefulset/shop-mysql", f"--replicas={replicas}")


def test_products_survive_the_deletion_of_mysqls_pod(shop: Release) -> None:
    name = f"Kept {uuid.uuid4()}"
    add_product(shop, name)
    shop.kubectl("delete", "pod", "shop-mysql-0", "--wait")
    eventually(shop.all_ready, 180)
    assert name in names(shop)


def test_k16_products_survive_a_kill_of_mysql(shop: Release) -> None:
    name = f"Kept {uuid.uuid4()}"
    add_product(shop, name)
    shop.kubectl("delete", "pod", "shop-mysql-0", "--grace-period=0", "--force")
    eventually(lambda: shop.ready("mysql"), 180)
    eventually(shop.all_ready, 60)
    assert name in names(shop)


def test_k17_an_outage_of_the_database_restarts_nothing_and_is_said_kindly(shop: Release, browser: Browser) -> None:
    restarts = shop.restarts()
    add = shop.pods("add-product")[0].metadata.name
    read = shop.pods("read-product")[0].metadata.name
    scale_mysql(shop, 0)
    try:
        eventually(lambda: not shop.ready("add-product") and not shop.ready("read-product"), 90)
        for pod, method in ((add, "POST"), (read, "GET")):
            with shop.forward(f"pod/{pod}", 8080) as base:
                assert urllib3.request("GET", f"{base}/livez").status == 200
                unready = urllib3.request("GET", f"{base}/readyz", retries=False)
                assert unready.status == 503
                assert [check["name"] for check in unready.json()["checks"] if not check["ok"]] == ["database"]
                body = {"name": "x", "price": "1"} if method == "POST" else None
                away = urllib3.request(method, f"{base}/api/v1/products", json=body, retries=False)
                assert away.status == 503
                assert away.headers["Content-Type"] == "application/problem+json"
                assert int(away.headers["Retry-After"]) > 0
        end = time.monotonic() + 60
        while time.monotonic() < end:
            for path in ("/", "/products", "/products/1"):
                page = browser.open("GET", path)
                assert page.status == 503
                assert page.headers["Content-Type"].startswith("text/html")
                assert page.headers["Retry-After"]
                assert b"<nav" in page.data
            time.sleep(5)
        assert shop.ready("display-product")
    finally:
        scale_mysql(shop, 1)
    eventually(lambda: shop.ready("mysql"), 120, 0.5)
    begin = time.monotonic()
    eventually(shop.all_ready, 30, 0.5)
    print(f"\nready {time.monotonic() - begin:.0f} s after MySQL")
    assert shop.restarts() == restarts


def test_k18_the_first_request_after_an_idle_night_works(shop: Release) -> None:
    shop.sql("root", "SET GLOBAL wait_timeout = 5")
    try:
        shop.kubectl("rollout", "restart", "deployment/shop-add-product", "deployment/shop-read-product")
        for name in ("add", "read"):
            shop.kubectl("rollout", "status", f"deployment/shop-{name}-product", "--timeout=180s")
        name = f"After the night {uuid.uuid4()}"
        names(shop)
        time.sleep(12)
        add_product(shop, name)
        assert names(shop).count(name) == 1
    finally:
        shop.sql("root", "SET GLOBAL wait_timeout = 28800")
