"""Prometheus metrics of requests, by route.

The directory for the worker processes' files comes from the environment (see serving.server), since
prometheus_client decides at import how it stores values. Without the directory, as in tests, values stay in the
process.
"""

import time
from functools import cache

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram

from serving.logs import QUIET_PATHS


def register(app: Flask) -> CollectorRegistry:
    """Counts and times each request by route, method and status. Returns the app's own registry.

    Names and labels match those of prometheus-flask-exporter. Its hooks take several times as long, since it looks up
    labels for each request; here the labels of each route, method and status are bound once.
    """
    registry = CollectorRegistry()
    durations = Histogram(
        "flask_http_request_duration_seconds", "Flask HTTP request duration in seconds",
        ["method", "url_rule", "status"], registry=registry,
    )  # fmt: skip
    totals = Counter(
        "flask_http_request_total", "Total number of HTTP requests", ["method", "status"], registry=registry
    )

    @cache
    def bound(method: str, rule: str, status: int) -> tuple[Histogram, Counter]:
        return durations.labels(method, rule, str(status)), totals.labels(method, str(status))

    def count(method: str, rule: str, status: int, seconds: float) -> None:
        duration, total = bound(method, rule, status)
        duration.observe(max(seconds, 0))
        total.inc()

    app.extensions["count"] = count
    app.extensions["metrics"] = registry

    @app.after_request
    def count_request(response: Response) -> Response:
        current = request._get_current_object()  # type: ignore[attr-defined]
        if current.path not in QUIET_PATHS:
            count(current.method, str(current.url_rule), response.status_code, time.perf_counter() - g.started)
        return response

    return registry
