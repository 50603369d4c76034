"""Downloads the catalogue as a file, streamed through from read-product."""

from functools import partial

from flask import Blueprint, Response

from display_product import client
from display_product.web import decisions
from serving import streams

CHUNK = 64 * 1024

views = Blueprint("exports", __name__)


@views.get("/export/products.<any(csv, ndjson):kind>")
@decisions.reader
def download(kind: str) -> Response:
    """Streams the file."""
    return streams.admit(partial(_file, kind))


def _file(kind: str) -> Response:
    file = client.get().export(kind)
    response = Response(file.stream(CHUNK), content_type=file.headers["Content-Type"])
    response.headers["Content-Disposition"] = f'attachment; filename="products.{kind}"'
    response.headers["Cache-Control"] = "no-store"
    response.call_on_close(file.close)
    return response
