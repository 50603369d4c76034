"""Imports a file: choose it, preview what would happen, start the import, and follow it to its report.

Each import has a single page in every state, so a person can leave it, reload it, or send its link to a colleague.
"""

import csv
import io
import secrets
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Blueprint, abort, current_app, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError, validate_csrf
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response
from wtforms.validators import ValidationError

from catalog import cells, charsets, wire
from display_product import client, errors, history, messages
from display_product.formats import number
from display_product.forms import ON_CONFLICT, TOKEN, ImportForm, PlainForm
from display_product.history import Difference
from display_product.web import decisions, limits, writes
from display_product.web.sessions import csrf, has_cookie
from display_product.web.uploads import Upload
from serving.answers import FieldError

SHOWN = 50
LISTED = "20"
DEFAULT = "skip"
CHOICES: dict[str, Container[str]] = {"charset": charsets.CHOICES, "on_conflict": ON_CONFLICT}
MEDIA_TYPES = {"ndjson": "application/x-ndjson", "jsonl": "application/x-ndjson", "json": "application/json"}
UNDER_WAY = ("checking", "waiting", "running")
# In all other states, some rows may just have been written, no matter who started the import.
UNWRITTEN = ("checking", "checked", "waiting")
# Errors that another encoding may fix.
ENCODING_CODES = ("encoding", "charset", "damaged", "no_headings")

views = Blueprint("imports", __name__)


@dataclass(frozen=True)
class Fault:
    """An error or warning of a row as the page shows it."""

    row: int
    column: str
    value: str
    sentence: str


@views.get("/import")
@decisions.editor
def choose() -> Response:
    """Shows the form to choose a file."""
    return _form(None, HTTPStatus.OK, request.args)


# This view reads its form itself, piece by piece, and checks the token afterwards.
@views.post("/import")
@decisions.editor
@csrf.exempt
def send() -> Response:
    """Passes the file on to be checked, and redirects to the page of its import."""
    upload = Upload(request, current_app.extensions["settings"].import_max_bytes)
    try:
        return _redirect_to(_check_file(upload))
    except client.Refused as refused:
        answer = _form(_why_not_sent(refused), refused.status, upload.fields)
    except client.Away:
        fault = _("The catalogue cannot accept a file at the moment. Nothing was changed: try again in a minute.")
        answer = _form(fault, HTTPStatus.SERVICE_UNAVAILABLE, upload.fields)
        answer.headers["Retry-After"] = str(errors.RETRY_AFTER_SECONDS)
    except CSRFError:
        answer = errors.expired()
    limits.drain(current_app.extensions["drain_max"])
    return answer


@views.get("/imports")
@decisions.reader
def index() -> str:
    """Lists the imports, the newest first."""
    after = request.args.get("after")
    page = client.get().imports({"limit": LISTED} | ({"after": after} if after is not None else {}))
    next_cursor = parse_qs(urlsplit(page.next).query)["after"][0] if page.next else None
    return render_template("imports.html", imports=page.items, after=after, next_cursor=next_cursor)


@views.get("/imports/<product_id:import_id>")
@decisions.reader
def show(import_id: int) -> Response:
    """Shows one import."""
    return _page(import_id)


@views.post("/imports/<product_id:import_id>/start")
@decisions.editor
def start(import_id: int) -> Response:
    """Starts a checked import; pressing the button twice starts it once."""
    return _ask(import_id, client.get().start)


@views.post("/imports/<product_id:import_id>/check")
@decisions.editor
def check(import_id: int) -> Response:
    """Checks the file again with another encoding or another choice for known SKUs."""
    options = _options(request.form)
    return _ask(import_id, lambda which: client.get().check_again(which, options))


@views.post("/imports/<product_id:import_id>/cancel")
@decisions.editor
def cancel(import_id: int) -> Response:
    """Cancels an import."""
    return _ask(import_id, client.get().cancel)


@views.post("/imports/<product_id:import_id>/undo")
@decisions.editor
def undo(import_id: int) -> Response:
    """Works out what the undo of an import would do, and redirects to the page of the undo."""
    return _ask(import_id, client.get().undo)


