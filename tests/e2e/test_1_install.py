"""A fresh installation works: its pages over HTTPS, its API, its permissions."""

import ssl
import uuid

import pytest
import urllib3

from e2e.conftest import HOST
from e2e.kube import SERVICES, Cluster, Release, eventually
from e2e.shop import Browser, add_product, names, products

pytestmark = pytest.mark.cluster


def test_everything_is_ready_without_a_restart(shop: Release) -> None:
    assert shop.all_ready()
    assert shop.restarts() == 0


def test_the_restricted_level_refuses_nothing_and_warns_of_nothing(shop: Release) -> None:
    assert "would violate" not in shop.said  # type: ignore[attr-defined]
    events = shop.cluster.core.list_namespaced_event(shop.namespace).items
    assert [event.message for event in events if event.reason == "FailedCreate"] == []


def test_the_helm_test_goes_through_all_three_services(shop: Release) -> None:
    assert "All three services work together." in shop.test()
    assert names(shop, "Installation") == []


def test_services_called_catalog_inject_nothing(shop: Release) -> None:
    pod = shop.pods("add-product")[0].metadata.name
    assert shop.python(pod, "import os; print('CATALOG_PORT' in os.environ)").stdout == "False\n"


def test_the_certificate_comes_from_the_issuer_and_http_is_sent_to_https(
    shop: Release, browser: Browser, cluster: Cluster
) -> None:
    answer = eventually(lambda: browser.open("GET", "/"), 60)
    assert answer.status == 200
    with pytest.raises((ssl.SSLError, urllib3.exceptions.SSLError)):
        urllib3.HTTPSConnectionPool("127.0.0.1", cluster.https_port, server_hostname=HOST, retries=False).request(
            "GET", "/"
        )
    plain = urllib3.request(
        "GET", f"http://127.0.0.1:{cluster.http_port}/products", headers={"Host": HOST}, redirect=False
    )
    assert plain.status == 308
    assert plain.headers["Location"] == f"https://{HOST}/products"


def test_a_product_added_in_the_form_is_read_by_the_api(shop: Release, browser: Browser) -> None:
    name = f"Blue teapot 茶 🍃 {uuid.uuid4()}"
    answer = browser.open("GET", "/products/new")
    assert "Secure" in answer.headers["Set-Cookie"]
    added = browser.add(name, "24.90")
    assert added.status == 303, added.data
    assert added.headers["Location"] in [
        prefix + f"/products/{products(shop)[-1]['id']}" for prefix in ("", f"https://{HOST}")
    ]
    (found,) = [product for product in products(shop) if product["name"] == name]
    assert found["price"] == "24.90"
    assert name in browser.open("GET", f"/products/{found['id']}").data.decode()


def test_addresses_are_https_and_a_forged_header_changes_nothing(shop: Release, browser: Browser) -> None:
    slash = browser.open("GET", "/products/")
    assert slash.status in (200, 301, 308)
    assert not slash.headers.get("Location", "").startswith("http:")
    forged = {"X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "/evil"}
    with shop.forward("service/shop-display-product", 80) as base:
        for path in ("/", "/products/", "/products/new"):
            answer = urllib3.request("GET", base + path, headers={"Host": HOST, **forged}, redirect=False)
            assert b"evil" not in answer.data
            assert "evil" not in answer.headers.get("Location", "")
            assert not answer.headers.get("Location", "").startswith("http:")


def test_a_large_import_and_metrics_work_with_a_read_only_root(shop: Release, browser: Browser) -> None:
    rows = "sku,name,price\n" + "".join(f"L-{number:06},{'x' * 180},1.00\n" for number in range(52_000))
    assert len(rows) > 10_000_000
    file = ("large.csv", rows, "text/csv")
    fields = {**browser.form("/import"), "on_conflict": "skip", "file": file}
    answer = browser.open("POST", "/import", fields=fields)
    assert answer.status == 303, answer.data[:2000]
    address = answer.headers["Location"]
    assert eventually(lambda: b"Preview of the import" in browser.open("GET", address).data, 180)
    assert b"52,000 rows" in browser.open("GET", address).data
    with shop.forward(f"pod/{shop.pods('display-product')[0].metadata.name}", 9090) as base:
        assert b"flask_http_request" in urllib3.request("GET", f"{base}/metrics").data


def test_each_user_of_the_database_may_do_its_work_only(shop: Release) -> None:
    assert shop.sql("reader", "SELECT COUNT(*) FROM product").returncode == 0
    for user, statement in [
        ("reader", "INSERT INTO alembic_version VALUES ('x')"),
        ("reader", "DELETE FROM product"),
        ("reader", "SELECT * FROM idempotency_key"),
        ("reader", "SELECT * FROM import_piece"),
        ("writer", "DROP TABLE product"),
        ("writer", "DELETE FROM alembic_version"),
        ("migrator", "CREATE USER mallory"),
        ("backup", "DELETE FROM product"),
    ]:
        assert "denied" in shop.sql(user, statement, check=False).stderr, (user, statement)


def test_the_api_stores_what_the_pages_show(shop: Release, browser: Browser) -> None:
    product = add_product(shop, "Added by a program")
    assert "Added by a program" in browser.open("GET", f"/products/{product['id']}").data.decode()


def test_the_images_of_the_pods_write_to_their_own_places_only(shop: Release) -> None:
    for component in SERVICES:
        pod = shop.pods(component)[0].metadata.name
        assert "Read-only file system" in shop.python(pod, "open('/app/x', 'w')").stderr
