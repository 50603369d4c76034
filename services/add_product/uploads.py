"""Stores uploaded files in the database in pieces, so that any process that takes an import can read its file."""

import contextlib
import hashlib
import io
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import IO, Any

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import RequestEntityTooLarge

from catalog import database
from catalog.models import ImportPiece
from serving import deadline

PIECE = 1024 * 1024
CHUNK = 64 * 1024


@dataclass(frozen=True)
class Upload:
    """A file that was received completely: its ID, its size in bytes and its SHA-256 in hexadecimal digits."""

    id: str
    size: int
    digest: str


class Gone(Exception):
    """The file no longer exists."""


def receive(stream: IO[bytes], most: int) -> Upload:
    """Stores a stream piece by piece, each in its own transaction. An incomplete file leaves no pieces behind.

    Raises RequestEntityTooLarge beyond `most` bytes.
    """
    upload = uuid.uuid4().hex
    try:
        return _read(stream, most, upload, partial(_store, upload))
    except BaseException:
        # Pieces that cannot be removed now are swept when they are a day old.
        with contextlib.suppress(DBAPIError, deadline.Exceeded):
            remove(upload)
        raise


def measure(stream: IO[bytes], most: int) -> Upload:
    """Reads a stream without storing it. Raises RequestEntityTooLarge beyond `most` bytes."""
    return _read(stream, most, "", lambda _number, _piece: None)


def remove(upload: str) -> None:
    """Deletes the pieces of a file one by one, so that no transaction is large."""
    with database.reading() as connection:
        numbers = connection.scalars(select(ImportPiece.number).where(ImportPiece.upload == upload)).all()
    for number in numbers:
        database.transaction(partial(_remove, upload, number))


def open_file(upload: str, size: int, beat: Callable[[], None]) -> io.BufferedReader:
    """Opens a stored file, which is seekable; `beat` is called for each megabyte. Reading raises Gone."""
    return io.BufferedReader(_Pieces(upload, size, beat), CHUNK)


def _read(stream: IO[bytes], most: int, upload: str, keep: Callable[[int, bytes], None]) -> Upload:
    size, digest = 0, hashlib.sha256()
    for number, piece in enumerate(_pieces(stream, most)):
        size += len(piece)
        digest.update(piece)
        # Until here the time was spent waiting for the client, not for the database.
        deadline.renew()
        keep(number, piece)
    return Upload(upload, size, digest.hexdigest())


def _remove(upload: str, number: int, connection: Connection) -> None:
    connection.execute(delete(ImportPiece).where(ImportPiece.upload == upload, ImportPiece.number == number))


def _store(upload: str, number: int, piece: bytes) -> None:
    row = {"upload": upload, "number": number, "content": piece, "created_at": datetime.now(UTC)}
    database.transaction(lambda connection: connection.execute(insert(ImportPiece).values(row)))


def _pieces(stream: IO[bytes], most: int) -> Iterator[bytes]:
    """Yields pieces of a megabyte; the last one may be shorter."""
    size, piece = 0, bytearray()
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        if size > most:
            raise RequestEntityTooLarge
        piece += chunk
        while len(piece) >= PIECE:
            yield bytes(piece[:PIECE])
            del piece[:PIECE]
    if piece:
        yield bytes(piece)


class _Pieces(io.RawIOBase):
    """A stored file of which one piece is in memory at a time."""

    def __init__(self, upload: str, size: int, beat: Callable[[], None]) -> None:
        super().__init__()
        self._upload = upload
        self._size = size
        self._beat = beat
        self._at = 0
        self._number = -1
        self._content = b""

    def readable(self) -> bool:
        """See io.IOBase."""
        return True

    def seekable(self) -> bool:
        """See io.IOBase."""
        return True

    def tell(self) -> int:
        """See io.IOBase."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """See io.IOBase."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        """See io.RawIOBase."""
        if self._at >= self._size:
            return 0
        number, start = divmod(self._at, PIECE)
        if number != self._number:
            self._content, self._number = self._fetch(number), number
        piece = self._content[start : start + len(buffer)]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def _fetch(self, number: int) -> bytes:
        self._beat()
        statement = select(ImportPiece.content).where(ImportPiece.upload == self._upload, ImportPiece.number == number)
        with database.reading() as connection:
            content = connection.scalar(statement)
        if content is None:
            raise Gone
        return content
