"""Pages as a first version often has them: Flask, templates, and requests.get to the API of `naive`."""

import os
from typing import Any

import requests
from flask import Flask, render_template_string

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title><link rel="stylesheet" href="/static/style.css"></head>
<body><nav><a href="/">Home</a> <a href="/products">Products</a></nav><main><h1>{{ title }}</h1>
<table><tr><th>Name</th><th>SKU</th><th>Changed</th><th>Price</th></tr>
{% for product in products %}
<tr><td><a href="{{ url_for('show', product_id=product.id) }}">{{ product.name }}</a><p>{{ product.description|truncate(160) }}</p></td>
<td>{{ product.sku or "" }}</td><td>{{ product.updated_at }}</td><td>{{ product.price }} €</td></tr>
{% endfor %}
</table></main></body></html>"""


def create_app() -> Flask:
    """The application."""
    app = Flask(__name__)
    api = os.environ["API_URL"]

    def get(path: str) -> Any:
        return requests.get(api + path, timeout=30).json()

    @app.get("/health")
    def health() -> str:
        return "well"

    @app.get("/")
    def home() -> str:
        newest = get("/products?sort=created_at&descending&limit=8")["items"]
        return render_template_string(PAGE, title="Newest products", products=newest)

    @app.get("/products")
    def index() -> str:
        return render_template_string(PAGE, title="Products", products=get("/products")["items"])

    @app.get("/products/<int:product_id>")
    def show(product_id: int) -> str:
        product = get(f"/products/{product_id}")
        return render_template_string(PAGE, title=product["name"], products=[product])

    return app
