"""The reading API in FastAPI as its documentation has it, with response models, and with metrics and an access log."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from fastapi import FastAPI, HTTPException, Response
from prometheus_fastapi_instrumentator import Instrumentator
from pydantic import BaseModel

from bench.peers.asynchronous import Products

products = Products()
app = FastAPI(lifespan=products.opened)
Instrumentator().instrument(app).expose(app)


class Product(BaseModel):
    """One product."""

    id: int
    sku: str | None
    name: str
    description: str
    price: Decimal
    version: int
    created_at: datetime
    updated_at: datetime


class Page(BaseModel):
    """Some products."""

    items: list[Product]


@app.get("/health")
async def health() -> Response:
    """Says that it runs."""
    return Response("well")


@app.get("/products", response_model=Page)
async def list_products(after: int = 0, limit: int = 20) -> Any:
    """A page."""
    return {"items": await products.page(after, limit)}


@app.get("/products/{product_id}", response_model=Product)
async def get_product(product_id: int) -> Any:
    """One product."""
    product = await products.one(product_id)
    if product is None:
        raise HTTPException(404)
    return product
