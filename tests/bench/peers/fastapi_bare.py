"""The reading API in FastAPI with nothing that takes time: no models, no log, no metrics, and orjson for the answers."""

from typing import Any

import orjson
from fastapi import FastAPI, HTTPException, Response

from bench.peers.asynchronous import Products

products = Products()
app = FastAPI(lifespan=products.opened)


@app.get("/health")
async def health() -> Response:
    """Says that it runs."""
    return Response("well")


@app.get("/products")
async def list_products(after: int = 0, limit: int = 20) -> Response:
    """A page."""
    return _json({"items": await products.page(after, limit)})


@app.get("/products/{product_id}")
async def get_product(product_id: int) -> Response:
    """One product."""
    product = await products.one(product_id)
    if product is None:
        raise HTTPException(404)
    return _json(product)


def _json(value: Any) -> Response:
    return Response(orjson.dumps(value, default=str), media_type="application/json")
