"""What gunicorn's parser lets pass and a server of HTTP/1.1 must not, or must know."""

from typing import Any

from gunicorn.http.errors import InvalidHeader, ParseException, UnsupportedTransferCoding

METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"))
"""Of RFC 9110 and RFC 5789. Others never reach the application, whose metrics would keep each for ever."""


class UnknownMethod(ParseException):  # type: ignore[misc]
    """A method that no address has."""

    def __init__(self, method: str) -> None:
        super().__init__(f"unknown method {method!r}")


def check(request: Any) -> None:
    """Notes what the client says of the connection. Raises ParseException for a request that is not to be served."""
    if request.method not in METHODS:
        raise UnknownMethod(request.method)
    # RFC 9112, 3.2: without it, nobody knows what the client asked for.
    if request.version >= (1, 1) and not any(name == "HOST" for name, _ in request.headers):
        raise InvalidHeader("HOST")
    codings = _items(request, "TRANSFER-ENCODING")
    if codings not in ([], ["chunked"]):
        # What is compressed would be read as if it were the text itself.
        raise UnsupportedTransferCoding(", ".join(codings))
    if "close" in _items(request, "CONNECTION"):
        request.force_close()


def _items(request: Any, field: str) -> list[str]:
    """The members of a list field, in small letters."""
    return [item.strip().lower() for name, value in request.headers if name == field for item in value.split(",")]
