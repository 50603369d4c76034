"""Checks of a request that HTTP/1.1 requires and gunicorn's parser does not make."""

from typing import Any

from gunicorn.http.errors import InvalidHeader, ParseException, UnsupportedTransferCoding

METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"))
"""Methods of RFC 9110 and RFC 5789. Others never reach the application, whose metrics would keep each one forever."""


class UnknownMethod(ParseException):  # type: ignore[misc]
    """A method that no route supports."""

    def __init__(self, method: str) -> None:
        super().__init__(f"unknown method {method!r}")


def check(request: Any) -> None:
    """Honors `Connection: close`. Raises ParseException for a request that must not be served."""
    if request.method not in METHODS:
        raise UnknownMethod(request.method)
    # RFC 9112, 3.2: without Host, the target of the request is unknown.
    if request.version >= (1, 1) and not any(name == "HOST" for name, _ in request.headers):
        raise InvalidHeader("HOST")
    codings = _items(request, "TRANSFER-ENCODING")
    if codings not in ([], ["chunked"]):
        # A compressed body would be read as if it were plain.
        raise UnsupportedTransferCoding(", ".join(codings))
    if "close" in _items(request, "CONNECTION"):
        request.force_close()


def _items(request: Any, field: str) -> list[str]:
    """The members of a list-valued header field, in lower case."""
    return [item.strip().lower() for name, value in request.headers if name == field for item in value.split(",")]
