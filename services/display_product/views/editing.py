"""Adds and changes a product."""

from http import HTTPStatus

from flask import Blueprint, abort, flash, make_response, redirect, render_template, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from catalog import wire
from display_product import client, errors
from display_product.forms import ETAG, ProductForm, texts
from display_product.web import decisions, preferences
from display_product.web.sessions import csrf

# How many saved forms of a person can be submitted again.
SAVED_MAX = 20

views = Blueprint("editing", __name__)


@views.get("/products/new")
@decisions.editor
def new() -> Response:
    """Shows the empty form."""
    return _page("add.html", ProductForm())


def _keep_new() -> Response:
    return _signed_out("add.html")


def _keep_changed(product_id: int) -> Response:
    return _signed_out("edit.html", product_id=product_id)


# Both forms check their CSRF token themselves, so that the input is kept if the token has expired.
@views.post("/products/new")
@decisions.editor
@decisions.keeping(_keep_new)
@csrf.exempt
def add() -> Response:
    """Adds the product, or shows the form again with its errors."""
    form = ProductForm()
    if preferences.switched():
        return _redisplay("add.html", form)
    if not form.validate_on_submit():
        return _refused("add.html", form)
    try:
        product = client.get().add(form.product(), form.token.data)
    except client.Refused as refused:
        form.take(refused.errors)
        return _page("add.html", form, refused.status)
    except client.Away:
        return _unavailable("add.html", form)
    flash(_("“%(name)s” has been added.", name=product.name))
    return _redirect_to(product)


@views.get("/products/<product_id:product_id>/edit")
@decisions.editor
def edit(product_id: int) -> Response:
    """Shows the form filled with the product."""
    product = client.get().read(product_id)
    return _page("edit.html", ProductForm.of(product), product_id=product_id)


@views.post("/products/<product_id:product_id>/edit")
@decisions.editor
@decisions.keeping(_keep_changed)
@csrf.exempt
def change(product_id: int) -> Response:
    """Changes the product, or shows the form again with its errors or with someone else's change."""
    form = ProductForm()
    if not ETAG.fullmatch(form.etag.data or ""):
        abort(HTTPStatus.BAD_REQUEST)
    try:
        if preferences.switched():
            if form.shown.data == "conflict":
                return _conflict(product_id, form, HTTPStatus.OK)
            return _redisplay("edit.html", form, product_id=product_id)
        if not form.validate_on_submit():
            return _refused("edit.html", form, product_id=product_id)
        try:
            product = _save(product_id, form)
        except client.Stale:
            return _conflict(product_id, form, HTTPStatus.CONFLICT)
    except client.Refused as refused:
        form.take(refused.errors)
        return _page("edit.html", form, refused.status, product_id=product_id)
    except client.Missing:
        form.general.append(_("This product has been deleted in the meantime. You can add it again as you typed it."))
        return _page("add.html", form, HTTPStatus.NOT_FOUND)
    except client.Away:
        return _unavailable("edit.html", form, product_id=product_id)
    flash(_("“%(name)s” has been saved.", name=product.name))
    return _redirect_to(product)


def _save(product_id: int, form: ProductForm) -> wire.Product:
    """Saves the product and returns it. Raises Stale if someone else changed it, but not for this form's own change."""
    saved: dict[str, str] = session.get("saved", {})
    fields = form.product()
    try:
        product = client.get().change(product_id, saved.get(form.token.data, form.etag.data), fields)
    except client.Stale:
        product = client.get().read(product_id)
        if product.fields != fields:
            raise
    session["saved"] = dict([*saved.items(), (form.token.data, product.etag)][-SAVED_MAX:])
    return product


def _conflict(product_id: int, form: ProductForm, status: int) -> Response:
    """Shows both versions side by side; saving again means that the person has seen the stored one."""
    stored = client.get().read(product_id)
    form.etag.data = stored.etag
    form.shown.data = "conflict"
    form.renew()
    return _page("conflict.html", form, status, product_id=product_id, stored=texts(stored))


def _page(template: str, form: ProductForm, status: int = HTTPStatus.OK, **values: object) -> Response:
    return make_response(render_template(template, form=form, **values), status)


def _refused(template: str, form: ProductForm, **values: object) -> Response:
    expired = "csrf_token" in form.errors
    status = HTTPStatus.FORBIDDEN if expired else HTTPStatus.UNPROCESSABLE_ENTITY
    form.shown.data = "errors"
    return _page(template, form, status, **values)


def _signed_out(template: str, **values: object) -> Response:
    """Shows what was typed to somebody whose session has ended meanwhile."""
    form = ProductForm()
    if not preferences.switched():
        form.general.append(
            _("You are no longer signed in. What you typed is still here: sign in on another tab, then send it again.")
        )
    return _page(template, form, HTTPStatus.FORBIDDEN, **values)


def _redisplay(template: str, form: ProductForm, **values: object) -> Response:
    """Shows the page in another language or with other colours, with the same input and errors."""
    if form.shown.data == "errors":
        form.validate()
    return _page(template, form, HTTPStatus.OK, **values)


def _unavailable(template: str, form: ProductForm, **values: object) -> Response:
    form.general.append(
        _("The catalogue cannot save anything at the moment. What you typed is still here: try again in a minute.")
    )
    response = _page(template, form, HTTPStatus.SERVICE_UNAVAILABLE, **values)
    response.headers["Retry-After"] = str(errors.RETRY_AFTER_SECONDS)
    return response


def _redirect_to(product: wire.Product) -> Response:
    """Redirects to the product, so that reloading the next page does not submit the form again."""
    return redirect(url_for("products.show", product_id=product.id), HTTPStatus.SEE_OTHER)