@views.get("/imports/<product_id:import_id>/errors.csv")
@decisions.reader
def faults(import_id: int) -> Response:
    """Downloads the rejected rows, or the products that an undo leaves alone, as a file for a spreadsheet."""
    found = _read(import_id)
    if isinstance(found, Response):
        return found
    if found.undo:
        rows = _left_rows(found.undo)
    elif found.report:
        rows = _error_rows(found.report)
    else:
        abort(HTTPStatus.NOT_FOUND)
    out = io.StringIO()
    out.write("\ufeff")
    csv.writer(out).writerows([cell if isinstance(cell, int) else cells.guard(cell) for cell in row] for row in rows)
    response = make_response(out.getvalue())
    response.headers["Content-Type"] = "text/csv; charset=utf-8"
    response.headers["Content-Disposition"] = 'attachment; filename="import-errors.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _error_rows(report: wire.ImportReport) -> list[list[str | int]]:
    rows: list[list[str | int]] = [[_("Row"), _("Column"), _("Value"), _("What is wrong")]]
    rows += [[fault.row, fault.column, fault.value, fault.sentence] for fault in map(_fault, report.errors)]
    return [*rows, ["", "", "", _first_errors(report)]] if report.errors_omitted else rows


def _left_rows(undo: wire.UndoReport) -> list[list[str | int]]:
    rows: list[list[str | int]] = [[_("Number"), _("Name"), _("Why")]]
    rows += [[each.product_id, each.name, messages.of_left(each.reason)] for each in undo.left_alone]
    if undo.left_omitted:
        listed, count = number(len(undo.left_alone)), number(undo.left)
        rows.append(["", "", _("The first %(shown)s of %(count)s products.", shown=listed, count=count)])
    return rows


def _check_file(upload: Upload) -> int:
    """Sends the file to be checked, and returns the ID of its import."""
    if "csrf_token" in upload.fields or not upload.name:
        _check_fields(upload)
    if not upload.name:
        raise client.Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "", [FieldError("", "", "no_file")])
    media_type = MEDIA_TYPES.get(upload.name.rpartition(".")[2].lower(), "text/csv")
    options = _options(upload.fields)
    if media_type == "text/csv" and (charset := options.get("charset")):
        media_type += f"; charset={charset}"
    token = upload.fields.get("token", "")
    key = token if TOKEN.fullmatch(token) else secrets.token_urlsafe(18)
    on_conflict = options.get("on_conflict", DEFAULT)
    import_id = client.get().check_file(_content(upload), upload.name, media_type, on_conflict, key)
    late_options = dict(_options(upload.fields).items() - options.items())
    if late_options:
        client.get().check_again(import_id, late_options)
    return import_id


def _options(fields: Mapping[str, str]) -> dict[str, str]:
    """The import options in the form. Aborts with 400 for an unknown choice."""
    options = {name: value for name in CHOICES if (value := fields.get(name))}
    if any(value not in CHOICES[name] for name, value in options.items()):
        abort(HTTPStatus.BAD_REQUEST)
    return options


def _content(upload: Upload) -> Iterator[bytes]:
    """Yields the file; an error in the rest of the form is raised at the end, so that the upload stays incomplete."""
    yield from upload.content()
    _check_fields(upload)


def _check_fields(upload: Upload) -> None:
    token = upload.fields.get("csrf_token", "")
    if not has_cookie(token):
        try:
            validate_csrf(token)
        except ValidationError as error:
            raise CSRFError(error.args[0]) from None
    _options(upload.fields)


def _why_not_sent(refused: client.Refused) -> str:
    if refused.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        raise RequestEntityTooLarge
    if refused.status == HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
        return messages.of_file(FieldError("", refused.detail, "json"))
    return messages.of_file(refused.errors[0] if refused.errors else FieldError("", refused.detail, ""))


def _form(fault: str | None, status: int, chosen: Mapping[str, str]) -> Response:
    options: dict[str, Any] = {name: chosen[name] for name in CHOICES if chosen.get(name) in CHOICES[name]}
    form = ImportForm(formdata=None, token=secrets.token_urlsafe(18), **options)
    here = url_for("imports.choose", **options)
    return make_response(render_template("import.html", form=form, fault=fault, here=here), status)


