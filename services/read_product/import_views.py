"""read-product's endpoints for imports: the state of the files that add-product has accepted."""

from flask import Blueprint, Response, request

from catalog import imports, wire
from catalog.database import reading
from read_product import listing
from serving import bodies, parameters
from serving.openapi import body, operation, query
from serving.problems import not_found

import_views = Blueprint("imports", __name__)


@import_views.get(wire.IMPORTS)
@operation(
    tag="imports",
    access="reader",
    parameters=(
        listing.LIMIT,
        query(
            "after",
            "Cursor from the previous page's `next`.",
            {"type": "integer", "minimum": 1, "maximum": parameters.ID_MAX},
        ),
    ),
    responses={200: body(wire.ImportPage)},
)
def list_imports() -> Response:
    """One page of the imports, newest first. Their reports count the errors but do not list them."""
    limit, after = int(request.args.get("limit", listing.LIMIT_DEFAULT)), request.args.get("after")
    with reading() as connection:
        fetched = imports.page(connection, limit + 1, None if after is None else int(after))
    items = fetched[:limit]
    next_page = f"{wire.IMPORTS}?limit={limit}&after={items[-1].id}" if len(fetched) > limit else None
    return _json(wire.ImportPage(items, next_page))


@import_views.get(f"{wire.IMPORTS}/<product_id:import_id>")
@operation(tag="imports", access="reader", responses={200: body(wire.Import)}, problems=(404,))
def get_import(import_id: int) -> Response:
    """One import: its progress and, once it has ended, its report."""
    with reading() as connection:
        found = imports.find(connection, import_id)
    if found is None:
        raise not_found("There is no such import.")
    return _json(found)


def _json(value: object) -> Response:
    response = Response(bodies.encode(value), content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
