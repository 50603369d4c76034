"""The history: of one product, and of the whole catalogue; and brings back what was."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from catalog import wire
from display_product import client, errors, history, messages
from display_product.forms import PlainForm, ProductForm, texts
from display_product.history import Difference
from display_product.paging import Place
from display_product.web import decisions

LISTED = 20
READ_AT_ONCE = 100
FILTERS = ("who", "import", "from", "to")
DATE = re.compile(r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}", re.ASCII)
NUMBER = re.compile(r"[1-9][0-9]{0,17}")
DAY = timedelta(days=1)

views = Blueprint("history", __name__)


@dataclass(frozen=True)
class Entry:
    """An entry of the history, with what it changed."""

    change: wire.Change
    difference: Difference
    who: str

    @classmethod
    def of(cls, change: wire.Change) -> "Entry":
        """The entry that shows this change."""
        return cls(change, history.difference(change.before, change.after), messages.who(change.actor))


@views.get("/products/<product_id:product_id>/history")
@decisions.member
def show(product_id: int) -> Response:
    """Shows the changes of a product, the newest first."""
    return _of_product(product_id)


@views.get("/products/<product_id:product_id>/history/<product_id:version>")
@decisions.editor
def ask(product_id: int, version: int) -> Response:
    """Shows what would change if this version came back, and asks for confirmation.

    The form is that of editing, filled in: whatever may happen when it is sent, happens there.
    """
    product = client.get().read(product_id)
    try:
        fields = history.at_version(product, version, _changes(product_id))
    except history.Unknown:
        return errors.page(
            HTTPStatus.NOT_FOUND,
            _("This version cannot be brought back"),
            _("The history does not have all changes that were made since."),
        )
    form = ProductForm(formdata=None, **texts(fields), etag=product.etag)
    page = render_template(
        "bring_back.html",
        form=form,
        product=product,
        version=version,
        difference=history.compared(product, fields),
    )
    return make_response(page)


@views.post("/products/<product_id:product_id>/restore")
@decisions.editor
def restore(product_id: int) -> Response:
    """Brings a deleted product back under its number; if it is there already, that is a success."""
    try:
        product = client.get().restore(product_id)
    except client.Refused as refused:
        fault = next(
            (messages.of_field(each.code, "sku", each.params) for each in refused.errors if each.pointer), None
        )
        return _of_product(product_id, fault, refused.status) if fault else _to_product(product_id)
    flash(_("“%(name)s” is back.", name=product.name))
    return _to_product(product_id)


@views.get("/changes")
@decisions.member
def index() -> str:
    """Shows the changes of all products, the newest first."""
    asked = {name: request.args.get(name, "").strip() for name in FILTERS}
    if not NUMBER.fullmatch(asked["import"]):
        asked["import"] = ""
    kept = {name: value for name, value in asked.items() if value}
    place = Place.of(request.args)
    page = client.get().changes({"limit": str(LISTED), **_wanted(asked), **_from(place)})
    return render_template(
        "changes.html",
        entries=[Entry.of(each) for each in page.items],
        asked=asked,
        kept=kept,
        place=place,
        previous=None if place.previous is None else {**kept, **place.previous},
        next={**kept, **place.next(page.next)} if page.next else None,
    )


def _wanted(asked: dict[str, str]) -> dict[str, str]:
    """The filters as the service has them. A date that is none is left out, as a browser would do."""
    days = {name: _day(asked[name]) for name in ("from", "to")}
    wanted = {
        "actor": asked["who"],
        "import": asked["import"],
        "since": days["from"] and days["from"].isoformat(),
        "until": days["to"] and (days["to"] + DAY).isoformat(),
    }
    return {name: value for name, value in wanted.items() if value}


def _day(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC) if DATE.fullmatch(text) else None
    except ValueError:
        return None


def _of_product(product_id: int, fault: str | None = None, status: int = HTTPStatus.OK) -> Response:
    place = Place.of(request.args)
    here: dict[str, Any] = place.arguments
    page = client.get().history(product_id, {"limit": str(LISTED), **_from(place)})
    try:
        product = client.get().read(product_id)
    except client.Missing:
        if not page.items:
            raise
        product = None
    content = render_template(
        "history.html",
        product_id=product_id,
        product=product,
        name=product.name if product else next((each.product_name for each in page.items if each.product_name), ""),
        entries=[Entry.of(each) for each in page.items],
        fault=fault,
        button=PlainForm(formdata=None),
        place=place,
        previous=place.previous,
        next=place.next(page.next) if page.next else None,
        here=url_for("history.show", product_id=product_id, **here),
    )
    return make_response(content, status)


def _changes(product_id: int) -> Iterator[wire.Change]:
    """Yields all changes of a product, the newest first."""
    after: dict[str, str] = {}
    while True:
        page = client.get().history(product_id, {"limit": str(READ_AT_ONCE), **after})
        yield from page.items
        if page.next is None:
            return
        after = {"after": parse_qs(urlsplit(page.next).query)["after"][0]}


def _from(place: Place) -> dict[str, str]:
    return {} if place.after is None else {"after": place.after}


def _to_product(product_id: int) -> Response:
    return redirect(url_for("products.show", product_id=product_id), HTTPStatus.SEE_OTHER)
