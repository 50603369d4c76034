"""Which tokens the two APIs accept, once CATALOG_AUTH is on."""

from flask import Flask, Response, request

from catalog import counters, page_tokens, wire
from catalog.settings import Settings
from serving import guard
from serving.guard import Verifier

CREATED = {f"{wire.PRODUCTS}/": "product", f"{wire.IMPORTS}/": "import"}
"""The beginning of the address of what a request has created, and its name in the audit log."""


def register(app: Flask, settings: Settings) -> None:
    """Checks the requests of an API. Raises SettingError if a file that it needs cannot be used."""
    if settings.auth == "on":
        guard.register(app, settings, _verifiers(settings), _count, _describe)


def _verifiers(settings: Settings) -> list[Verifier]:
    return [verifier for verifier in (page_tokens.verifier(settings),) if verifier]


def _count(reason: str) -> None:
    counters.refusals.labels(reason).inc()


def _describe(response: Response) -> dict[str, int]:
    """The product or import that a request has written, for the audit log."""
    arguments = request.view_args or {}
    named = {name.removesuffix("_id"): value for name, value in arguments.items()}
    location = response.headers.get("Location", "")
    created = {name: location.removeprefix(start) for start, name in CREATED.items() if location.startswith(start)}
    return {**{name: int(number) for name, number in created.items() if number.isdigit()}, **named}
