"""Who has just written sees it at once, although lists are kept for a second or so.

What they ask for goes round all caches for a while. A cookie remembers it, whose life the browser counts: the replicas
of the pages need no common clock, and share nothing.
"""

from flask import Flask, Response, current_app, g, request

from catalog.settings import Settings
from display_product.web.cache import ANSWER_SECONDS, LASTS_MAX
from display_product.web.sessions import cookie_path, is_secure

COOKIE = "catalog_wrote"
SECONDS = LASTS_MAX + ANSWER_SECONDS + 2
"""For how long: more than an answer from before can be kept, which may have been on its way for as long as a page."""


def register(app: Flask) -> None:
    """Gives the cookie to whoever has written."""

    @app.after_request
    def remember(response: Response) -> Response:
        if "wrote" in g:
            settings: Settings = current_app.extensions["settings"]
            response.set_cookie(
                COOKIE,
                "1",
                max_age=SECONDS,
                path=cookie_path(settings),
                secure=is_secure(settings),
                httponly=True,
                samesite="Lax",
            )
        return response


def note() -> None:
    """Says that the person may have written something, or that an import of theirs has."""
    g.wrote = True


def just_now() -> bool:
    """Whether the person has written so lately that caches may not know it, or makes the browser load all anew."""
    return "wrote" in g or COOKIE in request.cookies or bool(request.cache_control.no_cache)
