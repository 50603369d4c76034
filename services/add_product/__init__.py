"""add-product: adds, changes, deletes and imports products over HTTP. The only writer."""

from flask import Flask

from add_product.import_views import import_views
from add_product.imports import runner
from add_product.outdated import Outdated
from add_product.token_views import note_use, token_views
from add_product.views import views
from catalog import database, guard, service
from catalog.settings import Settings, load
from serving import openapi, problems


def create_app(settings: Settings | None = None) -> Flask:
    """The WSGI application."""
    settings = settings or load()
    app = service.create(__name__, settings, probes=[database.probe])
    problems.register(app)
    guard.register(app, settings, note_use)
    database.register(app, settings)
    app.extensions["imports"] = imports = runner.Runner(app, settings)
    app.extensions.setdefault("background", []).extend([imports, Outdated(app)])
    app.register_blueprint(openapi.views)
    app.register_blueprint(views)
    app.register_blueprint(import_views)
    app.register_blueprint(token_views)
    return app
