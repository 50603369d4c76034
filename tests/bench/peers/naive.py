"""The API as a first version often is: Flask, entities of the ORM, jsonify."""

import os
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask import Flask, Response, jsonify, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Base of the model."""


db = SQLAlchemy(model_class=Base)


class Product(db.Model):  # type: ignore[name-defined,misc]
    """A product. What the catalogue's search needs is left empty, and costs nothing here."""

    __tablename__ = "product"

    id: Mapped[int] = mapped_column(primary_key=True)
    sku: Mapped[str | None]
    sku_key: Mapped[str | None]
    name: Mapped[str]
    description: Mapped[str]
    price: Mapped[Decimal]
    search_text: Mapped[str]
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    def to_dict(self) -> dict[str, Any]:
        """As it travels."""
        return {
            "id": self.id,
            "sku": self.sku,
            "name": self.name,
            "description": self.description,
            "price": str(self.price),
            "version": self.version,
            "created_at": self.created_at.isoformat(),
            "updated_at": self.updated_at.isoformat(),
        }


def create_app() -> Flask:
    """The application."""
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
    db.init_app(app)

    @app.get("/health")
    def health() -> str:
        return "well"

    @app.get("/products/all")
    def list_all() -> Response:
        return jsonify([product.to_dict() for product in db.session.query(Product).all()])

    @app.get("/products")
    def list_page() -> Response:
        column = getattr(Product, request.args.get("sort", "id"))
        order = column.desc() if "descending" in request.args else column.asc()
        limit, offset = int(request.args.get("limit", 20)), int(request.args.get("offset", 0))
        found = db.session.query(Product).order_by(order).offset(offset).limit(limit).all()
        return jsonify({"items": [product.to_dict() for product in found]})

    @app.get("/products/<int:product_id>")
    def read(product_id: int) -> Response:
        return jsonify(db.get_or_404(Product, product_id).to_dict())

    @app.post("/products")
    def add() -> tuple[Response, int]:
        given, now = request.get_json(), datetime.now()
        product = Product(
            sku=given["sku"], sku_key=given["sku"], name=given["name"], description=given["description"],
            price=Decimal(given["price"]), search_text="", version=1, created_at=now, updated_at=now,
        )  # fmt: skip
        db.session.add(product)
        db.session.commit()
        return jsonify(product.to_dict()), 201

    @app.patch("/products/<int:product_id>")
    def change(product_id: int) -> Response:
        product = db.get_or_404(Product, product_id)
        product.price = Decimal(request.get_json()["price"])
        product.version += 1
        product.updated_at = datetime.now()
        db.session.commit()
        return jsonify(product.to_dict())

    return app
