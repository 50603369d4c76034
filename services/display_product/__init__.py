"""display-product: the web pages. They talk to the other two services, never to the database."""

from flask import Flask

from catalog import deadline, service, streams
from catalog.settings import Settings, load
from display_product import (
    addresses,
    assets,
    delivery,
    errors,
    formats,
    headers,
    kept,
    languages,
    limits,
    preferences,
    sessions,
    urlencoded,
    views,
    writes,
)
from display_product.answers import ANSWER_SECONDS
from display_product.client import Client


def create_app(settings: Settings | None = None) -> Flask:
    """The WSGI application."""
    settings = settings or load()
    client = Client(settings)
    # Ready whatever happens to the other services: its pages are what explains then, and keeps what was typed. Nor may
    # the drain of a node wait for a new pod that waits for the database.
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
    sessions.register(app, settings)
    writes.register(app)
    preferences.register(app)
    errors.register(app)
    views.register(app)
    return app
