"""The endpoints of add-product for import files."""

import hashlib
from http import HTTPStatus
from typing import cast

from flask import Blueprint, Response, current_app, g, request
from sqlalchemy.exc import IntegrityError
from werkzeug.http import parse_dict_header

from add_product import idempotency, uploads
from add_product.imports import encoding, queue, runner
from add_product.imports.order import ON_CONFLICT, Kind, OnConflict, Order
from catalog import charsets, database, imports, wire
from catalog.models import FILE_NAME_MAX
from catalog.settings import Settings
from serving import bodies, parameters
from serving.answers import FieldError
from serving.openapi import Body, body, header, operation, query
from serving.problems import ProblemError, conflict, invalid, not_found

ONE = f"{wire.IMPORTS}/<product_id:import_id>"
CSV_TYPES = ("text/csv", "text/tab-separated-values", "text/plain", "application/vnd.ms-excel")
NDJSON_TYPES = ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines")
WAIT_SECONDS = 18
"""How long a request waits for its import to end. With the rest of the work, the response starts within 20 s."""
RETRY_AFTER_SECONDS = 2

import_views = Blueprint("imports", __name__)

DRY_RUN = query("dry_run", "Check only, write nothing.", {"type": "string", "enum": ["true", "false"]})
ON_CONFLICT_PARAMETER = query(
    "on_conflict",
    "What to do with a row whose SKU a product already has: report an error, leave the product as it is, or "
    "update the fields that the file has.",
    {"type": "string", "enum": list(ON_CONFLICT), "default": "fail"},
)
PREFER = header(
    "Prefer",
    f"`wait=N` (RFC 7240): seconds to wait for the import to end, by default and at most {WAIT_SECONDS}; "
    "`respond-async`: do not wait.",
    {"type": "string"},
)
WHERE = {"Location": "Address of the import at read-product."}
ACCEPTED = body(wire.Import, {**WHERE, "Retry-After": "Seconds to wait before requesting it."})
CHANGES = {200: body(wire.Import, WHERE), 202: ACCEPTED}


@import_views.post(f"{wire.PRODUCTS}/import")
@operation(
    tag="imports",
    access="editor",
    request=Body({media_type: {"type": "string", "minLength": 1} for media_type in (*CSV_TYPES, *NDJSON_TYPES)}),
    parameters=(
        DRY_RUN,
        ON_CONFLICT_PARAMETER,
        query("name", "Name of the file, as shown to people.", {"type": "string", "maxLength": FILE_NAME_MAX}),
        header(
            idempotency.HEADER,
            "A value of the client's choice, unique for each import: repeating the same request returns the same "
            "import, whatever its state.",
            {"type": "string", "pattern": idempotency.PATTERN},
        ),
        PREFER,
    ),
    responses={200: body(wire.ImportReport, WHERE), 202: ACCEPTED},
    problems=(409, 413, 415, 422),
)
def import_products() -> Response:
    """Adds and changes products from a file.

    CSV needs a heading row; encoding, delimiter and the headings of known programs are recognised. NDJSON is UTF-8
    with one product per line. Rows are written in transactions of up to a thousand; an invalid row is reported and
    does not affect the others. A row without SKU matches a product without SKU that has the same name, description
    and price. The import continues even if the request ends: the Location of a 202 response shows its progress.
    """
    dry_run = request.args.get("dry_run") == "true"
    order = Order(_kind(), _charset(), _on_conflict() or "fail", dry_run)
    name = _file_name()
    key = idempotency.check_key(request.headers.get(idempotency.HEADER))
    import_id = _accept(order, name, key)
    _run(import_id)
    return _result(import_id)


@import_views.post(f"{ONE}/start")
@operation(tag="imports", access="editor", parameters=(PREFER,), responses=CHANGES, problems=(404, 409))
def start_import(import_id: int) -> Response:
    """Writes the rows of a checked file. An import that was started before is returned unchanged."""
    if not queue.start(_existing(import_id)) and queue.state_of(import_id) in ("checking", "checked"):
        raise conflict("The file is still being checked, or no longer exists; in the latter case, send it again.")
    return _after_change(import_id)


@import_views.post(f"{ONE}/check")
@operation(
    tag="imports",
    access="editor",
    parameters=(
        query("charset", "Encoding of the file.", {"type": "string", "enum": list(charsets.CODECS)}),
        ON_CONFLICT_PARAMETER,
        PREFER,
    ),
    responses=CHANGES,
    problems=(404, 409),
)
def check_import(import_id: int) -> Response:
    """Checks the file again with another encoding or another `on_conflict`, without a new upload."""
    if not queue.check(_existing(import_id), request.args.get("charset"), _on_conflict()):
        raise conflict("The import has already been started, or its file no longer exists; send it again.")
    return _after_change(import_id)


@import_views.post(f"{ONE}/cancel")
@operation(tag="imports", access="editor", responses={200: body(wire.Import, WHERE)}, problems=(404,))
def cancel_import(import_id: int) -> Response:
    """Cancels an import. Rows already written stay; an import that has ended is returned unchanged."""
    if upload := queue.cancel(_existing(import_id)):
        uploads.remove(upload)
    runner.of_app().tell()
    return _answer(_load(import_id), HTTPStatus.OK)


