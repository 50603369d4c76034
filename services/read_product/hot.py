"""Serves cached pages before Flask, whose routing, hooks and response take longer than everything else.

Logs, metrics, request ids and 304 work as they do in Flask. Any unusual request is passed on to Flask.
"""

import time
from collections.abc import Hashable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from flask import Flask, current_app
from werkzeug.http import parse_etags, quote_etag

from catalog import wire
from read_product.cache import Cache, Page
from serving import logs, names, service
from serving.guard import Guard

QUERIES_MAX = 1000
QUERY_MAX = 500
"""Maximum characters of a query string that is remembered."""

_ELSEWHERE = frozenset((
    "CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING", "HTTP_CONTENT_ENCODING", "HTTP_CACHE_CONTROL", "HTTP_RANGE",
    "HTTP_IF_RANGE", "HTTP_IF_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_UNMODIFIED_SINCE",
))  # fmt: skip


class HotPages:
    """WSGI middleware that answers requests for cached pages."""

    def __init__(self, app: Flask) -> None:
        self._app = app.wsgi_app
        self._pages: Cache = app.extensions["pages"]
        self._guard: Guard | None = app.extensions.get("guard")
        self._count = app.extensions["count"]
        self._service = names.of(app.name)
        self._keys: dict[str, Hashable] = {}

    def learn(self, query: str, key: Hashable) -> None:
        """Remembers the cache key of a validated query string."""
        if len(query) <= QUERY_MAX:
            if len(self._keys) >= QUERIES_MAX:
                self._keys.clear()
            self._keys[query] = key

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """See PEP 3333."""
        began = time.perf_counter()
        cached = self._find(environ)
        if cached is None:
            return self._app(environ, start_response)
        page, age = cached
        method, request_id = environ["REQUEST_METHOD"], service.request_id(environ)
        status = HTTPStatus.NOT_MODIFIED if _is_known(page, environ) else HTTPStatus.OK
        fields = [
            ("Cache-Control", self._pages.control),
            ("Age", str(age)),
            ("ETag", quote_etag(page.etag)),
            ("X-Request-ID", request_id),
            ("X-Content-Type-Options", "nosniff"),
        ]
        if page.next:
            fields.append(("Link", f'<{page.next}>; rel="next"'))
        if status == HTTPStatus.OK:
            fields += [("Content-Type", "application/json"), ("Content-Length", str(len(page.body)))]
        seconds = time.perf_counter() - began
        path, peer = wire.PRODUCTS, environ.get("REMOTE_ADDR")
        self._count(method, path, status.value, seconds)
        logs.answered(self._service, method, path, status.value, seconds, peer, request_id)
        start_response(_LINES[status], fields)
        return [page.body] if status == HTTPStatus.OK and method == "GET" else []

    def _find(self, environ: Mapping[str, Any]) -> tuple[Page, int] | None:
        if environ["PATH_INFO"] != wire.PRODUCTS or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return None
        if self._guard is not None and not self._guard.lets_read(environ):
            return None
        key = self._keys.get(environ["QUERY_STRING"])
        return self._pages.peek(key) if key is not None and _ELSEWHERE.isdisjoint(environ) else None


_LINES = {status: f"{status.value} {status.phrase.upper()}" for status in (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED)}


def _is_known(page: Page, environ: Mapping[str, Any]) -> bool:
    given = environ.get("HTTP_IF_NONE_MATCH")
    return given is not None and parse_etags(given).contains_weak(page.etag)


def register(app: Flask) -> None:
    """Installs the middleware in the app."""
    pages = HotPages(app)
    app.extensions["hot"] = pages
    app.wsgi_app = pages  # type: ignore[method-assign]


def learn(query: str, key: Hashable) -> None:
    """Remembers the cache key of a query string that the current app has validated."""
    pages: HotPages = current_app.extensions["hot"]
    pages.learn(query, key)
