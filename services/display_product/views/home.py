"""The home page: search, and the newest products."""

from typing import Any

from flask import Blueprint, Response

from catalog import wire
from display_product import client
from display_product.web import decisions, kept

NEWEST = 8

views = Blueprint("home", __name__)


@views.get("/")
@decisions.reader
def index() -> Response:
    """Shows the home page."""
    fetched = client.get().find({"sort": "-created_at", "limit": str(NEWEST)})

    def values() -> dict[str, Any]:
        page = fetched.decode(wire.ProductPage)
        return {"products": page.items, "more": page.next is not None}

    return kept.answer("home.html", fetched, values)
