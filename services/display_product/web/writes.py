"""Read-your-writes: people see their own changes at once, although lists are cached for a second or so.

After a write, a person's requests bypass all caches for a while. A cookie marks this, and the browser counts its
lifetime: the replicas of the pages need no common clock, and share no state.
"""

from flask import Flask, Response, g, request

from display_product.web.cache import ANSWER_SECONDS, LASTS_MAX
from display_product.web.sessions import set_cookie

COOKIE = "catalog_wrote"
SECONDS = LASTS_MAX + ANSWER_SECONDS + 2
"""Longer than any older response can stay cached, even one that was in flight for the whole time of a page."""


def register(app: Flask) -> None:
    """Sets the cookie on the response to a write."""

    @app.after_request
    def remember(response: Response) -> Response:
        if "wrote" in g:
            set_cookie(response, COOKIE, "1", SECONDS)
        return response


def note() -> None:
    """Notes that the person, or one of their imports, may have written something."""
    g.wrote = True


def just_now() -> bool:
    """Whether the person wrote so recently that caches may be stale, or has forced a reload in the browser."""
    return "wrote" in g or COOKIE in request.cookies or bool(request.cache_control.no_cache)
