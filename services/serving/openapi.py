"""The OpenAPI document, generated from the routes, their docstrings and the wire types."""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from http import HTTPStatus
from typing import Any, TypeVar

import msgspec
from flask import Blueprint, Flask, Response, current_app, request
from msgspec import Struct

from serving import answers, names, parameters, problems
from serving.access import Access
from serving.guard import Guard

PATH = "/api/v1/openapi.json"
Schema = dict[str, Any]
View = TypeVar("View", bound=Callable[..., Any])

# `<converter(options):name>` in a route.
_VARIABLE = re.compile(r"<(?:([^:<>()]+)(?:\([^<>]*\))?:)?([^<>]+)>")

# Errors that any operation can answer with.
COMMON_PROBLEMS = (HTTPStatus.BAD_REQUEST, HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE)
HEALTH = "health"
SECURITY_SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token of this installation, or of an issuer that it trusts (RFC 6750).",
    }
}

views = Blueprint("openapi", __name__)


@dataclass(frozen=True)
class Info:
    """The document's Info Object: the application that each service is a part of."""

    title: str
    version: str


@dataclass(frozen=True)
class Body:
    """A request or response body: its schema by media type, and the response's headers."""

    content: dict[str, Schema | type[Struct]]
    headers: dict[str, str] = field(default_factory=dict)


def body(kind: type[Struct], headers: dict[str, str] | None = None) -> Body:
    """A JSON body of this wire type; `headers` maps each response header to its description."""
    return Body({"application/json": kind}, headers or {})


def _parameter(where: str, name: str, description: str, schema: Schema, required: bool = False) -> Schema:
    """A query parameter or request header."""
    return {"in": where, "name": name, "description": description, "schema": schema, "required": required}


query = partial(_parameter, "query")
header = partial(_parameter, "header")


@dataclass(frozen=True)
class Operation:
    """What the document says about a view in addition to its route and docstring."""

    tag: str
    responses: dict[int, Body]
    request: Body | None
    parameters: tuple[Schema, ...]
    problems: tuple[int, ...]
    access: Access

    @cached_property
    def query(self) -> dict[str, Schema]:
        """The schema of each query parameter."""
        return {parameter["name"]: parameter["schema"] for parameter in self.parameters if parameter["in"] == "query"}


def operation(
    *,
    responses: dict[int, Body],
    tag: str,
    access: Access,
    request: Body | None = None,
    parameters: tuple[Schema, ...] = (),
    problems: tuple[int, ...] = (),
) -> Callable[[View], View]:
    """Adds a view to the document; `problems` are the statuses that it answers as problem+json.

    `access` says what a request needs: nothing, or a role.
    """

    def register(view: View) -> View:
        view.operation = Operation(tag, responses, request, parameters, problems, access)  # type: ignore[attr-defined]
        return view

    return register


@views.before_app_request
def check_query() -> None:
    """Validates the query string of every request against the document. Health probes may send any query."""
    described = getattr(current_app.view_functions.get(request.endpoint or ""), "operation", None)
    if request.query_string and described and described.tag != HEALTH:
        parameters.check(request.args, described.query)


@views.get(PATH)
@operation(tag="openapi", access="open", responses={200: Body({"application/json": {"type": "object"}})})
def document() -> Response:
    """The OpenAPI document of this service."""
    cached = current_app.extensions.get("openapi")
    if cached is None:
        cached = current_app.extensions["openapi"] = msgspec.json.encode(build(current_app))
    return Response(cached, content_type="application/json")


