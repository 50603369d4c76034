"""Importing a file: choose it, see what would happen, confirm."""

import csv
import io
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO, Any

from flask import Blueprint, abort, current_app, make_response, render_template, request, stream_template, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import validate_csrf
from itsdangerous import BadData, URLSafeSerializer
from werkzeug.wrappers import Response
from wtforms.validators import ValidationError

from catalog import wire
from catalog.cells import guard
from catalog.charsets import CHOICES as CHARSETS
from catalog.wire import FieldError
from display_product import client, errors, messages, staging
from display_product.formats import number
from display_product.forms import ON_CONFLICT, ImportForm, PlainForm
from display_product.sessions import csrf

SHOWN = 50
NAME_MAX = 200
MEDIA_TYPES = {"ndjson": "application/x-ndjson", "jsonl": "application/x-ndjson", "json": "application/json"}

views = Blueprint("imports", __name__)


@dataclass(frozen=True)
class Fault:
    """An error or a warning of a row as the page shows it."""

    row: int
    column: str
    value: str
    sentence: str


@views.get("/import")
def choose() -> str:
    """The form with the file."""
    return render_template("import.html", form=ImportForm(), fault=None)


@views.post("/import")
def preview() -> Response:
    """What the file would do, by row. The page brings the file along for the next step."""
    form = ImportForm()
    upload = form.file.data
    if not upload:
        return _again(form, _("Choose a file."), HTTPStatus.UNPROCESSABLE_ENTITY)
    charset, on_conflict = form.charset.data or "", form.on_conflict.data
    _refuse_unknown(charset, on_conflict)
    name = upload.filename[-NAME_MAX:]
    answer = _import(form, upload.stream, name, charset, on_conflict, dry_run=True)
    if not isinstance(answer, wire.ImportReport):
        return answer
    values = _page(answer, name)
    if not answer.created and not answer.updated:
        return make_response(render_template("import_preview.html", staged=None, **values))
    # Flask closes uploads before it writes a streamed page; the response takes this one over.
    file, upload.stream = upload.stream, io.BytesIO()
    staged = staging.pack(file)
    page = stream_template("import_preview.html", staged=staged, charset=charset, on_conflict=on_conflict, **values)
    response = current_app.make_response(page)
    response.call_on_close(file.close)
    return response


# Reads its form itself, piece by piece, and checks the token then.
@views.post("/import/run")
@csrf.exempt
def run() -> Response:
    """Imports the file that was previewed. Sending it twice is harmless: the second finds its products there."""
    values, file = staging.receive(request, current_app.extensions["settings"].import_max_bytes)
    with closing(file):
        try:
            validate_csrf(values.get("csrf_token"))
        except ValidationError:
            return errors.expired()
        name, charset, on_conflict = (values.get(each, "") for each in ("name", "charset", "on_conflict"))
        _refuse_unknown(charset, on_conflict)
        answer = _import(ImportForm(formdata=None), file, name[-NAME_MAX:], charset, on_conflict, dry_run=False)
    if not isinstance(answer, wire.ImportReport):
        return answer
    return make_response(render_template("import_result.html", **_page(answer, name), here=url_for("imports.choose")))


@views.post("/import/errors.csv")
def faults() -> Response:
    """The rows that were not taken, as a file for a spreadsheet; the page brings them along."""
    try:
        rows, omitted = _serializer().loads(request.form.get("faults", ""))
    except (BadData, ValueError):
        abort(HTTPStatus.BAD_REQUEST)
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out)
    writer.writerow([_("Row"), _("Column"), _("Value"), _("What is wrong")])
    writer.writerows([row, *map(guard, cells)] for row, *cells in rows)
    if omitted:
        writer.writerow(["", "", "", _first_errors(len(rows), omitted)])
    response = make_response(out.getvalue())
    response.headers["Content-Type"] = "text/csv; charset=utf-8"
    response.headers["Content-Disposition"] = 'attachment; filename="import-errors.csv"'
    return response


def _refuse_unknown(charset: str, on_conflict: str) -> None:
    if charset not in ("", *CHARSETS) or on_conflict not in ON_CONFLICT:
        abort(HTTPStatus.BAD_REQUEST)


def _import(
    form: ImportForm, file: IO[bytes], name: str, charset: str, on_conflict: str, dry_run: bool
) -> wire.ImportReport | Response:
    """The report, or the page that says why there is none."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    media_type = MEDIA_TYPES.get(name.rpartition(".")[2].lower(), "text/csv")
    if charset and media_type == "text/csv":
        media_type += f"; charset={charset}"
    try:
        return client.get().import_file(file, size, media_type, on_conflict, dry_run)
    except client.Refused as refused:
        return _again(form, _why(refused), refused.status)
    except client.Away:
        fault = _("The catalogue cannot import anything just now. Try again in a minute.")
        response = _again(form, fault, HTTPStatus.SERVICE_UNAVAILABLE)
        response.headers["Retry-After"] = str(errors.RETRY_AFTER_SECONDS)
        return response


def _why(refused: client.Refused) -> str:
    if refused.status == HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
        return messages.of_file(FieldError("", refused.detail, "json"))
    return messages.of_file(refused.errors[0] if refused.errors else FieldError("", refused.detail, ""))


def _again(form: ImportForm, fault: str, status: int) -> Response:
    return make_response(render_template("import.html", form=form, fault=fault), status)


def _page(report: wire.ImportReport, name: str) -> dict[str, Any]:
    """What the templates of both reports show."""
    found = [_fault(each) for each in report.errors]
    return {
        "form": PlainForm(),
        "report": report,
        "name": name,
        "errors": found[:SHOWN],
        "error_count": len(found) + report.errors_omitted,
        "warnings": [_fault(each) for each in report.warnings[:SHOWN]],
        "warning_count": len(report.warnings) + report.warnings_omitted,
        "signed": _serializer().dumps([[[f.row, f.column, f.value, f.sentence] for f in found], report.errors_omitted]),
        "first_errors": _first_errors(len(found), report.errors_omitted) if report.errors_omitted else None,
        "label": messages.label,
    }


def _fault(fault: wire.ImportFault) -> Fault:
    column = fault.column or (messages.label(fault.field) if fault.field else "")
    return Fault(fault.row, column, fault.value, messages.of_row(fault))


def _first_errors(listed: int, omitted: int) -> str:
    return _(
        "Only the first %(shown)s of %(count)s errors are listed here. Correct them and import the file again to see "
        "the others.",
        shown=number(listed),
        count=number(listed + omitted),
    )


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt="import errors")
