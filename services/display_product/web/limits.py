"""Limits the size of requests."""

from flask import Flask, request

from catalog.settings import Settings

FORM_MAX = 512 * 1024
# Room for the fields of a form besides its file.
MARGIN = 64 * 1024
DRAIN_FACTOR = 4
CHUNK = 64 * 1024


def register(app: Flask, settings: Settings) -> None:
    """Sets the limit for each request by its endpoint."""
    most = {"imports.send": settings.import_max_bytes + MARGIN}

    @app.before_request
    def limit() -> None:
        request.max_content_length = most.get(request.endpoint or "", FORM_MAX)

    app.jinja_env.globals["import_max_bytes"] = settings.import_max_bytes
    app.extensions["drain_max"] = settings.import_max_bytes * DRAIN_FACTOR


def drain(most: int) -> None:
    """Reads a refused body to its end: a browser that is still sending would not read the response."""
    length = request.content_length or 0
    source = request.environ["wsgi.input"]
    while 0 < length <= most and (chunk := source.read(min(CHUNK, length))):
        length -= len(chunk)
