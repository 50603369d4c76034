"""The endpoints of add-product for single products."""

from flask import Blueprint, Response, request

from add_product import idempotency, json_body, precondition, writing
from catalog import counters, database, wire
from serving import bodies
from serving.openapi import Body, body, header, operation

ONE = f"{wire.PRODUCTS}/<product_id:product_id>"
MERGE_PATCH = "application/merge-patch+json"

views = Blueprint("products", __name__)

IF_MATCH = header(
    precondition.HEADER,
    "ETag of the version that the client has seen, or * for any version.",
    {"type": "string", "pattern": precondition.PATTERN},
    required=True,
)
ETAG = {"ETag": "Version of the product."}


@views.post(wire.PRODUCTS)
@operation(
    tag="products",
    access="editor",
    request=body(wire.NewProduct),
    parameters=(
        header(
            idempotency.HEADER,
            "A value of the client's choice, unique for each product: repeating a request returns its first response.",
            {"type": "string", "pattern": idempotency.PATTERN},
        ),
    ),
    responses={201: body(wire.Product, {"Location": "Address of the product at read-product.", **ETAG})},
    problems=(409, 413, 415, 422),
)
def add_product() -> Response:
    """Adds a product."""
    key = idempotency.check_key(request.headers.get(idempotency.HEADER))
    sent, fields = json_body.read(wire.NewProduct, "application/json")
    if key is None:
        product, added = database.transaction(lambda connection: writing.add(connection, fields)), True
    else:
        product, added = idempotency.add_once(key, sent, fields)
    if added:
        counters.products.labels("created").inc()
    response = _answer(product, 201)
    response.headers["Location"] = f"{wire.PRODUCTS}/{product.id}"
    return response


@views.patch(ONE)
@operation(
    tag="products",
    access="editor",
    request=Body({"application/json": wire.ProductPatch, MERGE_PATCH: wire.ProductPatch}),
    parameters=(IF_MATCH,),
    responses={200: body(wire.Product, ETAG)},
    problems=(404, 409, 412, 413, 415, 422, 428),
)
def change_product(product_id: int) -> Response:
    """Changes only the fields in the body."""
    check = precondition.read(request.headers)
    _, patch = json_body.read(wire.ProductPatch, "application/json", MERGE_PATCH)
    product = database.transaction(lambda connection: writing.change(connection, product_id, check, patch))
    counters.products.labels("changed").inc()
    return _answer(product, 200)


@views.delete(ONE)
@operation(tag="products", access="editor", parameters=(IF_MATCH,), responses={204: Body({})}, problems=(404, 412, 428))
def delete_product(product_id: int) -> Response:
    """Deletes a product."""
    check = precondition.read(request.headers)
    database.transaction(lambda connection: writing.remove(connection, product_id, check))
    counters.products.labels("deleted").inc()
    return Response(status=204)


@views.post(f"{ONE}/restore")
@operation(
    tag="products",
    access="editor",
    responses={201: body(wire.Product, {"Location": "Address of the product at read-product.", **ETAG})},
    problems=(404, 409),
)
def restore_product(product_id: int) -> Response:
    """Brings back a deleted product under its id, as it was before its deletion.

    The version goes on from the deleted one. 409 means that the product exists, or that another one has its SKU.
    """
    product = database.transaction(lambda connection: writing.restore(connection, product_id))
    counters.products.labels("restored").inc()
    response = _answer(product, 201)
    response.headers["Location"] = f"{wire.PRODUCTS}/{product.id}"
    return response


def _answer(product: wire.Product, status: int) -> Response:
    response = Response(bodies.encode(product), status, content_type="application/json")
    response.set_etag(product.etag)
    return response
