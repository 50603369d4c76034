"""The two services of the API and their test clients, on one database."""

from dataclasses import dataclass

from flask import Flask
from flask.testing import FlaskClient

from catalog.models import db
from catalog.settings import Settings


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

    def names(self, **query: object) -> list[str]:
        """Names on one page of the list."""
        answer = self.read.get("/api/v1/products", query_string=query)
        assert answer.status_code == 200, answer.text
        return [item["name"] for item in answer.json["items"]]

    def all(self) -> list[dict]:
        """Every product, by id."""
        items, following = [], "/api/v1/products?limit=100"
        while following:
            page = self.read.get(following).json
            items += page["items"]
            following = page["next"]
        return items

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
