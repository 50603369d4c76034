"""Chunked bodies (RFC 9112, 7.1) as they must be: what is read in another way elsewhere can hide a second request."""

import io
import re
from typing import Any

from gunicorn.http.body import Body, ChunkedReader
from gunicorn.http.errors import InvalidChunkSize, ParseException

HEAD_MAX = 4 * 1024
"""Bytes of a chunk's size and extensions, or of the trailers."""

_HEAD = re.compile(rb"([0-9a-f]{1,16})[ \t]*(?:;[^\x00-\x08\x0a-\x1f\x7f]*)?", re.IGNORECASE)
_LINE = re.compile(_HEAD.pattern + rb"\r\n", re.IGNORECASE)


class InvalidTrailers(OSError):
    """What stands behind the last chunk is no list of fields."""


class StrictChunks(ChunkedReader):  # type: ignore[misc]
    """gunicorn's reader, but within bounds, and without line ends that are none.

    Reading raises OSError for each fault, as for a body that ends too soon.
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
        """Reads what stands behind the last chunk. Raises InvalidTrailers."""
        try:
            return super().parse_trailers(unreader, data)
        except ParseException as error:
            raise InvalidTrailers(str(error)) from None

    def get_data(self, unreader: Any, buf: Any) -> None:
        """Reads more of a chunk's head, or of the trailers. Raises InvalidChunkSize when that cannot become one."""
        head = buf.getvalue()
        if len(head) > HEAD_MAX or b"\n" in head.replace(b"\r\n", b""):
            raise InvalidChunkSize(head[:20])
        super().get_data(unreader, buf)


def read_strictly(request: Any, unreader: Any) -> None:
    """Puts the strict reader in the place of gunicorn's, for a request that has just been parsed."""
    if isinstance(request.body.reader, ChunkedReader):
        request.body = Body(StrictChunks(request, unreader))


def ended(buffer: bytearray, at: int) -> bool:
    """Whether the last chunk and the end of the trailers are there, of a body that begins at this place."""
    while found := _LINE.match(buffer, at):
        size = int(found.group(1), 16)
        if size == 0:
            return buffer.startswith(b"\r\n", found.end()) or buffer.find(b"\r\n\r\n", found.end()) >= 0
        at = found.end() + size + 2
    return False
