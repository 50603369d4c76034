"""The endpoints of add-product for the tokens of programs."""

from datetime import datetime

from flask import Blueprint, Response, current_app, g, request

from add_product import json_body
from catalog import api_tokens, database, wire
from serving import access, bodies, parameters
from serving.openapi import Body, body, operation, query
from serving.problems import conflict, not_found

LIMIT_DEFAULT = 50
LIMIT_MAX = 100

token_views = Blueprint("tokens", __name__)


def note_use(_token: str, found: wire.Token, hour: datetime) -> None:
    """Notes that a token was used in this hour."""
    database.transaction(lambda connection: api_tokens.note_use(connection, found.id, hour))


@token_views.get(wire.TOKENS)
@operation(
    tag="tokens",
    access="person",
    parameters=(
        query(
            "limit",
            "Tokens on a page.",
            {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT},
        ),
        query(
            "after",
            "Cursor from the previous page's `next`.",
            {"type": "integer", "minimum": 1, "maximum": parameters.ID_MAX},
        ),
    ),
    responses={200: body(wire.TokenPage)},
)
def list_tokens() -> Response:
    """One page of the tokens of programs, newest first. Only people may see and manage them, not programs."""
    limit, after = int(request.args.get("limit", LIMIT_DEFAULT)), request.args.get("after")
    with database.reading() as connection:
        fetched = api_tokens.page(connection, limit + 1, None if after is None else int(after))
    items = fetched[:limit]
    next_page = f"{wire.TOKENS}?limit={limit}&after={items[-1].id}" if len(fetched) > limit else None
    return _answer(wire.TokenPage(items, next_page))


@token_views.post(wire.TOKENS)
@operation(
    tag="tokens",
    access="person",
    request=body(wire.NewToken),
    responses={201: body(wire.MadeToken)},
    problems=(409, 413, 415, 422),
)
def create_token() -> Response:
    """Makes a token for a program. The response is the only one that has the token itself."""
    if "guard" not in current_app.extensions:
        # Whoever made one now would keep it when authentication is switched on.
        raise conflict("Tokens can be made once authentication is on (CATALOG_AUTH).")
    _, fields = json_body.read(wire.NewToken, "application/json")
    who = access.current().name
    made = database.transaction(
        lambda connection: api_tokens.make(connection, fields.name, fields.role, int(fields.days), who)
    )
    g.audited = {"token": made.details.id, "token_name": made.details.name, "token_role": made.details.role}
    return _answer(made, 201)


@token_views.delete(f"{wire.TOKENS}/<product_id:token_id>")
@operation(tag="tokens", access="person", responses={204: Body({})}, problems=(404,))
def revoke_token(token_id: int) -> Response:
    """Revokes a token: within ten seconds, no service accepts it."""
    if not database.transaction(lambda connection: api_tokens.revoke(connection, token_id)):
        raise not_found("There is no such token.")
    return Response(status=204)


@token_views.get(f"{wire.TOKENS}/self")
@operation(tag="tokens", access="reader", responses={200: body(wire.Token)}, problems=(404,))
def show_own_token() -> Response:
    """The token with which this request is sent, if it is one of the catalogue: name, role and end."""
    token = request.headers.get("Authorization", "").partition(" ")[2].strip()
    found = None
    if access.current().kind == "token" and api_tokens.is_well_formed(token):
        with database.reading() as connection:
            found = api_tokens.find(connection, token)
    if found is None:
        raise not_found("The request is not sent with a token of the catalogue.")
    return _answer(found)


def _answer(value: object, status: int = 200) -> Response:
    response = Response(bodies.encode(value), status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
