"""Which tokens the two APIs accept, once CATALOG_AUTH is on."""

from flask import Flask, Response, g, request

from catalog import counters, page_tokens, token_verifier, wire
from catalog.settings import Settings
from catalog.token_verifier import NoteUse
from serving import guard
from serving.guard import Verifier

CREATED = {f"{wire.PRODUCTS}/": "product", f"{wire.IMPORTS}/": "import"}
"""The beginning of the address of what a request has created, and its name in the audit log."""


def register(app: Flask, settings: Settings, note_use: NoteUse) -> None:
    """Checks the requests of an API. Raises SettingError if a file that it needs cannot be used.

    `note_use` is told in which hour a token of a program is used.
    """
    if settings.auth != "on":
        return
    verifiers: list[Verifier] = [token_verifier.Verifier(note_use)]
    if pages := page_tokens.verifier(settings):
        verifiers.append(pages)
    if settings.jwt_issuers_file:
        # The library for these tokens takes memory and time at the start.
        from serving import issuers

        others = issuers.Issuers(issuers.read(settings.jwt_issuers_file, "CATALOG_JWT_ISSUERS_FILE"))
        verifiers.append(others)
        app.extensions.setdefault("background", []).append(others)
    guard.register(app, settings, verifiers, _count, _describe)


def _count(reason: str) -> None:
    counters.refusals.labels(reason).inc()


def _describe(response: Response) -> dict[str, int | str]:
    """The product, import or token that a request has written, for the audit log; a view can add to `g.audited`."""
    arguments = request.view_args or {}
    named = {name.removesuffix("_id"): value for name, value in arguments.items()}
    location = response.headers.get("Location", "")
    created = {name: location.removeprefix(start) for start, name in CREATED.items() if location.startswith(start)}
    numbers = {name: int(number) for name, number in created.items() if number.isdigit()}
    return {**named, **numbers, **g.get("audited", {})}
