"""Logs: one JSON object a line on standard output, each with the id of the request it belongs to."""

import logging
import logging.config
import time
from typing import Any

from flask import Flask, Response, g, has_request_context, request

QUIET_PATHS = {"/livez", "/readyz"}

access = logging.getLogger("catalog.access")


class RequestId(logging.Filter):
    """Adds the request id to each entry that is written while a request is served."""

    def filter(self, record: logging.LogRecord) -> bool:
        """See logging.Filter."""
        if has_request_context():
            record.request_id = g.get("request_id")
        return True


def config(service: str, level: str) -> dict[str, Any]:
    """Configuration for logging.config.dictConfig, which gunicorn takes as well."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"request_id": {"()": RequestId}},
        "formatters": {
            "json": {
                "()": "pythonjsonlogger.json.JsonFormatter",
                "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
                "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
                "static_fields": {"service": service},
                "datefmt": "%Y-%m-%dT%H:%M:%S%z",
            }
        },
        "handlers": {
            "stdout": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stdout",
                "formatter": "json",
                "filters": ["request_id"],
            }
        },
        "root": {"level": level, "handlers": ["stdout"]},
        "loggers": {
            "gunicorn.error": {"level": level, "handlers": [], "propagate": True},
            "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
            "alembic": {"level": "WARNING"},
        },
    }


def setup(service: str, level: str) -> None:
    """Configures logging for a command that does not run under gunicorn."""
    logging.config.dictConfig(config(service, level))


def register(app: Flask) -> None:
    """Logs one line for each request, without the probes."""

    @app.before_request
    def start_clock() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def log_request(response: Response) -> Response:
        if request.path not in QUIET_PATHS:
            access.info(
                "%s %s",
                request.method,
                request.path,
                extra={
                    "method": request.method,
                    "path": request.path,
                    "status": response.status_code,
                    "duration_ms": round((time.perf_counter() - g.started) * 1000, 1),
                    "peer": request.remote_addr,
                },
            )
        return response