def _ask(import_id: int, what: Callable[[int], int | None]) -> Response:
    """Requests a change of the import, and redirects to its page, or shows there why the change is not possible.

    `what` may return another import, to redirect to.
    """
    try:
        other = what(import_id)
    except client.Missing:
        return _missing()
    except client.Refused as refused:
        return _page(import_id, messages.of_import(refused.errors), HTTPStatus.CONFLICT)
    except client.Away:
        fault = _("The catalogue cannot do that at the moment. Nothing is lost: try again in a minute.")
        response = _page(import_id, fault, HTTPStatus.SERVICE_UNAVAILABLE)
        response.headers["Retry-After"] = str(errors.RETRY_AFTER_SECONDS)
        return response
    return _redirect_to(import_id if other is None else other)


def _read(import_id: int) -> wire.Import | Response:
    """The import, or the error page if there is no such import."""
    try:
        return client.get().imported(import_id)
    except client.Missing:
        return _missing()


def _missing() -> Response:
    return errors.page(
        HTTPStatus.NOT_FOUND,
        _("There is no such import"),
        _("Its address may be mistyped, or it may be too old: imports are kept for 90 days."),
    )


def _redirect_to(import_id: int) -> Response:
    return redirect(url_for("imports.show", import_id=import_id), HTTPStatus.SEE_OTHER)


def _page(import_id: int, fault: str | None = None, status: int = HTTPStatus.OK) -> Response:
    found = _read(import_id)
    if isinstance(found, Response):
        return found
    if found.state not in UNWRITTEN:
        writes.note()
    report = found.report
    errors_found = [_fault(each) for each in report.errors[:SHOWN]] if report else []
    warnings = [_fault(each) for each in report.warnings[:SHOWN]] if report else []
    problem = found.problem
    form = ImportForm(formdata=None, charset=found.charset, on_conflict=found.on_conflict)
    return make_response(
        render_template(
            f"{'imports' if found.undo_of is None else 'undos'}/{found.state}.html",
            item=found,
            report=report,
            sample=_sample(found.undo),
            left=messages.of_left,
            shown=SHOWN,
            refreshed=found.state in UNDER_WAY and "still" not in request.args,
            fault=fault,
            form=form,
            button=PlainForm(formdata=None),
            why=messages.of_file(problem) if problem else None,
            may_differ=_has_encoding(found),
            charset_names=dict(messages.charsets()),
            columns=cells.COLUMNS,
            errors=errors_found,
            warnings=warnings,
            label=messages.label,
            first_errors=_first_errors(report) if report and report.errors_omitted else None,
            here=url_for("imports.show", import_id=import_id, still=request.args.get("still")),
        ),
        status,
    )


def _sample(undo: wire.UndoReport | None) -> dict[str, list[tuple[wire.UndoneProduct, Difference]]]:
    """Some of the products that an undo changes, by what becomes of them."""
    sample: dict[str, list[tuple[wire.UndoneProduct, Difference]]] = {"changed": [], "deleted": [], "restored": []}
    for each in undo.sample if undo else []:
        sample[each.outcome].append((each, history.difference(each.before, each.after)))
    return sample


def _has_encoding(found: wire.Import) -> bool:
    """Whether another encoding would read the file differently; some kinds of file have a fixed encoding."""
    if found.report:
        return bool(found.report.columns)
    return found.problem is not None and found.problem.code in ENCODING_CODES


def _first_errors(report: wire.ImportReport) -> str:
    listed = len(report.errors)
    return _(
        "Only the first %(shown)s of %(count)s errors are listed here. Correct them and import the file again to see "
        "the others.",
        shown=number(listed),
        count=number(listed + report.errors_omitted),
    )


def _fault(fault: wire.ImportFault) -> Fault:
    column = fault.column or (messages.label(fault.field) if fault.field else "")
    return Fault(fault.row, column, fault.value, messages.of_row(fault))
