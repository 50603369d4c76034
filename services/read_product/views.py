"""read-product's endpoints for products."""

import hashlib
from functools import partial
from http import HTTPStatus
from itertools import chain
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, request
from werkzeug.http import quote_etag

from catalog import products, wire
from catalog.database import reading
from read_product import cache, cursor, export, hot, listing, search
from read_product.cache import Cache, Page
from serving import bodies, openapi, streams
from serving.openapi import body, operation, query
from serving.problems import ProblemError, not_found

views = Blueprint("products", __name__)


@views.get(wire.PRODUCTS)
@operation(
    tag="products",
    access="reader",
    parameters=(
        openapi.header("If-None-Match", "ETag of the client's copy.", {"type": "string"}),
        openapi.header(
            "Cache-Control", "`no-cache` or `max-age=0`: the current page (RFC 9111, 5.2.1).", {"type": "string"}
        ),
        listing.LIMIT,
        query(
            "after",
            "Cursor from the previous page's `next`; only valid with the `sort` and `q` of that page.",
            {"type": "string", "pattern": cursor.PATTERN, "maxLength": cursor.LENGTH_MAX},
        ),
        query(
            "sort",
            "Field to sort by; a minus sign sorts in descending order. Products with equal values are sorted by id.",
            {"type": "string", "enum": listing.SORT_NAMES, "default": listing.SORT_DEFAULT},
        ),
        query(
            "q",
            f"At most {search.WORDS_MAX} words, each of which must begin a word in the name, description or SKU. "
            "Letter case, accents and variants of letters and signs are ignored.",
            {"type": "string", "pattern": search.QUERY_PATTERN, "maxLength": search.QUERY_MAX},
        ),
    ),
    responses={
        200: body(
            wire.ProductPage,
            {
                "Link": 'The next page, rel="next" (RFC 8288).',
                "ETag": "Version of the page.",
                "Cache-Control": "How long the page may be reused.",
                "Age": "Seconds since the page was read from the database, if another request caused the read.",
            },
        ),
        304: openapi.Body({}),
    },
    problems=(412,),
)
def list_products() -> Response:
    """One page of the products.

    Follow `next` until it is null: every product that exists the whole time appears exactly once. A page may be as old
    as its Cache-Control allows; to see your own recent write, send `Cache-Control: no-cache`.
    """
    arguments = request.args.to_dict()
    read = partial(_read_page, listing.parse(request.args), arguments)
    pages: Cache = current_app.extensions["pages"]
    key = cache.key(arguments)
    page, age = pages.get(key, read, fresh=cache.wants_fresh(request))
    hot.learn(request.environ["QUERY_STRING"], key)
    response = Response(page.body, content_type="application/json")
    response.headers["Cache-Control"] = pages.control
    if page.next:
        response.headers["Link"] = f'<{page.next}>; rel="next"'
    if age is not None:
        response.headers["Age"] = str(age)
    return _conditional(response, page.etag)


def _read_page(page_query: listing.Query, arguments: dict[str, str]) -> Page:
    items, after = listing.page(page_query)
    next_page = f"{wire.PRODUCTS}?{urlencode(cache.canonical({**arguments, 'after': after}))}" if after else None
    body = bodies.encode(wire.ProductPage(items, next_page))
    return Page(body, next_page, hashlib.blake2b(body, digest_size=8).hexdigest())


@views.get(f"{wire.PRODUCTS}/<product_id:product_id>")
@operation(
    tag="products",
    access="reader",
    parameters=(openapi.header("If-None-Match", "ETag of the client's copy.", {"type": "string"}),),
    responses={200: body(wire.Product, {"ETag": "Version of the product."}), 304: openapi.Body({})},
    problems=(404, 412),
)
def get_product(product_id: int) -> Response:
    """One product."""
    with reading() as connection:
        product = products.find(connection, product_id)
    if product is None:
        raise not_found("There is no such product.")
    return _conditional(_json(product), product.etag)


@views.get(f"{wire.PRODUCTS}/export")
@operation(
    tag="products",
    access="reader",
    parameters=(query("format", "File format.", {"type": "string", "enum": ["csv", "ndjson"], "default": "csv"}),),
    responses={
        200: openapi.Body(
            {"text/csv": {"type": "string"}, "application/x-ndjson": {"type": "string"}},
            {"Content-Disposition": "Name of the file."},
        )
    },
)
def export_products() -> Response:
    """All products as a file that can be imported again.

    CSV is UTF-8 with a byte order mark. A cell that a spreadsheet would evaluate as a formula (it begins with =, +, -
    or @) is prefixed with an apostrophe, which the import removes. NDJSON contains every text unchanged.
    """
    return streams.admit(partial(_export, request.args.get("format", "csv")))


def _export(kind: str) -> Response:
    first = export.read_batch()
    if kind == "csv":
        file = chain([export.csv_heading().encode()], export.stream(export.csv_lines, first))
        response = Response(file, content_type="text/csv; charset=utf-8")
    else:
        response = Response(export.stream(export.ndjson_lines, first), content_type="application/x-ndjson")
    response.headers["Content-Disposition"] = f'attachment; filename="products.{kind}"'
    return response


def _conditional(response: Response, etag: str) -> Response:
    """The response, or 304 if the client has this version. Raises a 412 problem if If-Match names another one.

    Werkzeug evaluates every precondition. The usual requests, which have none or name the version that they have, are
    answered in a fifth of its time.
    """
    current = response.headers["ETag"] = quote_etag(etag)
    if_none_match = request.environ.get("HTTP_IF_NONE_MATCH")
    if "HTTP_IF_MATCH" not in request.environ and if_none_match in (None, current):
        if if_none_match:
            response.status_code = HTTPStatus.NOT_MODIFIED
        return response
    response.make_conditional(request)
    del response.headers["Date"]  # The server adds its own.
    if response.status_code == HTTPStatus.PRECONDITION_FAILED:
        raise ProblemError(HTTPStatus.PRECONDITION_FAILED, "The current version is not the one that If-Match names.")
    return response


def _json(value: object) -> Response:
    response = Response(bodies.encode(value), content_type="application/json")
    response.headers["Cache-Control"] = "no-cache"
    return response
