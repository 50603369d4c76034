"""Deletes a product after a confirmation, and undoes it.

The confirmation page and the page after it both carry the product, signed. So deleting twice shows the same page, and
where the product cannot come back as it was, a form has what it held.
"""

from http import HTTPStatus
from typing import Any

import msgspec
from flask import Blueprint, abort, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from catalog import wire
from display_product import client
from display_product.forms import PlainForm, ProductForm, texts
from display_product.web import decisions, preferences
from display_product.web.sessions import Signer, keys

UNDO_SECONDS = 24 * 3600

views = Blueprint("deletion", __name__)


@views.get("/products/<product_id:product_id>/delete")
@decisions.editor
def ask(product_id: int) -> Response:
    """Asks for confirmation."""
    return _question(client.get().read(product_id))


@views.post("/products/<product_id:product_id>/delete")
@decisions.editor
def delete(product_id: int) -> Response:
    """Deletes the version that the person has seen; if the product is already gone, that is a success."""
    product = _unsign(request.form.get("product", ""))
    if product.id != product_id:
        abort(HTTPStatus.BAD_REQUEST)
    shown = request.form.get("shown")
    if preferences.switched():
        return _deleted(product) if shown == "deleted" else _question(product, changed=shown == "changed")
    try:
        client.get().remove(product_id, product.etag)
    except client.Stale:
        return _question(client.get().read(product_id), HTTPStatus.CONFLICT, changed=True)
    except client.Missing:
        pass
    return _deleted(product)


@views.post("/products/undo")
@decisions.editor
def undo() -> Response:
    """Brings the deleted product back under its number; if it is there already, that is a success."""
    product = _unsign(request.form.get("product", ""))
    try:
        client.get().restore(product.id)
    except client.Refused as refused:
        if any(error.pointer for error in refused.errors):
            form = ProductForm(formdata=None, **texts(product))
            form.take(refused.errors)
            return make_response(render_template("add.html", form=form), refused.status)
    flash(_("“%(name)s” is back.", name=product.name))
    return redirect(url_for("products.show", product_id=product.id), HTTPStatus.SEE_OTHER)


def _question(product: wire.Product, status: int = HTTPStatus.OK, changed: bool = False) -> Response:
    page = render_template("delete.html", form=PlainForm(), product=product, signed=_sign(product), changed=changed)
    return make_response(page, status)


def _deleted(product: wire.Product) -> Response:
    return make_response(render_template("deleted.html", form=PlainForm(), product=product, signed=_sign(product)))


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(keys(), salt="deleted product", signer=Signer)


def _sign(product: wire.Product) -> str:
    signed: str = _serializer().dumps(msgspec.to_builtins(product))
    return signed


def _unsign(signed: str) -> wire.Product:
    try:
        values: Any = _serializer().loads(signed, max_age=UNDO_SECONDS)
        return msgspec.convert(values, wire.Product)
    except (BadData, msgspec.ValidationError):
        # Forged, expired, or from a release whose products had other fields.
        abort(HTTPStatus.BAD_REQUEST)
