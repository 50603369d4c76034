"""The JSON body of a request."""

from typing import TypeVar

from flask import request
from msgspec import Struct
from werkzeug.exceptions import UnsupportedMediaType

from serving import bodies
from serving.answers import FieldError
from serving.problems import invalid, malformed

BYTES_MAX = 256 * 1024

T = TypeVar("T", bound=Struct)


def read(kind: type[T], *media_types: str) -> tuple[bytes, T]:
    """The body as sent and as decoded. Raises a 400, 413, 415 or 422 problem."""
    if request.mimetype not in media_types:
        raise UnsupportedMediaType(f"The body must be {' or '.join(media_types)}.")
    request.max_content_length = BYTES_MAX
    sent = request.get_data(cache=False)
    try:
        return sent, bodies.decode(sent, kind)
    except bodies.Malformed as error:
        raise malformed(f"The body cannot be read: {error}.", FieldError("", str(error), "malformed")) from None
    except bodies.Rejected as error:
        raise invalid(error.errors) from None
