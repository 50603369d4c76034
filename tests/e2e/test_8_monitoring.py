"""A Prometheus finds what the ServiceMonitor names, and the documented alerts tell an outage from a good day."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
import yaml

import alerts
from e2e.conftest import install_addons, load_images
from e2e.kube import SERVICES, Cluster, Release, eventually
from e2e.shop import Browser

pytestmark = pytest.mark.cluster


def scrape(monitor: dict[str, Any]) -> dict[str, Any]:
    """What the Prometheus Operator makes of a ServiceMonitor: https://prometheus-operator.dev/docs/api-reference/api/."""
    (endpoint,) = monitor["spec"]["endpoints"]
    namespace = monitor["metadata"]["namespace"]
    kept = [
        {"source_labels": [_label(f"service_label_{name}")], "regex": re.escape(value), "action": "keep"}
        for name, value in monitor["spec"]["selector"]["matchLabels"].items()
    ]
    port = {"source_labels": [_label("endpointslice_port_name")], "regex": endpoint["port"], "action": "keep"}
    named = [
        {"source_labels": [_label(source)], "target_label": target}
        for source, target in (("service_name", "service"), ("pod_name", "pod"), ("namespace", "namespace"))
    ]
    return {
        "job_name": monitor["metadata"]["name"],
        "scrape_interval": "2s",
        "kubernetes_sd_configs": [{"role": "endpointslice", "namespaces": {"names": [namespace]}}],
        "relabel_configs": [*kept, port, *named],
    }


def _label(name: str) -> str:
    return "__meta_kubernetes_" + re.sub(r"\W", "_", name)


class Prometheus:
    """A Prometheus, by the base URL of its API."""

    def __init__(self, url: str) -> None:
        self.url = url

    def get(self, path: str, **fields: str) -> Any:
        """The data of one answer."""
        return urllib3.request("GET", f"{self.url}/api/v1/{path}", fields=fields).json()["data"]

    def values(self, query: str, label: str) -> dict[str, float]:
        """A query's values now, by one of their labels."""
        return {
            one["metric"].get(label, ""): float(one["value"][1]) for one in self.get("query", query=query)["result"]
        }

    def firing(self, name: str) -> set[str]:
        """The services for which an alert fires."""
        alerts = self.get("alerts")["alerts"]
        return {one["labels"].get("service", "") for one in alerts if one["labels"]["alertname"] == name}


@pytest.fixture(scope="module")
def prometheus(shop: Release, cluster: Cluster, values_file: str) -> Iterator[Prometheus]:
    """A Prometheus of its own namespace that scrapes the release, with the documented alerts."""

    def install() -> bool:
        install_addons(cluster, ["prometheus-crds"])
        return True

    # Definitions that have just been made may not say yet that they are in force, at which an installer gives up.
    eventually(install, 60)
    load_images(cluster.name, ["prom/prometheus:v3.5.3"])
    shop.install("--values", values_file, "--set", "serviceMonitor.enabled=true")
    monitor = json.loads(shop.kubectl("get", "servicemonitor", "shop-services", "--output=json"))
    configuration = {
        "global": {"evaluation_interval": "2s"},
        "rule_files": ["rules.yml"],
        "scrape_configs": [scrape(monitor)],
    }
    files = {"prometheus.yml": configuration, "rules.yml": {"groups": [{"name": "all", "rules": alerts.documented()}]}}
    manifest = str(Path(__file__).with_name("prometheus.yaml"))
    cluster.kubectl("apply", "--filename", manifest)
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "prometheus", "namespace": "monitoring"}}
    data = {name: yaml.safe_dump(content) for name, content in files.items()}
    cluster.kubectl("apply", "--filename", "-", text=json.dumps(body | {"data": data}))
    release = Release(cluster, "monitoring", "prometheus")
    release.kubectl("rollout", "status", "deployment/prometheus", "--timeout=180s")
    with release.forward("deployment/prometheus", 9090) as url:
        yield Prometheus(url)
    cluster.kubectl("delete", "--filename", manifest, "--wait=false")


def test_every_pod_of_every_service_is_scraped(shop: Release, prometheus: Prometheus) -> None:
    pods = {pod.metadata.name for name in SERVICES for pod in shop.pods(name)}
    eventually(lambda: prometheus.values("up == 1", "pod").keys() == pods, 60)
    assert prometheus.values("up", "service").keys() == {f"shop-{name}" for name in SERVICES}


def test_every_documented_alert_can_be_worked_out(prometheus: Prometheus) -> None:
    def rules() -> Any:
        found = prometheus.get("rules")["groups"][0]["rules"]
        return found if all(rule["health"] != "unknown" for rule in found) else None

    assert [(rule["name"], rule.get("lastError")) for rule in eventually(rules, 30) if rule["health"] != "ok"] == []


def test_the_alert_for_failing_requests_comes_with_an_outage_and_not_before(
    shop: Release, prometheus: Prometheus, browser: Browser
) -> None:
    def ask(status: int) -> None:
        assert browser.open("GET", "/products").status == status

    def counted() -> bool:
        ask(200)
        return prometheus.values("sum(rate(flask_http_request_total[1m]))", "")[""] > 0

    eventually(counted, 60)
    assert prometheus.firing("requests fail") == set()
    shop.kubectl("scale", "deployment/shop-read-product", "--replicas=0")
    try:
        eventually(lambda: shop.pods("read-product") == [], 60)

        def fires() -> bool:
            ask(503)
            return prometheus.firing("requests fail") == {"shop-display-product"}

        eventually(fires, 60)
    finally:
        shop.kubectl("scale", "deployment/shop-read-product", "--replicas=2")
        shop.rolled_out("read-product")
