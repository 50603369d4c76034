"""Limits the number of lines of import files, and reads NDJSON files line by line with line numbers."""

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

from serving.bodies import Invalid

CHUNK = 64 * 1024
# A worksheet has a million rows, and each description may have several lines.
LINES_MAX = 5_000_000
LINE_MAX = 256 * 1024


class Unusable(Invalid):
    """A text file that is not a list of products."""


@dataclass(frozen=True)
class Line:
    """One line; `text` is None if the line is too long."""

    number: int
    text: bytes | None


def refuse_endless(file: IO[bytes], codec: str = "utf-8") -> None:
    """Raises Unusable if the file has so many lines that it would take far longer than its size suggests."""
    file.seek(0)
    decoder = _decoder(codec)
    feeds = returns = 0
    while chunk := file.read(CHUNK):
        text = decoder(chunk)
        feeds += text.count(b"\n")
        returns += text.count(b"\r")
        if max(feeds, returns) > LINES_MAX:
            detail = f"The file has more than {LINES_MAX} lines; split it."
            raise Unusable("too_many_lines", detail, limit=LINES_MAX)


def _decoder(codec: str) -> Callable[[bytes], bytes]:
    """A function to bytes in which each line end is a single byte that is never part of another character."""
    if not codec.startswith("utf-16"):
        return bytes
    decode = codecs.getincrementaldecoder(codec)("replace").decode
    return lambda chunk: decode(chunk).encode("ascii", "replace")


def read(file: IO[bytes]) -> Iterator[Line]:
    """Yields all lines that are not blank. Raises Unusable."""
    refuse_endless(file)
    file.seek(0)
    number, begun = 0, False
    while text := file.readline(LINE_MAX):
        number += 1
        if number == 1:
            text = text.removeprefix(codecs.BOM_UTF8)
        if len(text) == LINE_MAX and not text.endswith(b"\n"):
            while (rest := file.readline(LINE_MAX)) and not rest.endswith(b"\n"):
                pass
            yield Line(number, None)
        elif text.strip():
            if not begun and (text.lstrip().startswith(b"[") or text.strip() == b"{"):
                raise Unusable(
                    "json",
                    "The file is a single JSON document. Send NDJSON: one product on each line, such as "
                    '{"sku": "MUG-12", "name": "Stoneware mug", "price": "12.50"}.',
                )
            begun = True
            yield Line(number, text)
