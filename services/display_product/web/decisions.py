"""What each page asks of whoever opens it, and what happens if that is not given.

A view says it by a decorator, and a view that says nothing can only be used by editors. With authentication off,
nothing is asked.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from flask import Flask, current_app, request
from werkzeug.wrappers import Response

from catalog.settings import Settings
from serving import access

View = TypeVar("View", bound=Callable[..., Any])
Refusal = Callable[..., Response]

HEALTH = ("livez", "readyz")


class SignInNeeded(Exception):
    """Nobody is signed in, and the page asks for it."""


class NotAllowed(Exception):
    """The role of whoever is signed in does not suffice."""


def _decide(decision: access.Access, view: View) -> View:
    view.decision = decision  # type: ignore[attr-defined]
    return view


open_to_all = partial(_decide, "open")
"""Decorates a view that everybody may use."""
reader = partial(_decide, "reader")
"""Decorates a view for whoever may read; that is everybody while anonymous reading is on."""
member = partial(_decide, "member")
"""Decorates a view for whoever is signed in and may read, even while anonymous reading is on."""
editor = partial(_decide, "editor")
"""Decorates a view for editors."""


def keeping(refusal: Refusal) -> Callable[[View], View]:
    """Decorates a view whose form keeps what was typed: `refusal` answers instead of the sign-in page."""

    def decorate(view: View) -> View:
        view.refusal = refusal  # type: ignore[attr-defined]
        return view

    return decorate


def register(app: Flask, settings: Settings) -> None:
    """Checks the decision before each request, and gives templates `may_write`, `is_member` and `principal`."""
    is_on = settings.auth == "on"

    @app.context_processor
    def who() -> dict[str, Any]:
        principal = access.current()
        return {
            "signing_in": is_on,
            "principal": principal,
            "may_write": not is_on or principal.role == "editor",
            "is_member": not is_on or principal.role != "",
        }

    if is_on:
        app.before_request(partial(_check, settings.anonymous_read))


def of(app: Flask, endpoint: str) -> access.Access | None:
    """The decision of an endpoint's view; None if it has none."""
    found: access.Access | None = getattr(app.view_functions[endpoint], "decision", None)
    return "open" if endpoint in HEALTH else found


def _check(anonymous_read: bool) -> Response | None:
    if request.endpoint is None:
        return None
    decision = of(current_app, request.endpoint) or "editor"
    principal = access.current()
    is_free = decision == "open" or (decision == "reader" and anonymous_read)
    if is_free or access.RANKS[principal.role] >= access.RANKS[access.NEEDED[decision]]:
        return None
    if principal.role:
        raise NotAllowed
    view = current_app.view_functions[request.endpoint]
    if request.method == "POST" and (refusal := getattr(view, "refusal", None)):
        kept: Response = refusal(**(request.view_args or {}))
        return kept
    raise SignInNeeded
