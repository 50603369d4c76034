"""The encoding of a file: told by its bytes, to the last one, with the line that is wrong."""

import codecs
import io

import pytest

from add_product.imports import encoding
from add_product.imports.encoding import CHUNK, Unreadable, detect, verify

HEADING = "sku,name\n"


def refusal(data: bytes) -> str:
    with pytest.raises(Unreadable) as refused:
        detect(io.BytesIO(data))
    return str(refused.value)


@pytest.mark.parametrize(
    ("data", "codec"),
    [
        (b"", "utf-8-sig"),
        (b"plain", "utf-8-sig"),
        (codecs.BOM_UTF8 + "é".encode(), "utf-8-sig"),
        ("é,茶,🍃".encode(), "utf-8-sig"),
        ("é".encode("cp1252"), "cp1252"),
        (b"\x80 5, \x93curly\x94", "cp1252"),
        (codecs.BOM_UTF16_LE + "é".encode("utf-16-le"), "utf-16"),
        (codecs.BOM_UTF16_BE + "é".encode("utf-16-be"), "utf-16"),
        ("sku,name".encode("utf-16-le"), "utf-16-le"),
        ("sku,name".encode("utf-16-be"), "utf-16-be"),
    ],
)
def test_d02_d04_the_bytes_tell_the_encoding(data: bytes, codec: str) -> None:
    assert detect(io.BytesIO(data)) == codec


@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("shift", range(4))
def test_a_character_may_lie_across_two_chunks(codec: str, shift: int) -> None:
    assert detect(io.BytesIO(("\ufeff" + "x" * shift + "🍃" * CHUNK).encode(codec)))


@pytest.mark.parametrize(
    ("mark", "codec", "broken"),
    [
        (b"", "utf-8", "é茶🍃é茶🍃".encode() + b"\xff"),
        (codecs.BOM_UTF8, "utf-8", b"\xe9"),
        (codecs.BOM_UTF16_LE, "utf-16-le", b"\x00\xd8a\x00"),
        (codecs.BOM_UTF16_BE, "utf-16-be", b"\xd8\x00\x00a"),
        (b"", "cp1252", b"\xe9\x81"),
    ],
)
@pytest.mark.parametrize("lines", [1, 30_000])
def test_d04_the_line_of_the_first_wrong_byte_is_named_however_far_down(
    mark: bytes, codec: str, broken: bytes, lines: int
) -> None:
    data = mark + (HEADING * lines).encode(codec) + broken + "\n".encode(codec) * 3
    assert f"ine {lines + 1} is " in refusal(data)


@pytest.mark.parametrize("whole", ["x\n🍃", "x\né"])
def test_a_file_that_ends_within_a_character_is_damaged(whole: str) -> None:
    assert "Line 2 is not UTF-8" in refusal(codecs.BOM_UTF8 + whole.encode()[:-1])
    assert "Line 2 is not UTF-16" in refusal((whole + "\n").encode("utf-16")[:-1].replace(b"\n\x00\x00", b"\n\x00"))


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"PK\x03\x04....", "workbook"),
        (b"\xd0\xcf\x11\xe0....", "workbook"),
        (b"a\x00b\x00\x00c" * 9, "binary"),
        (b"abcdef" * 9 + b"\x00", "binary"),
        (("Thé glacé, crème brûlée\n" * 3).encode() + b"\xe9", "in UTF-8, but line 4 is damaged"),
    ],
)
def test_what_is_no_text_is_called_what_it_is(data: bytes, told: str) -> None:
    assert told in refusal(data)


@pytest.mark.parametrize(
    ("charset", "text"),
    [("UTF-8", "é茶"), ("utf-16", "é茶"), ("windows-1251", "Мыло"), ("shift_jis", "石鹸"), ("gb18030", "肥皂"), ("ISO-8859-15", "5 €")],
)  # fmt: skip
def test_d04_a_named_charset_is_used_and_checked(charset: str, text: str) -> None:
    codec = verify(io.BytesIO(text.encode(charset)), charset)
    assert text.encode(charset).decode(codec) == text
    assert encoding.label(codec).lower() == charset.lower()


def test_d04_a_named_charset_that_is_wrong_or_unknown_is_refused() -> None:
    with pytest.raises(Unreadable, match="Line 2 is not us-ascii"):
        verify(io.BytesIO(b"a\n\xe9"), "us-ascii")
    with pytest.raises(Unreadable, match="there are: utf-8, "):
        verify(io.BytesIO(b"a"), "ebcdic")
