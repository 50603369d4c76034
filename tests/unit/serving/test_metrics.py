"""Requests are counted as prometheus-flask-exporter counts them: dashboards and alerts go by its names."""

from flask import Flask
from prometheus_client import CollectorRegistry
from prometheus_flask_exporter import PrometheusMetrics

from serving import logs, metrics


def counted(app: Flask, registry: CollectorRegistry) -> dict:
    """What is counted of some requests, but for the time that they took."""
    app.add_url_rule(
        "/products/<int:number>", endpoint="product", view_func=lambda number: str(number), methods=["GET", "PUT"]
    )
    app.add_url_rule("/livez", endpoint="livez", view_func=lambda: "alive")
    client = app.test_client()
    for path in ("/products/1", "/products/2", "/products/x", "/livez"):
        client.get(path)
    client.put("/products/3")
    client.head("/products/3")
    client.delete("/products/3")
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in registry.collect()
        for sample in family.samples
        if "_info" not in sample.name and not sample.name.endswith(("_sum", "_created", "_bucket"))
    }


def test_what_is_counted_is_what_the_exporter_counts() -> None:
    ours = Flask("ours")
    logs.register(ours)
    theirs, registry = Flask("theirs"), CollectorRegistry()
    PrometheusMetrics(theirs, path=None, registry=registry, group_by="url_rule", excluded_paths=["^/livez$"])
    assert counted(ours, metrics.register(ours)) == counted(theirs, registry)
