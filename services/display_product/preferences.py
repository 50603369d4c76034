"""What a person chose for all pages: colours, language, cards or table. Each is a cookie of its own."""

from http import HTTPStatus

from flask import Blueprint, Flask, Response, abort, current_app, redirect, request, url_for

from catalog.settings import Settings
from display_product.languages import COOKIE as LANGUAGE
from display_product.languages import LANGUAGES
from display_product.sessions import cookie_path, csrf, is_secure

CHOICES: dict[str, tuple[str, ...]] = {
    "theme": ("auto", "light", "dark"),
    "layout": ("cards", "table"),
    LANGUAGE: tuple(LANGUAGES),
}
A_YEAR = 365 * 24 * 3600

preferences = Blueprint("preferences", __name__)


def register(app: Flask) -> None:
    """Gives templates `theme` and `layout`."""
    app.register_blueprint(preferences)

    @app.context_processor
    def chosen() -> dict[str, str]:
        return {"theme": current("theme"), "layout": current("layout"), "here": _here()}


def current(name: str) -> str:
    """The choice for this request; the first one when there is none that is known."""
    value = request.cookies.get(name, "")
    return value if value in CHOICES[name] else CHOICES[name][0]


# Without a token, so that pages without a form need no session: a choice that someone else sends for a person
# costs a click, and SameSite cookies are not even needed for it.
@preferences.post("/preferences")
@csrf.exempt
def choose() -> Response:
    """Remembers a choice, and goes back to the page where it was made."""
    settings: Settings = current_app.extensions["settings"]
    response = redirect(_local(request.form.get("next", "")), HTTPStatus.SEE_OTHER)
    for name, value in request.form.items():
        if name == "next":
            continue
        if value not in CHOICES.get(name, ()):
            abort(HTTPStatus.BAD_REQUEST)
        response.set_cookie(
            name,
            value,
            max_age=A_YEAR,
            path=cookie_path(settings),
            secure=is_secure(settings),
            httponly=True,
            samesite="Lax",
        )
    return response  # type: ignore[return-value]


def _here() -> str:
    """The address of this page; of a page that answers a form, the form's; the home page when it has no address."""
    if request.url_rule and "GET" not in (request.url_rule.methods or ()):
        return url_for("home.index")
    path = request.script_root + request.path
    query = request.query_string.decode("latin-1")
    return f"{path}?{query}" if query and request.method in ("GET", "HEAD") else path


def _local(address: str) -> str:
    """The address if it is one of these pages, else the home page: never another site."""
    if address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable():
        return address
    return url_for("home.index")
