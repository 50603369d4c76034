"""Prometheus metrics: requests by route, and what the services count themselves.

The directory for the worker processes' files comes from the environment (see catalog.server), since
prometheus_client decides at import how it stores values. Without it, as in tests, values stay in the process.
"""

from flask import Flask
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge
from prometheus_flask_exporter import PrometheusMetrics

PROBES = r"^/(livez|readyz)$"

products = Counter("catalog_products", "Products written, by what was done.", ["action"])
imported_rows = Counter("catalog_imported_rows", "Rows of import files, by what became of them.", ["outcome"])
pool_connections = Gauge(
    "catalog_database_connections", "Database connections in use.", multiprocess_mode="livesum", registry=REGISTRY
)


def register(app: Flask) -> None:
    """Counts and times each request by route, method and status. Each app has a registry of its own."""
    PrometheusMetrics(
        app,
        path=None,
        registry=CollectorRegistry(),
        group_by="url_rule",
        excluded_paths=[PROBES],
        default_labels={},
    )
