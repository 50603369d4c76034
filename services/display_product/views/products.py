"""The list of products, and the page of one product."""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response

from catalog import wire
from display_product import client
from display_product.paging import Place
from display_product.web import decisions, kept
from serving.answers import FieldError

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
@decisions.reader
def index() -> Response:
    """Shows one page of the list."""
    given = dict(request.args.lists())
    for name in (*DEFAULTS, "after", "trail"):
        if len(given.get(name, ())) > 1:
            detail = "is given more than once"
            raise client.Refused(HTTPStatus.BAD_REQUEST, detail, [FieldError(name, detail, "parameter")])
    arguments = {name: values[0] for name, values in given.items()}
    query = {name: arguments.get(name, default) for name, default in DEFAULTS.items()}
    place = Place.of(arguments)
    fetched = client.get().find(query if place.after is None else {**query, "after": place.after})

    def values() -> dict[str, Any]:
        page = fetched.decode(wire.ProductPage)
        kept_arguments = {name: value for name, value in query.items() if value != DEFAULTS[name]}
        return {
            "products": page.items,
            "asked": query,
            "kept": kept_arguments,
            "place": place,
            "previous": None if place.previous is None else {**kept_arguments, **place.previous},
            "next": {**kept_arguments, **place.next(page.next)} if page.next else None,
            "sorts": SORTS,
            "limits": LIMITS,
        }

    return kept.answer("products.html", fetched, values)


@views.get("/products/")
@decisions.reader
def index_with_slash() -> Response:
    """Redirects to the list's one address."""
    query = request.query_string.decode("latin-1")
    return redirect(url_for("products.index") + (f"?{query}" if query else ""), HTTPStatus.PERMANENT_REDIRECT)


@views.get("/products/<product_id:product_id>")
@decisions.reader
def show(product_id: int) -> Response:
    """Shows one product."""
    fetched = client.get().look_up(product_id)
    return kept.answer("product.html", fetched, lambda: {"product": fetched.decode(wire.Product)})
