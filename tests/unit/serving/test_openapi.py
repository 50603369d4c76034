"""The OpenAPI document of any service."""

from typing import ClassVar

from flask import Flask
from werkzeug.routing import BaseConverter

from serving import openapi


class Letters(BaseConverter):
    """A part of a path with a schema of its own."""

    regex = "[a-z]+"
    schema: ClassVar = {"type": "string", "pattern": "^[a-z]+$"}


def test_a_parameter_of_the_path_is_described_by_its_converter() -> None:
    app = Flask("my_service")
    app.extensions["info"] = openapi.Info("Some application", "1.0")
    app.url_map.converters["letters"] = Letters

    @app.get("/things/<letters:kind>/<string(maxlength=9):name>/<other>")
    @openapi.operation(tag="things", access="open", responses={200: openapi.Body({})})
    def show(kind: str, name: str, other: str) -> str:
        """Shows a thing."""
        return kind + name + other

    path = openapi.build(app)["paths"]["/things/{kind}/{name}/{other}"]
    schemas = {each["name"]: each["schema"] for each in path["get"]["parameters"]}
    assert schemas == {"kind": Letters.schema, "name": {"type": "string"}, "other": {"type": "string"}}
