"""read-product's endpoints for the history of products."""

from dataclasses import astuple
from datetime import UTC, datetime
from typing import cast, get_args
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from sqlalchemy import Connection
from sqlalchemy.exc import InternalError, OperationalError

from catalog import changes, products, wire
from catalog.changes import Filter, Position
from catalog.database import TOO_MUCH_WORK, error_code, reading
from catalog.models import ACTOR_NAME_MAX
from read_product import cursor, listing
from serving import access, bodies, parameters
from serving.openapi import body, operation, query
from serving.problems import not_found, unavailable, wrong_parameter

change_views = Blueprint("changes", __name__)

SORT = "changes"
NUMBER = {"type": "integer", "minimum": 1, "maximum": parameters.ID_MAX}
MOMENT = {"type": "string", "format": "date-time", "maxLength": 64}
EARLIEST, LATEST = (datetime(year, 1, 1, tzinfo=UTC) for year in (1970, 9999))
"""Moments that both databases can compare; nothing has happened outside."""
AFTER = query(
    "after",
    "Cursor from the previous page's `next`; only valid with the other parameters of that page.",
    {"type": "string", "pattern": cursor.PATTERN, "maxLength": cursor.LENGTH_MAX},
)


@change_views.get(wire.CHANGES)
@operation(
    tag="history",
    access="member",  # It names people.
    parameters=(
        listing.LIMIT,
        AFTER,
        query("actor", "Name of who made the change.", {"type": "string", "maxLength": ACTOR_NAME_MAX}),
        query("actor_kind", "Kind of who made the change.", {"type": "string", "enum": list(get_args(access.Kind))}),
        query("product", "Only changes of this product.", NUMBER),
        query("import", "Only the products that this import has changed, one by one.", NUMBER),
        query("since", "Changes at or after this moment (RFC 3339).", MOMENT),
        query("until", "Changes before this moment (RFC 3339).", MOMENT),
    ),
    responses={200: body(wire.ChangeList)},
)
def list_changes() -> Response:
    """One page of the history, newest first.

    An import is one entry, unless `import` or `product` asks for its single changes. Entries are kept for a limited
    time, 400 days unless the installation says otherwise.
    """
    return _page(wire.CHANGES, _filter(), request.args.to_dict())


@change_views.get(f"{wire.PRODUCTS}/<product_id:product_id>/changes")
@operation(
    tag="history",
    access="member",  # It names people.
    parameters=(listing.LIMIT, AFTER),
    responses={200: body(wire.ChangeList)},
    problems=(404,),
)
def list_product_changes(product_id: int) -> Response:
    """One page of the history of a product, newest first; also of one that was deleted."""
    return _page(f"{wire.PRODUCTS}/{product_id}/changes", Filter(product=product_id), request.args.to_dict())


def _page(address: str, wanted: Filter, arguments: dict[str, str]) -> Response:
    limit = int(arguments.get("limit", listing.LIMIT_DEFAULT))
    after = _after(arguments.get("after"), wanted)
    with reading() as connection:
        found = _bounded(connection, wanted, limit + 1, after)
        if not found and not after and address != wire.CHANGES:
            _refuse_unknown(products.find(connection, wanted.product or 0))
    items = found[:limit]
    following = None
    if len(found) > limit:
        position = cursor.write(SORT, _scope(wanted), getattr(items[-1], wanted.order), items[-1].id)
        following = f"{address}?{urlencode({**arguments, 'after': position})}"
    response = Response(bodies.encode(wire.ChangeList(items, following)), content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def _bounded(connection: Connection, wanted: Filter, limit: int, after: Position | None) -> list[wire.Change]:
    """The entries. Raises a 503 problem if the database has to pass too many others before it finds them."""
    try:
        return changes.page(connection, wanted, limit, after)
    except (OperationalError, InternalError) as error:
        if error_code(error) not in TOO_MUCH_WORK:
            raise
    raise unavailable("To find these changes takes the database too long; ask for a shorter time by since and until.")


def _refuse_unknown(product: wire.Product | None) -> None:
    if product is None:
        raise not_found("There is no such product, and the history knows of none.")


def _filter() -> Filter:
    product, import_id = request.args.get("product"), request.args.get("import")
    return Filter(
        product=None if product is None else int(product),
        import_id=None if import_id is None else int(import_id),
        actor=request.args.get("actor"),
        actor_kind=request.args.get("actor_kind"),
        since=_moment("since"),
        until=_moment("until"),
    )


def _moment(name: str) -> datetime | None:
    text = request.args.get(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.upper())
        if moment.tzinfo is None:
            raise ValueError
    except ValueError:
        example = "2026-01-31T12:00:00Z"
        raise wrong_parameter(name, f"must be a date and time with an offset (RFC 3339), such as {example}") from None
    if EARLIEST.year < moment.year < LATEST.year:
        return moment.astimezone(UTC)
    return EARLIEST if moment.year <= EARLIEST.year else LATEST


def _after(text: str | None, wanted: Filter) -> Position | None:
    if text is None:
        return None
    try:
        value, number = cursor.read(text, SORT, _scope(wanted), int if wanted.order == "version" else datetime)
    except ValueError as error:
        raise wrong_parameter("after", str(error)) from None
    return cast(datetime | int, value), number


def _scope(wanted: Filter) -> list[object]:
    return list(astuple(wanted))
