"""The public address of the pages: it comes from CATALOG_PUBLIC_URL, never from a header."""

from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit

import flask
from flask import Flask, request

from catalog.settings import Settings


def register(app: Flask, settings: Settings) -> None:
    """Makes the app trust the setting; without one it trusts the request, as on a developer's machine.

    Gives templates a cached `url_for`: every page has the same twenty addresses.
    """
    app.jinja_env.globals["url_for"] = url_for
    if settings.public_url:
        app.wsgi_app = PublicAddress(app.wsgi_app, settings.public_url)  # type: ignore[method-assign]


def url_for(endpoint: str, **values: Any) -> str:
    """An address on these pages; see flask.url_for."""
    return _built(request.script_root, endpoint, tuple(values.items()))


# The cache is small, since an address may have a few thousand characters.
@lru_cache(maxsize=256)
def _built(_root: str, endpoint: str, values: tuple[tuple[str, Any], ...]) -> str:
    return flask.url_for(endpoint, **dict(values))


def prefix_of(public_url: str | None) -> str:
    """The path of the public URL without a trailing slash: `/shop`, or an empty string."""
    return urlsplit(public_url).path.rstrip("/") if public_url else ""


class PublicAddress:
    """WSGI middleware that sets scheme, host and path prefix (PEP 3333) from the public URL.

    A proxy may strip the prefix from the path or keep it; both work.
    """

    def __init__(self, app: Any, public_url: str) -> None:
        parts = urlsplit(public_url)
        self._app = app
        self._scheme = parts.scheme
        self._host = parts.netloc
        # WSGI requires an unquoted path, with its bytes decoded as Latin-1.
        self._prefix = unquote(prefix_of(public_url)).encode().decode("latin-1")

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """See PEP 3333."""
        path = environ.get("PATH_INFO", "")
        if self._prefix and (path == self._prefix or path.startswith(self._prefix + "/")):
            path = path[len(self._prefix) :]
        environ["PATH_INFO"] = path or "/"
        environ["SCRIPT_NAME"] = self._prefix
        environ["HTTP_HOST"] = self._host
        environ["wsgi.url_scheme"] = self._scheme
        return self._app(environ, start_response)
