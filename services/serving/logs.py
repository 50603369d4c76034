"""Logs: one JSON object per line on standard output, with the id of the request that it belongs to."""

import contextlib
import logging
import logging.config
import sys
import time
from functools import lru_cache
from typing import Any

import msgspec
from flask import Flask, Response, g, has_request_context, request

from serving import names

DATE_FORMAT = "%Y-%m-%dT%H:%M:%S%z"
QUIET_PATHS = {"/livez", "/readyz"}

access = logging.getLogger("access")
_encode = msgspec.json.Encoder().encode


class RequestId(logging.Filter):
    """Adds the request id to each entry that is logged while a request is served."""

    def filter(self, record: logging.LogRecord) -> bool:
        """See logging.Filter."""
        if has_request_context():
            record.request_id = g.get("request_id")
        return True


def config(service: str, level: str) -> dict[str, Any]:
    """The configuration for logging.config.dictConfig, which gunicorn accepts as well."""
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
                "datefmt": DATE_FORMAT,
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
            # Whoever looks for what people did must find it at any level.
            "audit": {"level": "INFO", "handlers": [], "propagate": True},
            "gunicorn.error": {"level": level, "handlers": [], "propagate": True},
            "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
        },
    }


def setup(service: str, level: str) -> None:
    """Configures logging for a command that does not run under gunicorn."""
    logging.config.dictConfig(config(service, level))


def register(app: Flask) -> None:
    """Logs one line for each request, except health probes."""
    service = names.of(app.name)

    @app.before_request
    def start_clock() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def log_request(response: Response) -> Response:
        current = request._get_current_object()  # type: ignore[attr-defined]
        if current.path not in QUIET_PATHS:
            answered(
                service,
                current.method,
                current.path,
                response.status_code,
                time.perf_counter() - g.started,
                current.remote_addr,
                g.get("request_id"),
            )
        return response


def answered(
    service: str, method: str, path: str, status: int, seconds: float, peer: str | None, request_id: str | None
) -> None:
    """Logs a request and how many seconds it took."""
    if access.isEnabledFor(logging.INFO):
        _write(
            Access(
                time=_instant(int(time.time())),
                message=f"{method} {path}",
                method=method,
                path=path,
                status=status,
                duration_ms=round(seconds * 1000, 1),
                peer=peer,
                request_id=request_id,
                service=service,
            )
        )


class Access(msgspec.Struct, kw_only=True):
    """A line of the access log, with the fields that the formatter above would write."""

    time: str
    level: str = "INFO"
    logger: str = access.name
    message: str
    method: str
    path: str
    status: int
    duration_ms: float
    peer: str | None
    request_id: str | None
    service: str


@lru_cache(1)
def _instant(seconds: int) -> str:
    return time.strftime(DATE_FORMAT, time.localtime(seconds))


def _write(line: Access) -> None:
    """Bypasses `logging`, which takes longer for a line than Flask takes for the request."""
    # A logging handler does the same: an error while logging must not fail the request.
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.buffer.write(_encode(line) + b"\n")
        sys.stdout.buffer.flush()
