"""Under load, no rollout, scaling, deletion or drain costs a request, a product, or makes one twice."""

from collections import Counter

import pytest
import urllib3

from e2e.kube import SERVICES, Cluster, Release, eventually
from e2e.load import Load
from e2e.shop import Browser, names

pytestmark = pytest.mark.cluster


def check(load: Load, shop: Release) -> None:
    assert load.failures == [], f"{len(load.failures)} of {load.sent} failed: {load.failures[:5]}"
    assert load.sent > 100
    found = Counter(name for name in names(shop) if name.startswith(f"Load {load.mark} "))
    assert found == Counter(load.added)


@pytest.mark.parametrize("service", SERVICES)
def test_a_rollout_costs_no_request(shop: Release, browser: Browser, service: str) -> None:
    with Load(browser) as load:
        shop.kubectl("rollout", "restart", f"deployment/shop-{service}")
        shop.rolled_out(service)
        eventually(lambda: len(shop.pods(service)) == 2, 60)
    check(load, shop)


def test_fewer_pods_and_a_deleted_pod_cost_no_request(shop: Release, browser: Browser) -> None:
    for service in SERVICES:
        shop.kubectl("scale", f"deployment/shop-{service}", "--replicas=5")
    shop.rolled_out()
    with Load(browser) as load:
        for service in SERVICES:
            shop.kubectl("scale", f"deployment/shop-{service}", "--replicas=2")
        eventually(lambda: all(len(shop.pods(service)) == 2 for service in SERVICES), 90)
        for service in SERVICES:
            shop.kubectl("delete", "pod", shop.pods(service)[0].metadata.name, "--wait")
        shop.rolled_out()
    check(load, shop)


IMPORTED = 40_000


def test_an_import_goes_on_when_its_pod_is_killed_and_when_pods_are_replaced(shop: Release) -> None:
    rows = "sku,name,price\n" + "".join(f"ROLLED-{number},Cup,1.00\n" for number in range(IMPORTED))
    headers = {"Content-Type": "text/csv", "Prefer": "respond-async", **shop.bearer()}
    with shop.forward("service/shop-add-product", 80) as base:
        sent = urllib3.request("POST", f"{base}/api/v1/products/import", body=rows, headers=headers, timeout=20)
    assert sent.status == 202, sent.data
    address = f"/api/v1/imports/{sent.json()['id']}"
    with shop.forward("service/shop-read-product", 80) as base:

        def written() -> int:
            report = urllib3.request("GET", base + address).json()["report"]
            return report["created"] if report else 0

        eventually(lambda: written() > 0, 60, 0.2)
        for pod in shop.pods("add-product"):
            shop.kubectl("delete", "pod", pod.metadata.name, "--grace-period=0", "--force")
        before = written()
        assert before < IMPORTED
        eventually(lambda: written() > before, 120, 0.2)
        shop.kubectl("rollout", "restart", "deployment/shop-add-product")
        assert written() < IMPORTED
        eventually(lambda: urllib3.request("GET", base + address).json()["state"] == "done", 240)
        assert written() == IMPORTED
    shop.rolled_out("add-product")
    count = "SELECT COUNT(*), COUNT(DISTINCT sku) FROM product WHERE sku LIKE 'ROLLED-%'"
    assert shop.sql("reader", count).stdout.split() == [str(IMPORTED)] * 2
    shop.sql("root", "DELETE FROM product WHERE sku LIKE 'ROLLED-%'")


DRAIN_SECONDS = 180


def test_nodes_are_drained_one_after_the_other_as_an_upgrade_of_the_cluster_does(
    shop: Release, browser: Browser, cluster: Cluster
) -> None:
    mysql = shop.pods("mysql")[0].spec.node_name
    nodes = [node.metadata.name for node in cluster.core.list_node().items]
    (other,) = [name for name in nodes if name != mysql and "control-plane" not in name]
    drain = ("--ignore-daemonsets", "--delete-emptydir-data", f"--timeout={DRAIN_SECONDS}s")
    try:
        with Load(browser) as load:
            cluster.kubectl("drain", other, *drain)
            shop.rolled_out()
        check(load, shop)
        cluster.kubectl("uncordon", other)
        # Now all pods are on the node of MySQL, whose volume cannot follow it to another one.
        cluster.kubectl("drain", mysql, *drain)
        eventually(lambda: shop.ready("display-product"), 60)
        assert browser.open("GET", "/products").status == 503
    finally:
        cluster.kubectl("uncordon", mysql, other)
    # What else was on the nodes, such as the webhook that installing certificates needs, comes back in its own time.
    cluster.kubectl("wait", "deployment", "--all", "--all-namespaces", "--for=condition=Available", "--timeout=300s")
    eventually(shop.all_ready, 120)
    check(load, shop)
