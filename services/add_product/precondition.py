"""The condition of a change: the If-Match header (RFC 9110, 13.1.1)."""

import re
from collections.abc import Callable
from http import HTTPStatus

from catalog import wire
from catalog.problems import ProblemError, malformed
from catalog.wire import FieldError

HEADER = "If-Match"
# RFC 9110, 8.8.3 and 5.6.1.
_TAG = r'(?:W/)?"[!#-~\x80-\xff]*"'
PATTERN = rf"^(?:\*|[ \t,]*{_TAG}(?:[ \t]*,[ \t,]*{_TAG})*[ \t,]*)$"

Precondition = Callable[[wire.Product], None]

_FIELD = re.compile(PATTERN)
_TAGS = re.compile(_TAG)


def read(field: str | None) -> Precondition:
    """What raises a 412 problem for a product that the header does not name.

    Raises a 428 problem when there is no header (RFC 6585), 400 when it is none that RFC 9110 knows.
    """
    if field is None:
        detail = "Send If-Match with the product's ETag, so that nobody's change is overwritten unseen."
        raise ProblemError(HTTPStatus.PRECONDITION_REQUIRED, detail)
    if not _FIELD.fullmatch(field):
        detail = 'must be the product\'s ETag in its quotation marks, such as "7-1", several with commas between, or *'
        raise malformed(f"{HEADER} {detail}.", FieldError(HEADER, detail, "parameter"))
    if field == "*":
        return _any_version
    tags = _TAGS.findall(field)

    def check(product: wire.Product) -> None:
        tag = f'"{product.etag}"'
        if tag in tags:
            return
        detail = "The product has changed since; read it again."
        if f"W/{tag}" in tags:
            detail = f"{HEADER} takes no weak tag (RFC 9110, 13.1.1): send {tag}, without W/ as a proxy adds it."
        raise ProblemError(HTTPStatus.PRECONDITION_FAILED, detail)

    return check


def _any_version(_product: wire.Product) -> None:
    return
