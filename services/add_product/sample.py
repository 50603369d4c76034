"""Puts a small sample catalogue into an empty one: `python -m add_product.sample`."""

from pathlib import Path

from flask import Flask
from sqlalchemy import select

from add_product.imports import importer
from catalog import database
from catalog.models import Product
from catalog.settings import load

FILE = Path(__file__).with_name("sample.csv")


def main() -> None:
    """Entry point."""
    settings = load()
    app = Flask(__name__)
    database.register(app, settings)
    with app.app_context():
        with database.reading() as connection:
            if connection.scalar(select(Product.id).limit(1)) is not None:
                return
        with FILE.open("rb") as file:
            report = importer.run_csv(file, "utf-8", settings.currency, "skip", dry_run=False)
    print(f"The catalogue was empty; {report.created} sample products are in it now.")


if __name__ == "__main__":
    main()
