"""The language of a page: what the person chose, else what the browser prefers, else English."""

from flask import Flask, g, request
from flask_babel import Babel, get_locale

LANGUAGES = {"en": "English", "fr": "Français"}
DEFAULT = "en"
COOKIE = "language"


def register(app: Flask) -> None:
    """Sets Flask-Babel up, and gives templates the languages."""
    Babel(app, locale_selector=choose, default_timezone="UTC")
    app.jinja_env.globals["languages"] = LANGUAGES

    @app.context_processor
    def language() -> dict[str, str]:
        return {"language": get_locale().language}


def choose() -> str:
    """The code of the language for this request."""
    chosen = g.get(COOKIE) or request.cookies.get(COOKIE)
    if chosen in LANGUAGES:
        return str(chosen)
    return request.accept_languages.best_match(LANGUAGES) or DEFAULT
