"""Decides about each request, by the token that it carries (RFC 6750) and the role that its route needs.

`openapi.operation` says what a route needs. A token is verified at most once in KEPT_SECONDS, so a request costs
neither a query nor a signature.
"""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol

from flask import Flask, Response, g, request

from serving import audit, names
from serving.access import ANONYMOUS, NEEDED, RANKS, SAFE, Access, BadToken, Principal, Verified, current
from serving.problems import ProblemError
from serving.settings import Settings

TOKEN_MAX = 8000
"""Characters of a token; the server refuses a header that is a little longer."""
KEPT_SECONDS = 10
"""For how long a verified token is not verified again, and so how long a revoked one may still work."""
KEPT_MAX = 2000
"""Tokens that each process remembers."""
SCHEME = "bearer "
INSUFFICIENT = ', error="insufficient_scope"'


class Verifier(Protocol):
    """Knows one kind of token."""

    def verify(self, token: str) -> Verified | None:
        """Who the token speaks for; None if it is of another kind. Raises BadToken, or a 503 problem."""


class _Kept(NamedTuple):
    """The outcome of a verification, and until when it stands (time.monotonic)."""

    until: float
    outcome: Principal | BadToken


class Guard:
    """Decides about the requests of one app."""

    def __init__(self, verifiers: Sequence[Verifier], *, anonymous_read: bool) -> None:
        self.anonymous_read = anonymous_read
        self._verifiers = verifiers
        self._kept: dict[bytes, _Kept] = {}

    def identify(self, authorization: str | None) -> Principal:
        """Who sends a request with this Authorization header. Raises BadToken, or a 503 problem."""
        if authorization is None:
            return ANONYMOUS
        token = _token(authorization)
        # Not the token itself: how long a search takes would tell how much of it is right.
        key = hashlib.sha256(token.encode()).digest()
        kept = self._kept.get(key)
        if kept is None or time.monotonic() >= kept.until:
            kept = self._verify(key, token)
        if isinstance(kept.outcome, BadToken):
            raise BadToken(kept.outcome.reason, kept.outcome.detail)
        return kept.outcome

    def lets_read(self, environ: Mapping[str, Any]) -> bool:
        """Whether this request may certainly read, for answers that are given before Flask; False sends it there."""
        authorization = environ.get("HTTP_AUTHORIZATION")
        if authorization is None:
            return self.anonymous_read
        try:
            kept = self._kept.get(hashlib.sha256(_token(authorization).encode()).digest())
        except BadToken:
            return False
        known = kept is not None and time.monotonic() < kept.until
        return known and isinstance(kept.outcome, Principal) and RANKS[kept.outcome.role] > 0  # type: ignore[union-attr]

    def _verify(self, key: bytes, token: str) -> _Kept:
        now = time.monotonic()
        try:
            verified = self._first(token)
        except BadToken as bad:
            kept = _Kept(now + KEPT_SECONDS, bad.with_traceback(None))
            lasts = bad.lasts
        else:
            seconds = min(KEPT_SECONDS, verified.until - time.time())
            kept = _Kept(now + seconds, verified.principal)
            lasts = seconds > 0
        if lasts:
            if len(self._kept) >= KEPT_MAX:
                self._kept.clear()
            self._kept[key] = kept
        return kept

    def _first(self, token: str) -> Verified:
        for verifier in self._verifiers:
            if verified := verifier.verify(token):
                return verified
        raise BadToken("issuer", "The token is from an issuer that is not known here.")


def _token(authorization: str) -> str:
    """The token in an Authorization header (RFC 6750, 2.1); repeated headers arrive as one with a comma."""
    if authorization[: len(SCHEME)].lower() != SCHEME:
        raise BadToken("scheme", "The Authorization header must hold a bearer token.")
    token = authorization[len(SCHEME) :].strip(" ")
    if len(token) > TOKEN_MAX:
        raise BadToken("malformed", f"The token is longer than {TOKEN_MAX} characters.")
    if not token.isascii() or not token or not token.isprintable() or " " in token or "," in token:
        raise BadToken("malformed", "The Authorization header must hold one token.")
    return token


