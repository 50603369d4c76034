"""The two services of the API and their clients, on one database."""

import json
from dataclasses import dataclass
from typing import cast

from flask import Flask
from flask.testing import FlaskClient

from catalog.models import db
from catalog.settings import Settings
from processes import Client, Running


def close(app: Flask) -> None:
    """Ends the app's threads and closes its connections, which Python warns of otherwise."""
    for each in app.extensions.get("background", []):
        each.stop()
    with app.app_context():
        db.engine.dispose()


@dataclass
class Apps:
    """Both services on one database."""

    database: str
    add: Flask
    read: Flask
    settings: Settings


@dataclass
class Api:
    """Clients of both services on one empty database."""

    database: str
    add: FlaskClient
    read: FlaskClient
    settings: Settings

    @classmethod
    def of_processes(cls, running: Running) -> "Api":
        """Of services that run as processes, on SQLite."""
        add, read = (cast(FlaskClient, Client(running.urls[name])) for name in ("add_product", "read_product"))
        return cls("sqlite", add, read, Settings())

    def create(self, **fields: object) -> dict:
        """Adds a product and returns it."""
        answer = self.add.post("/api/v1/products", json={"name": "Thing", "price": "1.00", **fields})
        assert answer.status_code == 201, answer.text
        return answer.json

    def get(self, product_id: int) -> dict:
        """Reads a product."""
        answer = self.read.get(f"/api/v1/products/{product_id}")
        assert answer.status_code == 200, answer.text
        return answer.json

    def patch(self, product: dict, fields: dict) -> dict:
        """Changes a product and returns it."""
        answer = self.add.patch(f"/api/v1/products/{product['id']}", json=fields, headers={"If-Match": etag(product)})
        assert answer.status_code == 200, answer.text
        return answer.json

    def delete(self, product: dict) -> None:
        """Deletes a product, whatever its version."""
        answer = self.add.delete(f"/api/v1/products/{product['id']}", headers={"If-Match": "*"})
        assert answer.status_code == 204, answer.text

    def names(self, **query: object) -> list[str]:
        """Names on one page of the list."""
        answer = self.read.get("/api/v1/products", query_string=query)
        assert answer.status_code == 200, answer.text
        return [item["name"] for item in answer.json["items"]]

    def all(self) -> list[dict]:
        """Every product, by id."""
        items, next_page = [], "/api/v1/products?limit=100"
        while next_page:
            page = self.read.get(next_page).json
            items += page["items"]
            next_page = page["next"]
        return items

    def fill(self, products: list[dict]) -> None:
        """Adds many products."""
        lines = "".join(json.dumps(product) + "\n" for product in products)
        assert self.load(lines, "application/x-ndjson")["created"] == len(products)

    def load(self, data: bytes | str, kind: str = "text/csv", status: int = 200, **options: object) -> dict:
        """Imports a file and returns the report, or the problem."""
        answer = self.add.post(
            "/api/v1/products/import",
            data=data.encode() if isinstance(data, str) else data,
            content_type=kind,
            query_string=options,
        )
        assert answer.status_code == status, answer.text
        return answer.json


def etag(product: dict) -> str:
    """The product's entity tag, as its answers carry it."""
    return f'"{product["id"]}-{product["version"]}"'
