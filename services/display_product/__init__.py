"""display-product: the web pages. It calls the other two services, and never the database."""

import sys

from flask import Flask

from catalog import service
from catalog.settings import Settings, load
from display_product import errors, formats, identity, views
from display_product.client import Client
from display_product.web import (
    addresses,
    assets,
    decisions,
    delivery,
    headers,
    kept,
    languages,
    limits,
    preferences,
    sessions,
    urlencoded,
    writes,
)
from display_product.web.cache import ANSWER_SECONDS
from serving import deadline, streams
from serving.settings import SettingError


def create_app(settings: Settings | None = None) -> Flask:
    """The WSGI application."""
    settings = settings or load()
    try:
        client = Client(settings)
    except SettingError as error:
        sys.exit(f"error: {error}")
    # Readiness does not depend on the other services: during an outage these pages explain it, and keep what was typed.
    # Nor must the drain of a node wait for a new pod that waits for the database.
    app = service.create(__name__, settings, probes=[])
    app.extensions["client"] = client
    deadline.register(app, ANSWER_SECONDS)
    streams.register(app, settings)
    addresses.register(app, settings)
    headers.register(app, settings)
    delivery.register(app)
    kept.register(app, settings)
    languages.register(app)
    formats.register(app, settings)
    assets.register(app)
    limits.register(app, settings)
    urlencoded.register(app)
    identity.register(app, settings)
    decisions.register(app, settings)
    sessions.register(app, settings)
    writes.register(app)
    preferences.register(app)
    errors.register(app)
    views.register(app, settings)
    return app
