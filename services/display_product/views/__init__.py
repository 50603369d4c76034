"""The views of the pages, one module for each subject."""

from flask import Flask

from catalog.settings import Settings
from display_product.views import deletion, editing, exports, history, home, imports, products, status


def register(app: Flask, settings: Settings) -> None:
    """Adds every page to the app."""
    for module in (home, products, editing, deletion, history, imports, exports, status):
        app.register_blueprint(module.views)
    if settings.auth == "on":
        from display_product.views import signing_in, tokens

        app.register_blueprint(signing_in.views)
        app.register_blueprint(tokens.views)
        if settings.oidc_issuer is not None:
            from display_product.views import provider

            app.register_blueprint(provider.views)
