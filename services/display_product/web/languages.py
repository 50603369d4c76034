"""The language of a page: what the person chose, else what the browser prefers, else English."""

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

from babel.support import NullTranslations
from flask import Flask, g, request
from flask_babel import Babel, get_locale, get_translations
from markupsafe import Markup
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

LANGUAGES = {"en": "English", "fr": "Français"}
DEFAULT = "en"
COOKIE = "language"


def register(app: Flask) -> None:
    """Sets Flask-Babel up, and gives templates the languages."""
    Babel(app, locale_selector=choose, default_timezone="UTC")
    app.jinja_env.globals["languages"] = LANGUAGES

    @cache
    def prepared(_language: str) -> Callable[..., Markup]:
        return _gettext(get_translations())

    @app.context_processor
    def language() -> dict[str, Any]:
        code = get_locale().language
        return {"language": code, "_": prepared(code)}


def _gettext(translations: NullTranslations) -> Callable[..., Markup]:
    """`_` of templates in one language.

    Flask-Babel's finds out the language for each sentence of a page, and puts values into those that take none, which
    is a fifth of what a page takes.
    """

    @lru_cache(maxsize=1000)
    def whole(sentence: str) -> Markup:
        return template(sentence) % {}

    @lru_cache(maxsize=1000)
    def template(sentence: str) -> Markup:
        return Markup(translations.ugettext(sentence))  # noqa: S704

    def gettext(sentence: str, /, **values: object) -> Markup:
        return template(sentence) % values if values else whole(sentence)

    return gettext


def choose() -> str:
    """The code of the language for this request."""
    chosen = g.get(COOKIE) or request.cookies.get(COOKIE)
    if chosen in LANGUAGES:
        return str(chosen)
    return _preferred(request.headers.get("Accept-Language", ""))


@lru_cache(maxsize=256)
def _preferred(header: str) -> str:
    return parse_accept_header(header, LanguageAccept).best_match(LANGUAGES) or DEFAULT
