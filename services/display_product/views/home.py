"""The home page: search, and the newest products."""

from flask import Blueprint, render_template

from display_product import client

NEWEST = 8

views = Blueprint("home", __name__)


@views.get("/")
def index() -> str:
    """The home page."""
    page = client.get().find({"sort": "-created_at", "limit": str(NEWEST)})
    return render_template("home.html", products=page.items, more=page.next is not None)
