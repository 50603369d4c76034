"""The address of add-product for import files."""

import tempfile
from http import HTTPStatus
from typing import IO, cast

from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

from add_product.imports import encoding, headings, importer, table
from catalog import wire
from catalog.openapi import Body, body, operation, query
from catalog.problems import ProblemError, invalid
from catalog.settings import Settings
from catalog.wire import FieldError

PATH = "/api/v1/products/import"
CSV_TYPES = ("text/csv", "text/tab-separated-values", "text/plain", "application/vnd.ms-excel")
NDJSON_TYPES = ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines")
IN_MEMORY = 1024 * 1024
CHUNK = 64 * 1024

import_views = Blueprint("imports", __name__)


@import_views.post(PATH)
@operation(
    tag="imports",
    request=Body({media_type: {"type": "string", "minLength": 1} for media_type in (*CSV_TYPES, *NDJSON_TYPES)}),
    parameters=(
        query("dry_run", "Report only, write nothing.", {"type": "string", "enum": ["true", "false"]}),
        query(
            "on_conflict",
            "What to do with a row whose SKU a product has already: report it as an error, leave the product as it "
            "is, or change the product's fields that the file has.",
            {"type": "string", "enum": list(importer.ON_CONFLICT), "default": "fail"},
        ),
    ),
    responses={200: body(wire.ImportReport)},
    problems=(400, 413, 415, 422),
)
def import_products() -> Response:
    """Adds and changes products from a file.

    CSV has a heading row; encoding, delimiter and the headings of known programs are recognised. NDJSON is UTF-8
    with one product on each line. Rows are written in transactions of some hundreds; a wrong row is reported and
    holds no other back. A row without SKU is the same as a product without SKU that has the same name, description
    and price.
    """
    dry_run, on_conflict = _options()
    is_csv = _is_csv()
    settings: Settings = current_app.extensions["settings"]
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as file:
        _receive(file, settings.import_max_bytes)
        try:
            if is_csv:
                charset = request.mimetype_params.get("charset")
                report = importer.run_csv(file, charset, settings.currency, on_conflict, dry_run)
            else:
                report = importer.run_ndjson(file, on_conflict, dry_run)
        except (encoding.Unreadable, headings.Unknown, table.Unusable) as fault:
            raise invalid([FieldError("", fault.detail, fault.code, fault.params)], fault.detail) from None
    return Response(wire.encode(report), content_type="application/json")


def _options() -> tuple[bool, importer.OnConflict]:
    on_conflict = cast(importer.OnConflict, request.args.get("on_conflict", "fail"))
    return request.args.get("dry_run", "false") == "true", on_conflict


def _is_csv() -> bool:
    if request.mimetype in CSV_TYPES:
        return True
    if request.mimetype in NDJSON_TYPES:
        return False
    raise ProblemError(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "Send the file as text/csv, or as application/x-ndjson with one product on each line.",
    )


def _receive(file: IO[bytes], most: int) -> None:
    """Copies the body, beyond a megabyte to disk. Raises a 413 or 422 problem."""
    request.max_content_length = most
    size = 0
    while chunk := request.stream.read(CHUNK):
        size += len(chunk)
        if size > most:
            raise RequestEntityTooLarge
        file.write(chunk)
    if size == 0:
        raise invalid([FieldError("", "is empty", "empty")], "The file is empty.")