def register(
    app: Flask,
    settings: Settings,
    verifiers: Sequence[Verifier],
    count: Callable[[str], None],
    describe: Callable[[Response], dict[str, int | str]],
) -> None:
    """Checks every request of the app, and logs each write and each refusal for the audit.

    `count` counts a refusal by its reason. `describe` gives the fields of the audit log that say what was written.
    """
    guard = Guard(verifiers, anonymous_read=settings.anonymous_read)
    app.extensions["guard"] = guard
    realm = names.of(app.name)

    @cache
    def needed(endpoint: str | None, method: str) -> Access:
        """What a request needs. A route that says nothing is closed."""
        if endpoint is None or method == "OPTIONS":
            return "open"  # Flask answers these itself: 404, 405, or the methods of the route.
        operation = getattr(app.view_functions[endpoint], "operation", None)
        access: Access = getattr(operation, "access", None) or "editor"
        return access

    def refuse(status: HTTPStatus, reason: str, detail: str, challenge: str) -> ProblemError:
        count(reason)
        g.is_refused = True
        audit.record("refused", reason=reason, status=status.value, method=request.method, path=request.path)
        headers = {"WWW-Authenticate": f'Bearer realm="{realm}"{challenge}', "Cache-Control": "no-store"}
        return ProblemError(status, detail, headers=headers)

    @app.before_request
    def check_access() -> None:
        # The proxies `request` and `g` take longer than what is asked of them.
        current_request, own = request._get_current_object(), g._get_current_object()  # type: ignore[attr-defined]
        own.need = need = needed(current_request.endpoint, current_request.method)
        if need == "open":
            return
        try:
            own.principal = principal = guard.identify(current_request.environ.get("HTTP_AUTHORIZATION"))
        except BadToken as bad:
            # RFC 6750, 3.1: whoever has tried another way of signing in has not presented a wrong token.
            challenge = "" if bad.reason == "scheme" else f', error="invalid_token", error_description="{bad.detail}"'
            raise refuse(HTTPStatus.UNAUTHORIZED, bad.reason, bad.detail, challenge) from None
        role = NEEDED[need]
        if RANKS[principal.role] >= RANKS[role] or (need == "reader" and guard.anonymous_read):
            if need == "person" and principal.kind != "person":
                detail = "Only people who have signed in may do this, not programs."
                raise refuse(HTTPStatus.FORBIDDEN, "kind", detail, INSUFFICIENT + f', scope="{role}"')
            return
        if principal is ANONYMOUS:
            detail = "This needs a token: send it as “Authorization: Bearer …”."
            raise refuse(HTTPStatus.UNAUTHORIZED, "missing", detail, "")
        detail = f"This needs the role “{role}”, which the token does not have."
        raise refuse(HTTPStatus.FORBIDDEN, "role", detail, INSUFFICIENT + f', scope="{role}"')

    @app.after_request
    def finish(response: Response) -> Response:
        need: Access = g.get("need", "open")
        if need == "open":
            return response
        if NEEDED[need] == "editor" and request.method not in SAFE and "principal" in g and "is_refused" not in g:
            audit.record(
                request.endpoint or "",
                current(),
                status=response.status_code,
                method=request.method,
                path=request.path,
                **describe(response),
            )
        if not guard.anonymous_read or need == "member":
            _keep_private(response)
        return response


def _keep_private(response: Response) -> None:
    """Forbids caches that several people share to store what only some may read (RFC 9111, 5.2.2.7)."""
    control = response.headers.get("Cache-Control")
    if control is None:
        response.headers["Cache-Control"] = "no-store"
    elif "private" not in control and "no-store" not in control:
        response.headers["Cache-Control"] = f"private, {control}"
