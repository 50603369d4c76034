"""The app factory of the catalogue's services: that of any service, plus what the three share about products."""

from collections.abc import Sequence
from typing import ClassVar

from flask import Flask
from werkzeug.routing import BaseConverter

from catalog import __version__
from catalog.settings import Settings
from serving import parameters, service
from serving.openapi import Info
from serving.service import Probe

INFO = Info("Product catalogue", __version__)


class ProductId(BaseConverter):
    """`<product_id:…>` in a route: a positive integer in ASCII digits, without leading zeros."""

    regex = "[1-9][0-9]{0,18}"
    schema: ClassVar = {"type": "integer", "minimum": 1, "maximum": parameters.ID_MAX}
    """JSON Schema of the id in the OpenAPI document."""

    def to_python(self, value: str) -> int:
        """The id. An id above the maximum is not refused here; no product has it."""
        return int(value)


def create(package: str, settings: Settings, probes: Sequence[Probe]) -> Flask:
    """A Flask app of `serving.service.create` whose routes can contain a product id."""
    app = service.create(package, settings, probes, INFO)
    app.url_map.converters["product_id"] = ProductId
    return app
