"""Fills an empty catalogue with a few sample products: `python -m add_product.sample`."""

from functools import partial
from pathlib import Path

from flask import Flask
from sqlalchemy import Connection, select

from add_product.imports import importer
from add_product.imports.order import Order
from catalog import database
from catalog.models import Product
from catalog.settings import load

FILE = Path(__file__).with_name("sample.csv")


def _none(_connection: Connection) -> None:
    """The products come with the catalogue, and not from an import."""


def main() -> None:
    """Entry point."""
    settings = load()
    app = Flask(__name__)
    database.register(app, settings)
    with app.app_context():
        with database.reading() as connection:
            if connection.scalar(select(Product.id).limit(1)) is not None:
                return
        created = 0
        with FILE.open("rb") as file:
            candidates, _ = importer.read(file, Order("csv", "utf-8", "skip", dry_run=False), settings.currency)
            for batch in importer.batches(candidates):
                plans = importer.transaction(partial(importer.write, batch=batch, on_conflict="skip", entry=_none))
                created += sum(plan.outcome == "created" for plan in plans)
    print(f"The catalogue was empty; {created} sample products are in it now.")


if __name__ == "__main__":
    main()
