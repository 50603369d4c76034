"""Strict parsing of chunked bodies (RFC 9112, 7.1).

A body that another HTTP parser reads differently can smuggle a second request.
"""

import io
import re
from typing import Any

from gunicorn.http.body import Body, ChunkedReader
from gunicorn.http.errors import InvalidChunkSize, ParseException

HEAD_MAX = 4 * 1024
"""Maximum bytes of a chunk's size and extensions, or of the trailers."""

_HEAD = re.compile(rb"([0-9a-f]{1,16})[ \t]*(?:;[^\x00-\x08\x0a-\x1f\x7f]*)?", re.IGNORECASE)
_LINE = re.compile(_HEAD.pattern + rb"\r\n", re.IGNORECASE)


class InvalidTrailers(OSError):
    """The data after the last chunk is not a list of header fields."""


class StrictChunks(ChunkedReader):  # type: ignore[misc]
    """gunicorn's reader with size limits, and with CRLF as the only line ending.

    Reading raises OSError for each error, as for a body that ends too soon.
    """

    def parse_chunk_size(self, unreader: Any, data: bytes | None = None) -> Any:
        """Reads the head of a chunk. Raises InvalidChunkSize."""
        buffer = io.BytesIO(data or b"")
        buffer.seek(0, io.SEEK_END)
        while (end := buffer.getvalue().find(b"\r\n")) < 0:
            self.get_data(unreader, buffer)
        head = buffer.getvalue()[:end]
        if end > HEAD_MAX or not _HEAD.fullmatch(head):
            raise InvalidChunkSize(head[:20])
        return super().parse_chunk_size(unreader, buffer.getvalue())

    def parse_trailers(self, unreader: Any, data: bytes) -> Any:
        """Reads the trailers after the last chunk. Raises InvalidTrailers."""
        try:
            return super().parse_trailers(unreader, data)
        except ParseException as error:
            raise InvalidTrailers(str(error)) from None

    def get_data(self, unreader: Any, buf: Any) -> None:
        """Reads more of a chunk's head, or of the trailers. Raises InvalidChunkSize if they cannot become valid."""
        head = buf.getvalue()
        if len(head) > HEAD_MAX or b"\n" in head.replace(b"\r\n", b""):
            raise InvalidChunkSize(head[:20])
        super().get_data(unreader, buf)


def read_strictly(request: Any, unreader: Any) -> None:
    """Replaces gunicorn's reader with the strict one, in a request that has just been parsed."""
    if isinstance(request.body.reader, ChunkedReader):
        request.body = Body(StrictChunks(request, unreader))


def ended(buffer: bytearray, at: int) -> bool:
    """Whether the body that begins at this offset has arrived as far as the end of its trailers."""
    while head := _LINE.match(buffer, at):
        size = int(head.group(1), 16)
        if size == 0:
            return buffer.startswith(b"\r\n", head.end()) or buffer.find(b"\r\n\r\n", head.end()) >= 0
        at = head.end() + size + 2
    return False
