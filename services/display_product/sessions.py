"""The signed cookie that holds the CSRF token and the message that the next page shows."""

import sys
from urllib.parse import urlsplit

from flask import Flask
from flask_wtf import CSRFProtect

from catalog.settings import SettingError, Settings, read_secret
from display_product.addresses import prefix_of

KEY_MIN = 32

csrf = CSRFProtect()


def register(app: Flask, settings: Settings) -> None:
    """Reads the key, sets the cookie's attributes and checks the CSRF token of every POST. Exits without a key."""
    try:
        app.secret_key = _read_key(settings)
    except SettingError as error:
        sys.exit(f"error: {error}")
    app.config.update(
        SESSION_COOKIE_NAME="catalog_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=is_secure(settings),
        SESSION_COOKIE_PATH=cookie_path(settings),
        # A form may stay open over lunch: its token lives as long as the session.
        WTF_CSRF_TIME_LIMIT=None,
        # Asks for a Referer under https, which privacy tools take away; the token suffices.
        WTF_CSRF_SSL_STRICT=False,
    )
    csrf.init_app(app)


def is_secure(settings: Settings) -> bool:
    """Whether people use https, so that cookies must never travel without it."""
    return urlsplit(settings.public_url or "").scheme == "https"


def cookie_path(settings: Settings) -> str:
    """The path of the pages, so that neighbours on the same host do not get the cookies."""
    return prefix_of(settings.public_url) or "/"


def _read_key(settings: Settings) -> str:
    if settings.secret_key_file is None:
        raise SettingError(
            f"CATALOG_SECRET_KEY_FILE is missing: name a file with at least {KEY_MIN} random characters, which sign "
            "the session cookie"
        )
    return read_secret(settings.secret_key_file, "CATALOG_SECRET_KEY_FILE", least=KEY_MIN)
