"""Preconditions of a change: the header If-Match, and If-None-Match if it is sent too (RFC 9110, 13.1)."""

import re
from collections.abc import Callable
from http import HTTPStatus

from werkzeug.datastructures import Headers

from catalog import wire
from serving.answers import FieldError
from serving.problems import ProblemError, malformed

HEADER = "If-Match"
EXCEPT = "If-None-Match"
# RFC 9110, 8.8.3 and 5.6.1.
_TAG = r'(?:W/)?"[!#-~\x80-\xff]*"'
PATTERN = rf"^(?:\*|[ \t,]*{_TAG}(?:[ \t]*,[ \t,]*{_TAG})*[ \t,]*)$"

Precondition = Callable[[wire.Product], None]

_FIELD = re.compile(PATTERN)
_TAGS = re.compile(_TAG)


def read(headers: Headers) -> Precondition:
    """A check that raises a 412 problem for a product that If-Match does not name, or If-None-Match names.

    Raises a 428 problem if there is no If-Match (RFC 6585), 400 if either header is malformed under RFC 9110.
    """
    match, other = headers.get(HEADER), headers.get(EXCEPT)
    if match is None:
        detail = "Send If-Match with the product's ETag, so that no one else's change is overwritten unseen."
        raise ProblemError(HTTPStatus.PRECONDITION_REQUIRED, detail)
    checks = [_named(match)] if other is None else [_named(match), _not_named(other)]

    def check(product: wire.Product) -> None:
        for condition in checks:
            condition(product)

    return check


def _refuse_malformed(header: str, field: str) -> None:
    if not _FIELD.fullmatch(field):
        detail = 'must be the product\'s ETag in its quotation marks, such as "7-1", several with commas between, or *'
        raise malformed(f"{header} {detail}.", FieldError(header, detail, "parameter"))


def _not_named(field: str) -> Precondition:
    _refuse_malformed(EXCEPT, field)
    # If-None-Match uses the weak comparison (RFC 9110, 13.1.2).
    tags = [tag.removeprefix("W/") for tag in _TAGS.findall(field)]

    def check(product: wire.Product) -> None:
        if field == "*" or f'"{product.etag}"' in tags:
            raise ProblemError(HTTPStatus.PRECONDITION_FAILED, f"{EXCEPT} names the product's current version.")

    return check


def _named(field: str) -> Precondition:
    _refuse_malformed(HEADER, field)
    if field == "*":
        return _any_version
    tags = _TAGS.findall(field)

    def check(product: wire.Product) -> None:
        tag = f'"{product.etag}"'
        if tag in tags:
            return
        detail = "The product has changed in the meantime; read it again."
        if f"W/{tag}" in tags:
            detail = f"{HEADER} accepts no weak tag (RFC 9110, 13.1.1): send {tag}, without the W/ that a proxy adds."
        raise ProblemError(HTTPStatus.PRECONDITION_FAILED, detail)

    return check


def _any_version(_product: wire.Product) -> None:
    return
