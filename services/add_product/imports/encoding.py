"""Detects the encoding of an import file from its bytes, and never guesses silently."""

import codecs
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import IO

from add_product.imports import letters
from catalog import charsets
from serving.bodies import Invalid

CHUNK = 64 * 1024
# For each non-ASCII byte value: how many words are examined, and how many occurrences are looked at. For each word: how
# many bytes are kept at most, and how many bytes back its beginning is searched.
WORDS_PER_BYTE = 6
OCCURRENCES_PER_BYTE = 60
WORD_MAX = 96
FAR = 400
# By how much (natural logarithm) Windows-1252 must be likelier than any encoding that gives a different text.
MARGIN = 6.0
CANDIDATES = 5

_LINE_END = re.compile("\r\n|\r|\n")
# None of the supported encodings uses these bytes inside a multi-byte character.
_BOUNDARY = re.compile(rb"[\x00-\x2f]")
_BOUNDARIES_AS_ZERO = bytes(0x30) + bytes(range(0x30, 0x100))
_HIGH = bytes(range(0x80, 0x100))
_ASSUMED = "cp1252"


class Unreadable(Invalid):
    """A file that is not text, or not valid in the encoding that it appears to use."""


def label(codec: str) -> str:
    """The display name of a codec."""
    name = charsets.name(codec)
    return name.upper() if name.startswith("utf") else name


def detect(file: IO[bytes]) -> str:
    """Reads the whole file and returns its codec. Raises Unreadable.

    A byte order mark decides. Without one, the file is UTF-8 if all of it is valid UTF-8. Any other file is taken as
    Windows-1252 only if no symbol occurs where none can, and no other encoding gives a nearly as likely text.
    Otherwise the client has to name the encoding.
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
    line = _broken_line(file, "utf-8")
    if line is None:
        return "utf-8-sig"
    _refuse_damaged_utf8(file, line)
    _refuse_unless_certain(file, line)
    return _verified(file, _ASSUMED)


def verify(file: IO[bytes], charset: str) -> str:
    """The codec of a charset named by the client, if the whole file is valid in it. Raises Unreadable."""
    return _verified(file, charsets.CODECS[known(charset)])


def known(charset: str) -> str:
    """The key in charsets.CODECS of a charset named by the client. Raises Unreadable for an unknown one."""
    name = charsets.known(charset)
    if name is None:
        names = ", ".join(charsets.CODECS)
        raise Unreadable("charset", f"The charset {charset[:40]} is not known here; there are: {names}.")
    return name


def _unmarked_utf16(head: bytes) -> str:
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if min(even, odd) == 0 and max(even, odd) > len(head) // 8:
        return "utf-16-le" if odd else "utf-16-be"
    raise Unreadable("binary", "The file is binary, not text; send CSV or NDJSON.")


def _verified(file: IO[bytes], codec: str) -> str:
    line = _broken_line(file, codec)
    if line is not None:
        detail = f"Line {line} is not {label(codec)}, which the file appears to use; save it as UTF-8."
        raise Unreadable("damaged", detail, line=line, encoding=label(codec))
    return codec


def _broken_line(file: IO[bytes], codec: str) -> int | None:
    """The number of the first line that cannot be decoded."""
    decoder = codecs.getincrementaldecoder(codec)()
    lines = _Lines()
    for chunk in _chunks(file):
        try:
            lines.add(decoder.decode(chunk))
        except UnicodeDecodeError as error:
            # error.object includes the bytes kept from the previous chunk; the byte order is known by now.
            decoder.setstate((b"", decoder.getstate()[1]))
            lines.add(decoder.decode(error.object[: error.start]))
            return lines.number
        except UnicodeError:  # UTF-16 of unknown byte order.
            return lines.number
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return lines.number
    return None


class _Lines:
    """Counts the lines of a text that arrives in chunks."""

    def __init__(self) -> None:
        self.number = 1
        self._ends_in_return = False

    def add(self, text: str) -> None:
        if text:
            # A CRLF that was split across two chunks counts once.
            self.number += len(_LINE_END.findall(text)) - (self._ends_in_return and text[0] == "\n")
            self._ends_in_return = text[-1] == "\r"


def _refuse_damaged_utf8(file: IO[bytes], line: int) -> None:
    """Refuses a file most of whose non-ASCII bytes are valid UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")("ignore")
    high = valid = 0
    for chunk in _chunks(file):
        high += _high(chunk)
        valid += _high(decoder.decode(chunk).encode())
    if valid > high - valid:
        detail = f"The file is in UTF-8, but line {line} is damaged; save it again."
        raise Unreadable("damaged", detail, line=line, encoding="UTF-8")


