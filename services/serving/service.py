"""How a service is run: the factory that all three start from."""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_to_bytes

from flask import Flask, Response, g, request
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from serving import answers, bodies, draining, logs, metrics, openapi
from serving.settings import Settings

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
Probe = Callable[[], answers.Check]


def create(package: str, settings: Settings, probes: Sequence[Probe], info: openapi.Info) -> Flask:
    """A Flask app with settings, request ids, logs, metrics and health, and no page yet.

    `probes` are asked by /readyz, each for one thing that the service cannot do without; `info` is what documents and
    answers call the product.
    """
    app = Service(package, static_folder=None)
    app.extensions["settings"] = settings
    app.extensions["info"] = info
    app.url_map.merge_slashes = False
    app.wsgi_app = WholeBodies(app.wsgi_app)  # type: ignore[method-assign]
    _register_request_ids(app)
    logs.register(app)
    _refuse_broken_queries(app)
    _refuse_codings(app)
    metrics.register(app)
    _register_health(app, probes, info.version)
    return app


class Service(Flask):
    """Flask, without asking of each function at each request whether it is asynchronous: none is."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """See Flask."""
        return func


class WholeBodies:
    """WSGI middleware that makes every read of a body end in a 400 when less came than Content-Length promised.

    gunicorn says that it terminates the input, and Werkzeug then takes the end of a broken connection for the end of
    the body: half an upload would be the whole (RFC 9112, 8).
    """

    def __init__(self, app: Any) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """See PEP 3333."""
        if environ.get("CONTENT_LENGTH"):
            environ.pop("wsgi.input_terminated", None)
        return self._app(environ, start_response)


def name_of(package: str) -> str:
    """`add_product` is called `add-product` outside Python."""
    return package.replace("_", "-")


def request_id(environ: Mapping[str, Any]) -> str:
    """The id that the client gave the request, or a new one."""
    given = environ.get("HTTP_X_REQUEST_ID", "")
    # Need not be secret; the generator is seeded anew in each worker process.
    return given if REQUEST_ID.fullmatch(given) else f"{random.getrandbits(128):032x}"


def _register_request_ids(app: Flask) -> None:
    @app.before_request
    def take_request_id() -> None:
        g.request_id = request_id(request.environ)

    @app.after_request
    def give_request_id(response: Response) -> Response:
        response.headers["X-Request-ID"] = g.get("request_id", "")
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def _refuse_broken_queries(app: Flask) -> None:
    @app.before_request
    def refuse_broken_query() -> None:
        """Bytes that are no UTF-8 would be read as something else."""
        query = request.environ["QUERY_STRING"]
        if "%" not in query and query.isascii():
            return
        try:
            unquote_to_bytes(request.query_string).decode()
        except UnicodeDecodeError:
            raise BadRequest("The query is not in UTF-8.") from None


class UnsupportedCoding(UnsupportedMediaType):
    """415 that says which codings of a body are taken: none (RFC 9110, 15.5.16)."""

    description = "The body has a Content-Encoding; send it without one."

    def get_headers(self, *arguments: Any, **named: Any) -> list[tuple[str, str]]:
        """See HTTPException."""
        return [*super().get_headers(*arguments, **named), ("Accept-Encoding", "identity")]


def _refuse_codings(app: Flask) -> None:
    @app.before_request
    def refuse_coding() -> None:
        """A compressed body would be read as if it were the text itself."""
        coding = request.environ.get("HTTP_CONTENT_ENCODING", "").strip().lower()
        if coding not in ("", "identity") and (request.content_length or "Transfer-Encoding" in request.headers):
            raise UnsupportedCoding


def _register_health(app: Flask, probes: Sequence[Probe], version: str) -> None:
    service = name_of(app.name)

    @app.get("/livez")
    @openapi.operation(tag=openapi.HEALTH, responses={200: openapi.body(answers.Health)})
    def livez() -> Response:
        """Whether the process works; asks nothing else."""
        return _health("alive", HTTPStatus.OK, [])

    @app.get("/readyz")
    @openapi.operation(
        tag=openapi.HEALTH, responses={200: openapi.body(answers.Health), 503: openapi.body(answers.Health)}
    )
    def readyz() -> Response:
        """Whether requests can be served now; the answer names what is missing."""
        checks = [probe() for probe in probes]
        if draining.under_way():
            checks.append(answers.Check("draining", ok=False, detail="the service is stopping"))
        if all(check.ok for check in checks):
            return _health("ready", HTTPStatus.OK, checks)
        return _health("unready", HTTPStatus.SERVICE_UNAVAILABLE, checks)

    def _health(status: answers.HealthStatus, code: HTTPStatus, checks: list[answers.Check]) -> Response:
        body = bodies.encode(answers.Health(status, service, version, checks))
        headers = {"Cache-Control": "no-store"}
        if code == HTTPStatus.SERVICE_UNAVAILABLE:
            headers["Retry-After"] = "5"
        return Response(body, code, headers, content_type="application/json")
