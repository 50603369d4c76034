"""In which encoding an import file is: told by its bytes, never a silent guess."""

import codecs
import re
from collections.abc import Iterator
from typing import IO

from charset_normalizer import from_bytes

from catalog.text import Invalid

CHUNK = 64 * 1024
SAMPLE = 256 * 1024

# What a caller may name in the content type, and Python's codec for it.
NAMED = {
    "utf-8": "utf-8-sig",
    "us-ascii": "ascii",
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "windows-1252": "cp1252",
    "iso-8859-1": "latin-1",
    "iso-8859-15": "iso8859-15",
    "windows-1250": "cp1250",
    "windows-1251": "cp1251",
    "shift_jis": "cp932",
    "gb18030": "gb18030",
}
_LABELS = {codec: label.upper() if label.startswith("utf") else label for label, codec in NAMED.items()}

_MULTIBYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_HIGH = re.compile(rb"[\x80-\xff]")
# With fewer bytes beyond ASCII than this, statistics say nothing about a file's encoding.
_EVIDENCE = 32


class Unreadable(Invalid):
    """A file that is no text, or not in the encoding that it seems to be in."""


def label(codec: str) -> str:
    """The name of a codec for people."""
    return _LABELS.get(codec, codec)


def detect(file: IO[bytes]) -> str:
    """The codec of the whole file, which is read to its end. Raises Unreadable.

    A byte order mark decides; without one, the file is UTF-8 when all of it is, else Windows-1252 when nothing
    speaks against that.
    """
    file.seek(0)
    head = file.read(4096)
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise Unreadable("workbook", "The file is a workbook, not text; save it as CSV (“CSV UTF-8” in Excel).")
    for mark, codec in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if head.startswith(mark):
            return _verified(file, codec)
    if b"\x00" in head:
        return _verified(file, _unmarked_utf16(head))
    broken_line = _broken_line(file, "utf-8")
    if broken_line is None:
        return "utf-8-sig"
    _refuse_other_than_windows_1252(file, broken_line)
    return _verified(file, "cp1252")


def verify(file: IO[bytes], charset: str) -> str:
    """The codec for a charset that the caller has named, once all of the file is in it. Raises Unreadable."""
    codec = NAMED.get(charset.lower())
    if codec is None:
        raise Unreadable("charset", f"The charset {charset} is not known here; there are: {', '.join(NAMED)}.")
    return _verified(file, codec)


def _unmarked_utf16(head: bytes) -> str:
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if min(even, odd) == 0 and max(even, odd) > len(head) // 8:
        return "utf-16-le" if odd else "utf-16-be"
    raise Unreadable("binary", "The file is binary, not text; send CSV or NDJSON.")


def _verified(file: IO[bytes], codec: str) -> str:
    line = _broken_line(file, codec)
    if line is not None:
        detail = f"Line {line} is not {label(codec)}, in which the file seems to be; save it as UTF-8."
        raise Unreadable("damaged", detail, line=line, encoding=label(codec))
    return codec


def _broken_line(file: IO[bytes], codec: str) -> int | None:
    """The first line that cannot be decoded."""
    decoder = codecs.getincrementaldecoder(codec)()
    line = 1
    for chunk in _chunks(file):
        try:
            line += decoder.decode(chunk).count("\n")
        except UnicodeDecodeError as error:
            # Bytes kept from the chunk before stand in error.object too; the byte order is known by now.
            decoder.setstate((b"", decoder.getstate()[1]))
            return line + decoder.decode(error.object[: error.start]).count("\n")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return line
    return None


def _refuse_other_than_windows_1252(file: IO[bytes], broken_line: int) -> None:
    file.seek(0)
    sample = file.read(SAMPLE)
    high, multibyte = len(_HIGH.findall(sample)), _MULTIBYTE.findall(sample)
    if sum(map(len, multibyte)) * 2 > high and len(multibyte) > 1:
        detail = f"The file is in UTF-8, but line {broken_line} is damaged; save it anew."
        raise Unreadable("damaged", detail, line=broken_line, encoding="UTF-8")
    if high < _EVIDENCE:
        return
    guesses = from_bytes(sample)
    best = guesses.best()
    if best and not any("cp1252" in guess.could_be_from_charset for guess in guesses):
        raise Unreadable(
            "encoding",
            f"Line {broken_line} is not UTF-8, and the file seems to be in {best.encoding}, not in windows-1252; "
            "save it as UTF-8, or name its charset in the content type.",
            line=broken_line,
            encoding=best.encoding,
        )


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(CHUNK):
        yield chunk
