"""An import file between its preview and its import: it waits in the preview page, not on a server.

The page carries it compressed in a hidden field and sends it back when the import is confirmed. So any replica can
take the next step, nothing has to be cleaned up, what is imported is exactly what was previewed, and no script is
needed. Both ways the file goes through in pieces; it is never in memory as a whole.
"""

import base64
import binascii
import tempfile
import zlib
from collections.abc import Iterator
from typing import IO

from flask import Request, abort
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData, Preamble

FIELD = "staged"
CHUNK = 48 * 1024
IN_MEMORY = 1024 * 1024
VALUE_MAX = 16 * 1024
GZIP = 31


def pack(file: IO[bytes]) -> Iterator[str]:
    """The file as the text of a hidden field, in pieces."""
    file.seek(0)
    compressor = zlib.compressobj(6, zlib.DEFLATED, GZIP)
    waiting = b""
    while chunk := file.read(CHUNK):
        waiting += compressor.compress(chunk)
        whole = len(waiting) // 3 * 3
        yield base64.b64encode(waiting[:whole]).decode("ascii")
        waiting = waiting[whole:]
    yield base64.b64encode(waiting + compressor.flush()).decode("ascii")


class _Unpacker:
    """Turns the pieces of the field back into the file. Aborts when they are no such pieces, or too many."""

    def __init__(self, file: IO[bytes], most: int) -> None:
        self._file = file
        self._left = most
        self._decompressor = zlib.decompressobj(GZIP)
        self._waiting = b""

    def take(self, piece: bytes) -> None:
        text = self._waiting + piece
        whole = len(text) // 4 * 4
        self._waiting = text[whole:]
        try:
            packed = base64.b64decode(text[:whole], validate=True)
            while packed:
                if self._decompressor.eof:
                    # zlib would keep what follows, and copy all of it at each further piece.
                    abort(400)
                unpacked = self._decompressor.decompress(packed, CHUNK)
                self._left -= len(unpacked)
                if self._left < 0:
                    raise RequestEntityTooLarge
                self._file.write(unpacked)
                packed = self._decompressor.unconsumed_tail or self._decompressor.unused_data
        except (binascii.Error, zlib.error):
            abort(400)

    def finish(self) -> None:
        if self._waiting or not self._decompressor.eof:
            abort(400)


def receive(request: Request, most: int) -> tuple[dict[str, str], IO[bytes]]:
    """The fields of a form with a staged file, and the file, of at most so many bytes. Aborts with 400 or 413."""
    boundary = request.mimetype_params.get("boundary", "")
    if request.mimetype != "multipart/form-data" or not boundary:
        abort(400)
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 – the caller closes it
    unpacker = _Unpacker(file, most)
    values: dict[str, bytes] = {}
    try:
        for name, piece in _pieces(request, boundary.encode("latin-1", "replace")):
            if name == FIELD:
                unpacker.take(piece)
            else:
                values[name] = values.get(name, b"") + piece
                if sum(map(len, values.values())) > VALUE_MAX:
                    raise RequestEntityTooLarge
        unpacker.finish()
    except BaseException:
        file.close()
        raise
    return {name: value.decode("utf-8", "replace") for name, value in values.items()}, file


def _pieces(request: Request, boundary: bytes) -> Iterator[tuple[str, bytes]]:
    """Name and content of each field, piece by piece."""
    decoder = MultipartDecoder(boundary, max_parts=20)
    name = ""
    try:
        while True:
            event = decoder.next_event()
            if isinstance(event, NeedData):
                decoder.receive_data(request.stream.read(CHUNK) or None)
            elif isinstance(event, Field | File):
                name = event.name
            elif isinstance(event, Data):
                yield name, event.data
            elif isinstance(event, Epilogue):
                return
            elif not isinstance(event, Preamble):
                abort(400)
    except ValueError:
        abort(400)
