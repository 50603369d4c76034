"""The list, and the page of one product."""

from http import HTTPStatus

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response

from catalog.wire import FieldError
from display_product import client
from display_product.paging import Place

SORTS = {
    "-created_at": lazy_gettext("Newest first"),
    "created_at": lazy_gettext("Oldest first"),
    "name": lazy_gettext("Name, A to Z"),
    "-name": lazy_gettext("Name, Z to A"),
    "price": lazy_gettext("Price, lowest first"),
    "-price": lazy_gettext("Price, highest first"),
}
LIMITS = ("20", "50", "100")
DEFAULTS = {"q": "", "sort": "-created_at", "limit": "20"}

views = Blueprint("products", __name__)


@views.get("/products")
def index() -> str:
    """One page of the list."""
    for name in (*DEFAULTS, "after", "trail"):
        if len(request.args.getlist(name)) > 1:
            detail = "is given more than once"
            raise client.Refused(HTTPStatus.BAD_REQUEST, detail, [FieldError(name, detail, "parameter")])
    asked = {name: request.args.get(name, default) for name, default in DEFAULTS.items()}
    place = Place.of(request.args)
    page = client.get().find(asked if place.after is None else {**asked, "after": place.after})
    kept = {name: value for name, value in asked.items() if value != DEFAULTS[name]}
    return render_template(
        "products.html",
        products=page.items,
        asked=asked,
        kept=kept,
        place=place,
        previous=None if place.previous is None else {**kept, **place.previous},
        next={**kept, **place.next(page.next)} if page.next else None,
        sorts=SORTS,
        limits=LIMITS,
    )


@views.get("/products/")
def index_with_slash() -> Response:
    """The list has one address."""
    query = request.query_string.decode("latin-1")
    return redirect(url_for("products.index") + (f"?{query}" if query else ""), HTTPStatus.PERMANENT_REDIRECT)


@views.get("/products/<product_id:product_id>")
def show(product_id: int) -> str:
    """One product."""
    return render_template("product.html", product=client.get().read(product_id))
