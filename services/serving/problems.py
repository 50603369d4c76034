"""Error responses of a service, all as problem+json (RFC 9457)."""

import errno
import logging
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.exceptions import ClientDisconnected, HTTPException

from serving import answers, bodies
from serving.answers import FieldError

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5

# RFC 9110 renamed these; older Pythons have the old names.
_RENAMED = {413: "Content Too Large", 414: "URI Too Long", 422: "Unprocessable Content"}

log = logging.getLogger(__name__)


def phrase(status: int) -> str:
    """The status's reason phrase in RFC 9110."""
    return _RENAMED.get(status) or HTTPStatus(status).phrase


class ProblemError(Exception):
    """An error with a status, a sentence for people, and the invalid fields."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        errors: list[FieldError] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors or []
        self.headers = headers or {}


def malformed(detail: str, *errors: FieldError) -> ProblemError:
    """400: the request cannot be understood."""
    return ProblemError(HTTPStatus.BAD_REQUEST, detail, list(errors))


def wrong_parameter(name: str, detail: str) -> ProblemError:
    """400: a query parameter or header is out of its range."""
    return malformed(f"The parameter {name} {detail}.", FieldError(name, detail, "parameter"))


def not_found(detail: str) -> ProblemError:
    """404."""
    return ProblemError(HTTPStatus.NOT_FOUND, detail)


def invalid(errors: list[FieldError], detail: str = "") -> ProblemError:
    """422: the request is well-formed, but some fields are invalid."""
    named = ", ".join(f"{error.pointer or 'the body'} {error.detail}" for error in errors[:3])
    return ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, detail or f"Not valid: {named}.", errors)


def conflict(detail: str, *errors: FieldError) -> ProblemError:
    """409."""
    return ProblemError(HTTPStatus.CONFLICT, detail, list(errors))


def unavailable(detail: str, *errors: FieldError) -> ProblemError:
    """503, with a Retry-After header."""
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, detail, list(errors), headers)


def storage_full(detail: str) -> ProblemError:
    """507 (RFC 4918, 11.5): the service has no space to store what the request needs."""
    return ProblemError(HTTPStatus.INSUFFICIENT_STORAGE, detail)


def is_storage_full(error: OSError) -> bool:
    """Whether a disk or a disk quota is full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def response(problem: ProblemError) -> Response:
    """The problem as an HTTP response."""
    body = answers.Problem(
        title=phrase(problem.status),
        status=problem.status,
        detail=problem.detail,
        request_id=g.get("request_id", ""),
        errors=problem.errors,
    )
    return Response(bodies.encode(body), problem.status, problem.headers, content_type=MEDIA_TYPE)


def register(app: Flask) -> None:
    """Makes the app answer every error with a problem."""
    app.register_error_handler(ProblemError, response)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(OSError, _storage_full)
    app.register_error_handler(Exception, _bug)


def _http_error(error: HTTPException) -> Response:
    """Errors that Flask and Werkzeug raise: unknown routes, wrong methods, bodies that are too large and so on."""
    status = HTTPStatus(error.code or 500)
    headers: dict[str, Any] = {
        name: value for name, value in error.get_headers() if name not in ("Content-Type", "Content-Length")
    }
    detail = {
        HTTPStatus.NOT_FOUND: "There is nothing at this address.",
        HTTPStatus.METHOD_NOT_ALLOWED: f"{request.method} is not allowed here.",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is larger than this address accepts.",
    }.get(status, error.description or phrase(status))
    if isinstance(error, ClientDisconnected):
        detail = "The body ended before it was whole, so it was discarded; send it again."
    return response(ProblemError(status, detail, headers=headers))


def _storage_full(error: OSError) -> Response:
    if not is_storage_full(error):
        return _bug(error)
    log.error("no room: %s", error)
    return response(storage_full("The service has no room left to store the request while reading it."))


def _bug(error: Exception) -> Response:
    log.error("unhandled error", exc_info=error)
    return response(ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, "The service failed; the error is logged."))
