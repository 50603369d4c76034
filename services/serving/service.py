"""The app factory that every service starts from."""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_to_bytes

from flask import Flask, Response, g, request
from werkzeug.exceptions import BadRequest, Forbidden, UnsupportedMediaType

from serving import access, answers, bodies, draining, logs, metrics, names, openapi, problems
from serving.settings import Settings

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
Probe = Callable[[], answers.Check]


def create(package: str, settings: Settings, probes: Sequence[Probe], info: openapi.Info) -> Flask:
    """A Flask app with settings, request ids, logs, metrics and health checks, and no other routes yet.

    /readyz calls each of the `probes`, one per dependency of the service. `info` holds the application's title and
    version for the OpenAPI document and the health responses. Raises SettingError if anybody could write from other
    machines.
    """
    access.refuse_unprotected(settings)
    app = Service(package, static_folder=None)
    app.extensions["settings"] = settings
    app.extensions["info"] = info
    app.url_map.merge_slashes = False
    app.wsgi_app = WholeBodies(app.wsgi_app)  # type: ignore[method-assign]
    _register_request_ids(app)
    logs.register(app)
    _refuse_other_sites(app)
    _refuse_broken_queries(app)
    _refuse_codings(app)
    metrics.register(app)
    _register_health(app, probes, info.version)
    return app


class Service(Flask):
    """Flask without the check, at each request, whether each function is asynchronous: none is."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """See Flask."""
        return func


class WholeBodies:
    """WSGI middleware that answers 400 if a body is shorter than its Content-Length.

    gunicorn declares that it terminates the input, so Werkzeug would take the end of a broken connection for the end of
    the body, and half an upload for the whole (RFC 9112, 8).
    """

    def __init__(self, app: Any) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """See PEP 3333."""
        if environ.get("CONTENT_LENGTH"):
            environ.pop("wsgi.input_terminated", None)
        return self._app(environ, start_response)


def request_id(environ: Mapping[str, Any]) -> str:
    """The request id that the client sent, or a new one."""
    given = environ.get("HTTP_X_REQUEST_ID", "")
    # The id need not be secret. Each worker process seeds the generator again.
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


def is_from_another_site(environ: Mapping[str, Any]) -> bool:
    """Whether a page of another site makes a browser write (Fetch Metadata, W3C): the person may know nothing of it."""
    return environ.get("HTTP_SEC_FETCH_SITE") == "cross-site" and environ["REQUEST_METHOD"] not in access.SAFE


def _refuse_other_sites(app: Flask) -> None:
    @app.before_request
    def refuse_other_site() -> None:
        """Refuses such a request, even where nobody needs to sign in: a service may be reachable by a browser alone."""
        if is_from_another_site(request.environ):
            raise Forbidden("A page of another site has sent this request.")


def _refuse_broken_queries(app: Flask) -> None:
    @app.before_request
    def refuse_broken_query() -> None:
        """Refuses bytes that are not UTF-8, since Werkzeug would leave them percent-encoded."""
        query = request.environ["QUERY_STRING"]
        if "%" not in query and query.isascii():
            return
        try:
            unquote_to_bytes(request.query_string).decode()
        except UnicodeDecodeError:
            raise BadRequest("The query is not in UTF-8.") from None


class UnsupportedCoding(UnsupportedMediaType):
    """415, with the content codings that are accepted: none (RFC 9110, 15.5.16)."""

    description = "The body has a Content-Encoding; send it without one."

    def get_headers(self, *arguments: Any, **named: Any) -> list[tuple[str, str]]:
        """See HTTPException."""
        return [*super().get_headers(*arguments, **named), ("Accept-Encoding", "identity")]


def _refuse_codings(app: Flask) -> None:
    @app.before_request
    def refuse_coding() -> None:
        """Refuses a compressed body, which would be read as if it were plain."""
        coding = request.environ.get("HTTP_CONTENT_ENCODING", "").strip().lower()
        if coding not in ("", "identity") and (request.content_length or "Transfer-Encoding" in request.headers):
            raise UnsupportedCoding


def _register_health(app: Flask, probes: Sequence[Probe], version: str) -> None:
    service = names.of(app.name)

    @app.get("/livez")
    @openapi.operation(tag=openapi.HEALTH, access="open", responses={200: openapi.body(answers.Health)})
    def livez() -> Response:
        """Whether the process works; checks no dependency."""
        return _health("alive", HTTPStatus.OK, [])

    @app.get("/readyz")
    @openapi.operation(
        tag=openapi.HEALTH,
        access="open",
        responses={200: openapi.body(answers.Health), 503: openapi.body(answers.Health)},
    )
    def readyz() -> Response:
        """Whether the service can handle requests now; the response names the checks that fail."""
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
            headers["Retry-After"] = str(problems.RETRY_AFTER_SECONDS)
        return Response(body, code, headers, content_type="application/json")
