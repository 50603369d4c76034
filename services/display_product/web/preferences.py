"""A person's preferences for all pages: colours, language, cards or table. Each has its own cookie.

On a page with a form, the switch submits that form to an address that only shows the same page again, so that the
input is kept.
"""

from http import HTTPStatus
from urllib.parse import quote, unquote, urlsplit

import flask_babel
from flask import Blueprint, Flask, Response, abort, current_app, g, redirect, request, url_for
from flask import after_this_request as after

from display_product.web import decisions
from display_product.web.languages import COOKIE as LANGUAGE
from display_product.web.languages import LANGUAGES
from display_product.web.sessions import csrf, set_cookie

CHOICES: dict[str, tuple[str, ...]] = {
    "theme": ("auto", "light", "dark"),
    "layout": ("cards", "table"),
    LANGUAGE: tuple(LANGUAGES),
}
A_YEAR = 365 * 24 * 3600
# Longer than any address of the list.
ADDRESS_MAX = 6000

preferences = Blueprint("preferences", __name__)


def register(app: Flask) -> None:
    """Gives templates `theme`, `layout` and `here`, the address to return to from a switch on a page without a form."""
    app.register_blueprint(preferences)

    @app.context_processor
    def chosen() -> dict[str, str]:
        return {"theme": current("theme"), "layout": current("layout"), "here": here()}


def current(name: str) -> str:
    """The choice for this request; the first option if there is no valid choice."""
    value = g.get(name) or request.cookies.get(name, "")
    return value if value in CHOICES[name] else CHOICES[name][0]


def switched() -> bool:
    """Applies the choice of a switch; returns whether a switch submitted the form, so that nothing must be saved."""
    choices = {name: value for name, value in request.form.items() if name in CHOICES}
    for name, value in choices.items():
        if value not in CHOICES[name]:
            abort(HTTPStatus.BAD_REQUEST)
        setattr(g, name, value)
    flask_babel.refresh()

    @after
    def remember(response: Response) -> Response:
        for name, value in choices.items():
            set_cookie(response, name, value, A_YEAR)
        return response

    return bool(choices)


# No CSRF token, so that pages without a form need no session: a forged choice only costs the person a click to undo,
# and forging it does not even take SameSite cookies.
@preferences.post("/preferences")
@decisions.open_to_all
@csrf.exempt
def choose() -> Response:
    """Stores a choice, and redirects to the page where it was made."""
    if request.form.keys() - CHOICES.keys() - {"next"}:
        abort(HTTPStatus.BAD_REQUEST)
    switched()
    return redirect(local(request.form.get("next", "")), HTTPStatus.SEE_OTHER)  # type: ignore[return-value]


def here() -> str:
    """The address of this page; that of the home page if this page is only reached by a form."""
    is_read = request.method in ("GET", "HEAD")
    if not is_read and not current_app.create_url_adapter(request).test(method="GET"):  # type: ignore[union-attr]
        return url_for("home.index")
    path = quote(request.script_root + request.path)
    query = request.query_string.decode("latin-1")
    return f"{path}?{query}" if query and is_read else path


def local(address: str) -> str:
    """The address if it is on these pages, or else the home page: never another site or a neighbour's path."""
    is_plain = len(address) <= ADDRESS_MAX and address.isprintable() and "\\" not in address
    if is_plain and address.startswith("/") and not address.startswith("//"):
        path = unquote(urlsplit(address).path)
        # A browser removes such segments together with the ones before them.
        if path.startswith(request.script_root + "/") and not {".", ".."} & set(path.split("/")):
            return address
    return url_for("home.index")