@import_views.post(f"{ONE}/undo")
@operation(
    tag="imports",
    access="editor",
    parameters=(DRY_RUN, PREFER),
    responses={200: body(wire.UndoReport, WHERE), 202: ACCEPTED},
    problems=(404, 409),
)
def undo_import(import_id: int) -> Response:
    """Takes back what an import has changed, and leaves alone what has changed since.

    Products that the import created are deleted, and those that it changed get the values that they had. The undo is
    an import of its own, with a number and a state: a dry run can be started, and one that is not can be cancelled.
    What it has changed is in the history under its number, and it can be undone itself.
    """
    dry_run = request.args.get("dry_run") == "true"
    g.audited = {"undo_of": import_id}
    try:
        undo_id = queue.undo(_existing(import_id), dry_run)
    except queue.NotUndoable as fault:
        where = {} if fault.undone_by is None else {"Location": f"{wire.IMPORTS}/{fault.undone_by}"}
        raise ProblemError(
            HTTPStatus.CONFLICT, fault.detail, [FieldError("", fault.detail, fault.code)], where
        ) from None
    _run(undo_id)
    return _result(undo_id)


def _accept(order: Order, name: str, key: str | None) -> int:
    """Accepts the body and returns the id of its import: a new one, or the one that this key created before."""
    settings: Settings = current_app.extensions["settings"]
    most = settings.import_max_bytes
    request.max_content_length = most
    earlier = queue.by_key(key) if key else None
    upload = uploads.measure(request.stream, most) if earlier else uploads.receive(request.stream, most)
    if upload.size == 0:
        raise invalid([FieldError("", "is empty", "empty")], "The file is empty.")
    request_hash = hashlib.sha256(repr((order, upload.digest)).encode()).hexdigest()
    if earlier is None:
        try:
            return database.transaction(
                lambda connection: queue.add(connection, upload, order, name, key, request_hash)
            )
        except IntegrityError:
            # The same request has arrived in the meantime.
            uploads.remove(upload.id)
            earlier = queue.by_key(key or "")
            if earlier is None:
                raise
    import_id, earlier_hash = earlier
    if earlier_hash != request_hash:
        raise idempotency.reused("another file or other options")
    return import_id


def _run(import_id: int) -> None:
    """Wakes the runner, and waits for the import for as long as the client wants to."""
    app_runner = runner.of_app()
    app_runner.tell()
    app_runner.wait(import_id, _seconds())


def _after_change(import_id: int) -> Response:
    _run(import_id)
    item = _load(import_id)
    return _answer(item, HTTPStatus.OK if item.state in runner.OVER else HTTPStatus.ACCEPTED)


def _result(import_id: int) -> Response:
    """Responds with the report, with the reason why there is none, or with the address where it will appear."""
    item = _load(import_id)
    where = {"Location": f"{wire.IMPORTS}/{import_id}"}
    if item.state in ("checked", "done"):
        return Response(bodies.encode(item.undo or item.report), headers=where, content_type="application/json")
    if item.state == "interrupted":
        raise ProblemError(HTTPStatus.CONFLICT, "The import was cancelled, or not started within a day.", headers=where)
    if item.problem:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, item.problem.detail, [item.problem], where)
    return _answer(item, HTTPStatus.ACCEPTED)


def _answer(item: wire.Import, status: HTTPStatus) -> Response:
    response = Response(bodies.encode(item), status, content_type="application/json")
    response.headers["Location"] = f"{wire.IMPORTS}/{item.id}"
    if status == HTTPStatus.ACCEPTED:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _existing(import_id: int) -> int:
    if import_id > parameters.ID_MAX or queue.state_of(import_id) is None:
        raise not_found("There is no such import.")
    return import_id


def _load(import_id: int) -> wire.Import:
    with database.reading() as connection:
        item = imports.find(connection, import_id)
    if item is None:
        raise not_found("There is no such import.")
    return item


def _seconds() -> float:
    """How long the client wants to wait (RFC 7240); a value that is not a number is ignored."""
    preferences = parse_dict_header(request.headers.get("Prefer", "").lower())
    if "respond-async" in preferences and "wait" not in preferences:
        return 0
    wait = preferences.get("wait") or ""
    return min(int(wait), WAIT_SECONDS) if wait.isascii() and wait.isdigit() and len(wait) < 10 else WAIT_SECONDS


def _on_conflict() -> OnConflict | None:
    return cast(OnConflict | None, request.args.get("on_conflict"))


def _charset() -> str | None:
    """The charset that the content type names. Raises a 422 problem for an unknown one."""
    charset = request.mimetype_params.get("charset")
    try:
        return encoding.known(charset) if charset else None
    except encoding.Unreadable as fault:
        raise invalid([FieldError("", fault.detail, fault.code, fault.params)], fault.detail) from None


def _file_name() -> str:
    """The printable part of the file name. The name only helps people to tell imports apart."""
    words = request.args.get("name", "").split()
    return " ".join("".join(filter(str.isprintable, word)) for word in words)


def _kind() -> Kind:
    if request.mimetype in CSV_TYPES:
        return "csv"
    if request.mimetype in NDJSON_TYPES:
        return "ndjson"
    raise ProblemError(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "Send the file as text/csv, or as application/x-ndjson with one product on each line.",
    )