def build(app: Flask) -> Schema:
    """The document as a dict."""
    operations = [
        (rule, method, op)
        for rule in app.url_map.iter_rules()
        if (op := getattr(app.view_functions[rule.endpoint], "operation", None))
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]
    kinds = {answers.Problem: None} | {kind: None for _, _, op in operations for kind in _kinds(op)}
    references, components = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    for schema in components.values():
        _keep_alternatives(schema)
    schemas = dict(zip(kinds, references, strict=True))
    paths: dict[str, Schema] = {}
    guard: Guard | None = app.extensions.get("guard")
    for rule, method, op in operations:
        path = _VARIABLE.sub(r"{\2}", rule.rule)
        view = app.view_functions[rule.endpoint]
        described = _describe(op, view, _path_parameters(app, rule.rule), schemas)
        if guard is not None and op.access != "open":
            described.update(_secured(described, op.access, guard, schemas))
        paths.setdefault(path, {})[method.lower()] = described
    info: Info = app.extensions["info"]
    secured: Schema = {} if guard is None else {"securitySchemes": SECURITY_SCHEMES}
    return {
        "openapi": "3.1.0",
        "info": {"title": f"{info.title}: {names.of(app.name)}", "version": info.version},
        "paths": paths,
        "components": {"schemas": components, **secured},
    }


def _keep_alternatives(schema: Schema) -> None:
    """Drops the Python class's type, which msgspec writes beside `anyOf`: a value would have to satisfy both."""
    for described in schema["properties"].values():
        if "anyOf" in described:
            described.pop("type", None)
            described.pop("format", None)


def _kinds(op: Operation) -> list[type[Struct]]:
    bodies = [*op.responses.values(), *([op.request] if op.request else [])]
    return [kind for each in bodies for kind in each.content.values() if isinstance(kind, type)]


def _describe(op: Operation, view: Callable[..., Any], path: list[Schema], schemas: dict[Any, Schema]) -> Schema:
    summary, _, description = (inspect.getdoc(view) or "").partition("\n\n")
    problem = {problems.MEDIA_TYPE: {"schema": schemas[answers.Problem]}}
    responses: Schema = {
        str(status): {
            "description": problems.phrase(status),
            **_content(answer, schemas),
            **_headers(answer),
        }
        for status, answer in op.responses.items()
    }
    for status in (*op.problems, *COMMON_PROBLEMS):
        responses.setdefault(str(int(status)), {"description": problems.phrase(status), "content": problem})
    described: Schema = {
        "operationId": view.__name__,
        "tags": [op.tag],
        "summary": summary,
        "parameters": [*path, *op.parameters],
        "responses": responses,
    }
    if description:
        described["description"] = description
    if op.request:
        described["requestBody"] = {"required": True, **_content(op.request, schemas)}
    return described


def _secured(described: Schema, access: Access, guard: Guard, schemas: dict[Any, Schema]) -> Schema:
    """What the document says about an operation in addition if it needs a role."""
    is_optional = access == "reader" and guard.anonymous_read
    challenge = {"WWW-Authenticate": {"description": "RFC 6750.", "schema": {"type": "string"}}}
    content = {problems.MEDIA_TYPE: {"schema": schemas[answers.Problem]}}
    statuses = (HTTPStatus.UNAUTHORIZED,) if is_optional else (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
    refusals = {
        str(status.value): {"description": status.phrase, "headers": challenge, "content": content}
        for status in statuses
    }
    return {
        "security": [*([{}] if is_optional else []), {"bearer": []}],
        "responses": {**described["responses"], **refusals},
    }


def _content(answer: Body, schemas: dict[Any, Schema]) -> Schema:
    if not answer.content:
        return {}
    return {
        "content": {
            media_type: {"schema": schemas[kind] if isinstance(kind, type) else kind}
            for media_type, kind in answer.content.items()
        }
    }


def _headers(answer: Body) -> Schema:
    if not answer.headers:
        return {}
    return {
        "headers": {
            name: {"description": description, "schema": {"type": "string"}}
            for name, description in answer.headers.items()
        }
    }


def _path_parameters(app: Flask, rule: str) -> list[Schema]:
    """The parameters in a rule's path, each with the `schema` of its converter; without one, it is any string."""
    return [
        {
            "in": "path",
            "name": name,
            "required": True,
            "schema": getattr(app.url_map.converters[converter or "default"], "schema", {"type": "string"}),
        }
        for converter, name in _VARIABLE.findall(rule)
    ]
