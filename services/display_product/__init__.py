"""display-product: the web pages. They talk to the other two services, never to the database."""

from flask import Flask

from catalog import service
from catalog.settings import Settings, load
from display_product import (
    addresses,
    assets,
    delivery,
    errors,
    formats,
    headers,
    languages,
    limits,
    preferences,
    readiness,
    sessions,
    views,
)
from display_product.client import Client


def create_app(settings: Settings | None = None) -> Flask:
    """The WSGI application."""
    settings = settings or load()
    client = Client(settings)
    app = service.create(__name__, settings, probes=readiness.probes(client))
    app.extensions["client"] = client
    addresses.register(app, settings)
    headers.register(app)
    delivery.register(app)
    languages.register(app)
    formats.register(app, settings)
    assets.register(app)
    limits.register(app, settings)
    sessions.register(app, settings)
    preferences.register(app)
    errors.register(app)
    views.register(app)
    return app
