"""The status page, for the engineer on call."""

from flask import Blueprint, make_response, render_template
from werkzeug.wrappers import Response

from catalog import __version__
from display_product import client
from display_product.web import decisions

views = Blueprint("status", __name__)


@views.get("/status")
@decisions.reader
def show() -> Response:
    """Shows each service with its version, its response time, and its dependencies."""
    api = client.get()
    reports = [api.inspect(service) for service in api.services]
    response = make_response(render_template("status.html", reports=reports, version=__version__))
    response.headers["Cache-Control"] = "no-store"
    return response
