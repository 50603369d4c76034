"""How the catalogue is doing, for the engineer on call."""

from flask import Blueprint, make_response, render_template
from werkzeug.wrappers import Response

from catalog import __version__
from display_product import client

views = Blueprint("status", __name__)


@views.get("/status")
def show() -> Response:
    """Each service with its version, the time of its answer, and what it needs."""
    asked = client.get()
    reports = [asked.inspect(service) for service in asked.services]
    response = make_response(render_template("status.html", reports=reports, version=__version__))
    response.headers["Cache-Control"] = "no-store"
    return response
