"""Prometheus metrics of the catalogue, in addition to those of requests."""

from prometheus_client import REGISTRY, Counter, Gauge

products = Counter("catalog_products", "Products written, by action.", ["action"])
imported_rows = Counter("catalog_imported_rows", "Rows of import files, by outcome.", ["outcome"])
sign_ins = Counter("catalog_sign_ins", "Attempts to sign in to the pages, by method and result.", ["method", "result"])
refusals = Counter(
    "catalog_auth_refusals", "Requests refused for lack of a valid token or role, by reason.", ["reason"]
)
pool_connections = Gauge(
    "catalog_database_connections", "Database connections in use.", multiprocess_mode="livesum", registry=REGISTRY
)
