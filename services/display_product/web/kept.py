"""Pages that are made once for all who would get the same: most requests are for a page that has not changed.

What a page is made of gives its ETag before it is made: a browser that has the page is told so for the price of the
question to the services, and a page that is kept is sent as it is, compressed once. Making it takes several times as
long as all the rest of a request.
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

from catalog.settings import Settings
from display_product.web import preferences
from display_product.web.cache import Answer

KEPT_BYTES = 8 * 1024 * 1024
"""What the pages of a process may have together."""
COMPRESS_MIN = 1000
GZIP_LEVEL = 6


@dataclass
class Page:
    """A page as it is, and compressed."""

    plain: bytes

    @cached_property
    def compressed(self) -> bytes:
        """Made when a browser takes it; with a fixed time, so that the same page is the same bytes."""
        return gzip.compress(self.plain, GZIP_LEVEL, mtime=0)

    @property
    def size(self) -> int:
        """Bytes that it takes, compressed form included."""
        return 2 * len(self.plain)


class Pages:
    """The kept pages by their ETags; the ones that nobody has asked for longest make room. Safe for threads."""

    def __init__(self, made_by: bytes, kept_bytes: int = KEPT_BYTES) -> None:
        self.made_by = made_by
        """Another one where the same products would give another page."""
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Page] = OrderedDict()
        self._room = kept_bytes

    def get(self, etag: str) -> Page | None:
        """A page that is kept."""
        with self._lock:
            if found := self._kept.get(etag):
                self._kept.move_to_end(etag)
            return found

    def keep(self, etag: str, page: Page) -> None:
        """Keeps a page."""
        with self._lock:
            if etag in self._kept:
                return
            self._kept[etag] = page
            self._room -= page.size
            while self._room < 0:
                _, oldest = self._kept.popitem(last=False)
                self._room += oldest.size


def register(app: Flask, settings: Settings) -> None:
    """Prepares for the app's pages."""
    app.extensions["kept"] = Pages(_made_by(settings))


def answer(template: str, said: Answer, values: Callable[[], dict[str, Any]]) -> Response:
    """The page of this template at the address at hand, which nothing but the services' answer decides.

    `values` gives what the template takes, and is called only when the page must be made. So it must not depend on
    anything but `said` and the address; on the language and the like only as all pages do.
    """
    if _has_message():
        return current_app.make_response(render_template(template, **values()))
    pages: Pages = current_app.extensions["kept"]
    etag = _etag(pages, said)
    # Weak, since the same page travels compressed and plain.
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
    """Puts the page into the response, compressed when the browser takes that and it is worth it."""
    if len(page.plain) >= COMPRESS_MIN and request.accept_encodings.quality("gzip"):
        response.set_data(page.compressed)
        response.headers["Content-Encoding"] = "gzip"
    else:
        response.set_data(page.plain)


def _has_message() -> bool:
    """Whether the page says something once that no other will say."""
    return current_app.config["SESSION_COOKIE_NAME"] in request.cookies and "_flashes" in session


def _etag(pages: Pages, said: Answer) -> str:
    """What the page is made of: all that a template can come to know of a request that has no message to show."""
    parts = (
        pages.made_by,
        said.version,
        request.script_root,
        request.path,
        request.query_string,
        get_locale().language,
        [preferences.current(name) for name in ("theme", "layout")],
    )
    return hashlib.blake2b(msgspec.msgpack.encode(parts), digest_size=16).hexdigest()


def _made_by(settings: Settings) -> bytes:
    """Tells releases and settings apart that make other pages of the same products."""
    folder = Path(__file__).parents[1]
    digest = hashlib.blake2b(msgspec.msgpack.encode([version("babel"), settings.currency, settings.import_max_bytes]))
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.suffix != ".pyc":
            digest.update(file.relative_to(folder).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.digest()
