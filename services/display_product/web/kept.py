"""A cache of rendered pages, shared by everyone who would get the same page: most requests are for unchanged pages.

The ETag is a hash of all inputs of a page, so it is known before rendering. A browser that has the page gets a 304 for
the cost of the request to the services, and a cached page is sent as it is, compressed once. Rendering takes several
times as long as the rest of a request.
"""

import gzip
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
from flask import Flask, Response, current_app, g, render_template, request, session
from flask_babel import get_locale

from catalog import __version__, wire
from catalog.settings import Settings
from display_product.web import preferences
from display_product.web.cache import Answer
from serving import access

KEPT_BYTES = 8 * 1024 * 1024
"""Limit of all cached pages in a process."""
RENDERERS = ("Babel", "Flask", "Flask-Babel", "Jinja2", "MarkupSafe")
"""The packages that a page's text depends on."""
COMPRESS_MIN = 1000
GZIP_LEVEL = 6


@dataclass
class Page:
    """A rendered page, plain and compressed."""

    plain: bytes

    @cached_property
    def compressed(self) -> bytes:
        """Compressed on first use, with a fixed timestamp so that the same page gives the same bytes."""
        return gzip.compress(self.plain, GZIP_LEVEL, mtime=0)

    @property
    def size(self) -> int:
        """Memory in bytes, an estimate of the compressed form included."""
        return 2 * len(self.plain)


class Pages:
    """The cached pages by ETag; the least recently used ones are evicted. Thread-safe."""

    def __init__(self, made_by: bytes, kept_bytes: int = KEPT_BYTES) -> None:
        self.made_by = made_by
        """Identifies the code and settings; it differs when the same products would give another page."""
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Page] = OrderedDict()
        self._room = kept_bytes

    def get(self, etag: str) -> Page | None:
        """A cached page, or None."""
        with self._lock:
            if found := self._kept.get(etag):
                self._kept.move_to_end(etag)
            return found

    def keep(self, etag: str, page: Page) -> None:
        """Adds a page to the cache."""
        with self._lock:
            if etag in self._kept:
                return
            self._kept[etag] = page
            self._room -= page.size
            while self._room < 0:
                _, oldest = self._kept.popitem(last=False)
                self._room += oldest.size


def register(app: Flask, settings: Settings) -> None:
    """Creates the cache for the app's pages."""
    app.extensions["kept"] = Pages(_made_by(settings))


def answer(template: str, fetched: Answer, values: Callable[[], dict[str, Any]]) -> Response:
    """Responds with the page of this template for the current address, from the cache if possible.

    `values` returns the template's variables, and is called only if the page must be rendered. So it must depend on
    nothing but `fetched` (the service's response) and the address, and on language and the like only as all pages do.
    """
    if _has_message():
        return current_app.make_response(render_template(template, **values()))
    pages: Pages = current_app.extensions["kept"]
    etag = _etag(pages, fetched)
    # Weak, since the same page is sent both compressed and plain.
    headers = {"ETag": f'W/"{etag}"'}
    if request.if_none_match.contains_weak(etag):
        return Response(status=304, headers=headers, mimetype="text/html")
    page = pages.get(etag)
    if page is None:
        page = Page(render_template(template, **values()).encode())
        if "csrf_token" in g:
            raise AssertionError(f"{template} holds one person's secret")
        pages.keep(etag, page)
    response = Response(headers=headers, mimetype="text/html")
    send(response, page)
    return response


def send(response: Response, page: Page) -> None:
    """Puts the page into the response, compressed if the browser accepts that and it is worthwhile."""
    if len(page.plain) >= COMPRESS_MIN and request.accept_encodings.quality("gzip"):
        response.set_data(page.compressed)
        response.headers["Content-Encoding"] = "gzip"
    else:
        response.set_data(page.plain)


def _has_message() -> bool:
    """Whether this page must show a flashed message, which is shown only once."""
    return current_app.config["SESSION_COOKIE_NAME"] in request.cookies and "_flashes" in session


def _etag(pages: Pages, fetched: Answer) -> str:
    """Hashes all inputs of the page: everything a template can see of a request that has no message to show."""
    principal = access.current()
    parts = (
        pages.made_by,
        fetched.version,
        request.script_root,
        request.path,
        request.query_string,
        get_locale().language,
        [preferences.current(name) for name in ("theme", "layout")],
        # The page names them, and has the buttons that they may press.
        [principal.kind, principal.name, principal.role],
    )
    return hashlib.blake2b(msgspec.msgpack.encode(parts), digest_size=16).hexdigest()


def _made_by(settings: Settings) -> bytes:
    """Hashes the code and settings, which may render the same products differently."""
    folder = Path(__file__).parents[1]
    parts = [__version__, *map(version, RENDERERS), settings.currency, settings.import_max_bytes, settings.auth]
    digest = hashlib.blake2b(msgspec.msgpack.encode(parts))
    digest.update(Path(wire.__file__).read_bytes())
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.suffix != ".pyc":
            digest.update(file.relative_to(folder).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.digest()
