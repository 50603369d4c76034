"""The tokens by which programs use the API: editors make and revoke them here."""

from datetime import UTC, datetime
from decimal import Decimal
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response
from wtforms import RadioField, SelectChoice, SelectField, StringField

from catalog import wire
from display_product import client, messages
from display_product.forms import PlainForm
from display_product.web import decisions, preferences

LISTED = "20"
DAYS = {
    "7": lazy_gettext("a week"),
    "30": lazy_gettext("30 days"),
    "90": lazy_gettext("90 days"),
    "365": lazy_gettext("a year"),
}
ROLES = {
    "reader": lazy_gettext("Reader: sees products"),
    "editor": lazy_gettext("Editor: sees and changes products"),
}

views = Blueprint("tokens", __name__)


class TokenForm(PlainForm):
    """What a token is for, what it may do, and for how long."""

    name = StringField(lazy_gettext("What is it for?"))
    role = RadioField(
        lazy_gettext("What may it do?"),
        choices=[SelectChoice(value, label) for value, label in ROLES.items()],
        default="reader",
    )
    days = SelectField(
        lazy_gettext("For how long?"),
        choices=[SelectChoice(value, label) for value, label in DAYS.items()],
        default="90",
    )


@views.get("/tokens")
@decisions.editor
def index() -> Response:
    """Lists the tokens, the newest first, with the form for a new one."""
    return _page(TokenForm(formdata=None))


@views.post("/tokens")
@decisions.editor
def make() -> Response:
    """Makes a token, and shows it this once. Nothing keeps it, so a redirect could not show it."""
    form = TokenForm()
    if preferences.switched():
        return _page(form)
    if not form.validate_on_submit():
        return _page(form, HTTPStatus.UNPROCESSABLE_ENTITY)
    fields = wire.NewToken(form.name.data or "", form.role.data, Decimal(form.days.data))
    try:
        made = client.get().make_token(fields)
    except client.Refused as refused:
        for error in refused.errors:
            sentence = messages.of_field(error.code, "name", error.params)
            form.name.errors = [*form.name.errors, sentence]
        return _page(form, refused.status)
    return _page(TokenForm(formdata=None), made=made)


@views.post("/tokens/<product_id:token_id>/revoke")
@decisions.editor
def revoke(token_id: int) -> Response:
    """Revokes a token; one that is gone is no error."""
    client.get().revoke_token(token_id)
    flash(_("The token has been revoked. Within ten seconds, it will no longer be accepted anywhere."))
    return redirect(url_for("tokens.index"), HTTPStatus.SEE_OTHER)


def _page(form: TokenForm, status: int = HTTPStatus.OK, made: wire.MadeToken | None = None) -> Response:
    after = request.args.get("after")
    page = client.get().tokens({"limit": LISTED} | ({"after": after} if after is not None else {}))
    html = render_template(
        "tokens.html",
        form=form,
        made=made,
        tokens=page.items,
        roles=ROLES,
        days=DAYS,
        now=datetime.now(UTC),
        after=after,
        next_cursor=parse_qs(urlsplit(page.next).query)["after"][0] if page.next else None,
        button=PlainForm(formdata=None),
    )
    response = make_response(html, status)
    response.headers["Cache-Control"] = "private, no-store"
    return response
