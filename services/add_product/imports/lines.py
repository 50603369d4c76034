"""NDJSON files as lines of JSON, each with its place in the file."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

LINE_MAX = 256 * 1024


@dataclass(frozen=True)
class Line:
    """One line; `text` is None when it is too long to be read."""

    number: int
    text: bytes | None


def read(file: IO[bytes]) -> Iterator[Line]:
    """All lines that are not blank."""
    file.seek(0)
    number = 0
    while text := file.readline(LINE_MAX):
        number += 1
        if number == 1:
            text = text.removeprefix(codecs.BOM_UTF8)
        if len(text) == LINE_MAX and not text.endswith(b"\n"):
            while (rest := file.readline(LINE_MAX)) and not rest.endswith(b"\n"):
                pass
            yield Line(number, None)
        elif text.strip():
            yield Line(number, text)