def _high(chunk: bytes) -> int:
    """Counts the non-ASCII bytes."""
    return len(chunk) - len(chunk.translate(None, _HIGH))


def _refuse_unless_certain(file: IO[bytes], line: int) -> None:
    # A byte that is undefined in Windows-1252 does not make the decision less certain; _verified reports it.
    words = [word for word in _words(file) if "\ufffd" not in word.decode(_ASSUMED, "replace")]
    readings = sorted(
        ((letters.likelihood(read, codec), codec, read) for codec in _WEIGHED for read in [_read(words, codec)]),
        reverse=True,
    )
    assumed = _read(words, _ASSUMED)
    if letters.is_possible(assumed):
        assumed_likelihood = max(likelihood for likelihood, _, read in readings if read == assumed)
        if (
            assumed_likelihood - max((likelihood for likelihood, _, read in readings if read != assumed), default=0)
            > MARGIN
        ):
            return
    differing: dict[tuple[str, ...], str] = {}
    for _, codec, read in readings:
        differing.setdefault(tuple(read), label(codec))
    candidates = ", ".join(list(differing.values())[:CANDIDATES])
    raise Unreadable(
        "encoding",
        f"The file is not in UTF-8 (see line {line}), and its bytes do not show its encoding; it may be {candidates}. "
        "Save it as UTF-8, or name its charset in the content type.",
        line=line,
        candidates=candidates,
    )


_WEIGHED = (*letters.ENCODINGS, *letters.EAST_ASIAN)


def _read(words: list[bytes], codec: str) -> list[str]:
    # A truncated word may end in half a character.
    return [word.decode(codec, "replace").removesuffix("\ufffd" * (len(word) == WORD_MAX)) for word in words]


def _words(file: IO[bytes]) -> list[bytes]:
    """Some words of the file for each non-ASCII byte value that occurs in it."""
    words: dict[bytes, None] = {}
    word_counts, occurrences = Counter[int](), Counter[int]()
    wanted = frozenset(_HIGH)
    for chunk in _chunks(file):
        at = 0
        while wanted and (found := _one_of(wanted).search(chunk, at)):
            word = _word_at(chunk, found.start())
            at = max(found.end(), chunk.find(word, max(0, found.start() - FAR)) + len(word))
            occurrences.update({*word} | {chunk[found.start()]})
            if word not in words:
                words[word] = None
                word_counts.update({*word})
            wanted = frozenset(
                byte
                for byte in wanted
                if word_counts[byte] < WORDS_PER_BYTE and occurrences[byte] < OCCURRENCES_PER_BYTE
            )
    return list(words)


@cache
def _one_of(wanted: frozenset[int]) -> re.Pattern[bytes]:
    return re.compile(b"[" + b"".join(b"\\x%02x" % byte for byte in sorted(wanted)) + b"]")


def _word_at(chunk: bytes, at: int) -> bytes:
    """The word around a byte, starting where a character certainly begins."""
    before = chunk[max(0, at - FAR) : at].translate(_BOUNDARIES_AS_ZERO)
    start = at - (len(before) - before.rfind(b"\0") - 1)
    end = _BOUNDARY.search(chunk, start, start + WORD_MAX)
    return chunk[start : end.start() if end else start + WORD_MAX]


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    """Yields the file in chunks that end at a line end, unless a line is too long."""
    file.seek(0)
    while chunk := file.read(CHUNK):
        yield chunk + file.readline(CHUNK)
