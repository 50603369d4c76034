"""The views of the pages, one module for each subject."""

from flask import Flask

from display_product.views import deletion, editing, exports, home, imports, products, status


def register(app: Flask) -> None:
    """Adds every page to the app."""
    for module in (home, products, editing, deletion, imports, exports, status):
        app.register_blueprint(module.views)
