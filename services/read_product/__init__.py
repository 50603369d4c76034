"""read-product: serves the list and single products over HTTP, read-only."""

from flask import Flask

from catalog import database, guard, service
from catalog.settings import Settings, load
from read_product import cache, hot
from read_product.change_views import change_views
from read_product.import_views import import_views
from read_product.token_use import Reporter
from read_product.views import views
from serving import openapi, problems, streams


def create_app(settings: Settings | None = None) -> Flask:
    """The WSGI application."""
    settings = settings or load()
    app = service.create(__name__, settings, probes=[database.probe])
    problems.register(app)
    guard.register(app, settings, Reporter(settings).note_use)
    database.register(app, settings, reads_only=True)
    streams.register(app, settings)
    cache.register(app, settings)
    app.register_blueprint(openapi.views)
    app.register_blueprint(views)
    app.register_blueprint(import_views)
    app.register_blueprint(change_views)
    hot.register(app)
    return app
