"""Streams the file of a form while it arrives: it is never held completely in memory or on disk."""

from collections.abc import Iterator

from flask import Request, abort
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData

FIELD = "file"
NAME_MAX = 200
CHUNK = 64 * 1024
FIELDS_MAX = 16 * 1024
PARTS_MAX = 20
# What the decoder may buffer: a chunk, and the header of a part.
KEPT_MAX = 2 * CHUNK


class Upload:
    """A form (RFC 7578), read up to where its file begins; `name` is empty if there is no file.

    `fields` holds the fields before the file, and those after it once the content has been read. Aborts with 400 if the
    body is not such a form or ends too soon, and with 413 for a file of more than `most` bytes.
    """

    def __init__(self, request: Request, most: int) -> None:
        self.fields: dict[str, str] = {}
        self.name = ""
        self._most = most
        self._events = _events(request)
        self._read_fields()

    def content(self) -> Iterator[bytes]:
        """Yields the file, and then reads the fields after it: when this ends, the whole form has been read."""
        size = 0
        for event in self._events:
            if isinstance(event, Data):
                size += len(event.data)
                if size > self._most:
                    raise RequestEntityTooLarge
                yield event.data
                if not event.more_data:
                    break
        self._read_fields()

    def _read_fields(self) -> None:
        name, value, room = "", b"", FIELDS_MAX
        for event in self._events:
            if isinstance(event, File) and event.name == FIELD and event.filename and not self.name:
                self.name = event.filename[-NAME_MAX:]
                return
            if isinstance(event, Field | File):
                name, value = event.name, b""
            elif isinstance(event, Data):
                value += event.data
                room -= len(event.data)
                if room < 0:
                    raise RequestEntityTooLarge
                self.fields[name] = value.decode("utf-8", "replace")


def _events(request: Request) -> Iterator[Event]:
    boundary = request.mimetype_params.get("boundary", "")
    if request.mimetype != "multipart/form-data" or not boundary:
        abort(400)
    decoder = MultipartDecoder(boundary.encode("latin-1", "replace"), max_parts=PARTS_MAX)
    try:
        while not isinstance(event := decoder.next_event(), Epilogue):
            if not isinstance(event, NeedData):
                yield event
            elif len(decoder.buffer) > KEPT_MAX:
                abort(400)
            else:
                decoder.receive_data(request.stream.read(CHUNK) or None)
    except ValueError:
        abort(400)
    except OSError:
        # The caller must not mistake this for a connection error to the service.
        raise ClientDisconnected from None
