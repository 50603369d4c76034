"""How a service of the catalogue begins: as any service does, with what the three have in common about products."""

from collections.abc import Sequence

from flask import Flask
from werkzeug.routing import BaseConverter

from catalog import __version__
from catalog.settings import Settings
from serving import service
from serving.openapi import Info
from serving.service import Probe

INFO = Info("Product catalogue", __version__)


class ProductId(BaseConverter):
    """`<product_id:…>` in a route: a whole number from 1 on, in ASCII digits, without leading zeros."""

    regex = "[1-9][0-9]{0,18}"

    def to_python(self, value: str) -> int:
        """The id; one beyond the greatest possible is not refused here, but belongs to no product."""
        return int(value)


def create(package: str, settings: Settings, probes: Sequence[Probe]) -> Flask:
    """A Flask app as `serving.service.create` makes it, whose routes can name a product."""
    app = service.create(package, settings, probes, INFO)
    app.url_map.converters["product_id"] = ProductId
    return app
