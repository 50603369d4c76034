"""The session: a signed cookie with the CSRF token and the message for the next page."""

import hashlib
import sys
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Request, Response, current_app, g, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_wtf import CSRFProtect
from itsdangerous import SignatureExpired, TimestampSigner
from itsdangerous import Signer as TokenSigner
from werkzeug.wrappers import Response as BaseResponse

from catalog.settings import Settings
from display_product.web.addresses import prefix_of
from serving import access
from serving.service import is_from_another_site
from serving.settings import SettingError, read_secret

KEY_MIN = 32
# How far the clocks of two replicas may differ.
CLOCKS_APART = timedelta(minutes=5)


class Protection(CSRFProtect):  # type: ignore[misc]
    """Accepts the token of the session, or a token that has its own cookie."""

    def protect(self, apply_exemptions: bool = False) -> None:
        """See CSRFProtect."""
        if request.method not in current_app.config["WTF_CSRF_METHODS"]:
            return
        # The view of a form with a file reads it piece by piece.
        is_read = request.mimetype == "application/x-www-form-urlencoded"
        g.csrf_valid = is_read and has_cookie(request.form.get("csrf_token", ""))
        if not g.csrf_valid:
            super().protect(apply_exemptions)


def has_cookie(token: str) -> bool:
    """Whether this form was opened in this browser before the current session existed.

    If two such forms are open, the session of the second replaces that of the first. So each form sets its own cookie,
    which no other site can set (OWASP, "Signed Double-Submit Cookie").
    """
    cookie = request.cookies.get(_cookie_of(token), "")
    # Who signs in starts afresh: nobody else may have opened a form for them.
    if access.current().kind == "person":
        return False
    return "csrf_token" in session and _signer().verify_signature(token, cookie)


def _give_cookie(response: Response) -> Response:
    if "csrf_token" in g and current_app.config["SESSION_COOKIE_NAME"] not in request.cookies:
        set_cookie(response, _cookie_of(g.csrf_token), _signer().get_signature(g.csrf_token).decode("ascii"))
    return response


def _cookie_of(token: str) -> str:
    return f"catalog_form_{hashlib.sha256(token.encode()).hexdigest()[:16]}"


def _signer() -> TokenSigner:
    return TokenSigner(keys(), salt="form before a session")


csrf = Protection()


class Signer(TimestampSigner):
    """Accepts signatures of a replica whose clock is ahead of ours."""

    def unsign(self, signed_value: str | bytes, max_age: int | None = None, return_timestamp: bool = False) -> Any:
        """See TimestampSigner."""
        try:
            return super().unsign(signed_value, max_age, return_timestamp)  # type: ignore[call-overload]
        except SignatureExpired as expired:
            signed = expired.date_signed
            if signed is None or not timedelta() < signed - datetime.now(UTC) <= CLOCKS_APART:
                raise
            return super().unsign(signed_value, None, return_timestamp)  # type: ignore[call-overload]


class _Sessions(SecureCookieSessionInterface):
    """Flask's session interface, without its work on requests that have no session and do not use one."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        # Such a request comes without the cookie, so the session is a new one, which must not replace the person's own.
        if (session.accessed or session.modified) and not is_from_another_site(request.environ):
            super().save_session(app, session, response)

    def get_signing_serializer(self, app: Flask) -> Any:
        serializer = super().get_signing_serializer(app)
        if serializer is not None:
            serializer.signer = Signer
        return serializer


def register(app: Flask, settings: Settings) -> None:
    """Reads the keys, sets the cookie's attributes, and checks the CSRF token of every POST. Exits if there is none."""
    try:
        first, *others = _read_keys(settings)
    except SettingError as error:
        sys.exit(f"error: {error}")
    app.secret_key = first
    app.config.update(
        SECRET_KEY_FALLBACKS=others,
        # itsdangerous signs with the last one.
        WTF_CSRF_SECRET_KEY=[*others, first],
        SESSION_COOKIE_NAME="catalog_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=_is_secure(settings),
        SESSION_COOKIE_PATH=_cookie_path(settings),
        # A form may stay open over lunch, so its token is valid as long as the session.
        WTF_CSRF_TIME_LIMIT=None,
        # The strict mode requires a Referer under https, which privacy tools remove; the token suffices.
        WTF_CSRF_SSL_STRICT=False,
    )
    app.session_interface = _Sessions()
    csrf.init_app(app)
    app.after_request(_give_cookie)


def set_cookie(
    response: BaseResponse, name: str, value: str, max_age: int | None = None, path: str | None = None
) -> None:
    """Sets a cookie that no script, other site or neighbouring application gets; `max_age` is in seconds.

    The cookie is for the pages at and below `path`, or for all of them.
    """
    settings: Settings = current_app.extensions["settings"]
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        path=path or _cookie_path(settings),
        secure=_is_secure(settings),
        httponly=True,
        samesite="Lax",
    )


def _is_secure(settings: Settings) -> bool:
    """Whether the pages use https, so that cookies must never be sent without it."""
    return urlsplit(settings.public_url or "").scheme == "https"


def _cookie_path(settings: Settings) -> str:
    """The path of the pages, so that other applications on the same host do not get the cookies."""
    return prefix_of(settings.public_url) or "/"


def keys() -> list[str]:
    """The keys in the order of itsdangerous: the last one signs, and all are valid."""
    found: list[str] = current_app.config["WTF_CSRF_SECRET_KEY"]
    return found


def _read_keys(settings: Settings) -> list[str]:
    """The keys, each on a line of its own: the first one signs, and all are valid, so that a key can be replaced."""
    if settings.secret_key_file is None:
        raise SettingError(
            f"CATALOG_SECRET_KEY_FILE is missing: name a file with at least {KEY_MIN} random characters, which sign "
            "the session cookie"
        )
    text = read_secret(settings.secret_key_file, "CATALOG_SECRET_KEY_FILE", least=KEY_MIN)
    found = [line for line in text.splitlines() if line]
    if any(len(key) < KEY_MIN for key in found):
        raise SettingError(f"CATALOG_SECRET_KEY_FILE has a line with fewer than {KEY_MIN} characters; each is a key")
    return found
