"""The encoding of a file: told by its bytes, to the last one; or asked for, with the line that is wrong."""

import codecs
import io
import random

import pytest

from add_product.imports import encoding
from add_product.imports.encoding import CHUNK, Unreadable, detect, verify
from catalog import charsets

HEADING = "sku,name\n"
WESTERN = "cp1252 iso8859-15 mac_roman cp850 cp437"
CENTRAL = "cp1250 iso8859-2 cp852"
CYRILLIC = "cp1251 koi8-r cp866 iso8859-5"
# What shops sell, and the encodings in which people of the language have it.
NAMES = [
    (
        "Thé à la menthe|Crème brûlée|Œufs frais|Maïs|Forêt|Gâteau à l’orange|Déjà vu|“Best” 5 €|Où|Garçon|Échelle",
        WESTERN,
    ),
    ("Müsli|Käse|Größe 5|Brötchen|Öl|Äpfel|Süßstoff|Straße|Übergröße|Tür", WESTERN),
    ("Piñata|Jamón ibérico|María|Azúcar|Plátano|¿Qué?|Cigüeña|Árbol|Año", WESTERN),
    ("Maçã|Pão|Açúcar|Caminhões|Feijões|Avô|Lã|Três|Relógio", WESTERN),
    ("Caffè|Città|Perché|Più|Ciò|Lunedì|L’olio", WESTERN),
    ("Smørrebrød|Rødgrød|Æble|Låge|Øl|Tå", WESTERN + " cp865"),
    ("Räkor|Smörgås|Kött|Blåbär|Pöytä|Hyvää päivää", WESTERN),
    ("Żółta|Kawę|Łóżko|Ćma|Gęś|Źródło|Śliwka|Mięso|Kość", CENTRAL),
    ("Čaj|čaj|Klíč|Příbor|Růže|Tričko|Měď|Křeslo|Řepa|Kĺb|Vŕba|Ľan", CENTRAL),
    ("Tűrő|Kő|Erdő|Bőr|Gyümölcs|Cipő|Szőlő|Nő", CENTRAL),
    ("Apă|Cană|Masă|Mătură|Făină", "cp1250 iso8859-2"),
    ("Kuća|Šećer|Žlica|Račun|Čevelj|Miška", CENTRAL),
    ("Işık|Şeker|Kahvaltı|Yağ|İncir|Fıstık|Tuğla|Kâğıt", "cp1254 iso8859-9 cp857"),
    ("Ąžuolas|Žalia|Pieninė|Sūris|Kėdė|Tēja|Krēsls|Ķīselis|Õun|Šokolaad|Köök", "cp1257 iso8859-13 cp775"),
    ("Мыло|Чай|Сыр|Соль|Мёд|Чай и кофе|йод|а|щи", CYRILLIC),
    ("Καφές|Τσάι|Άρτος|ή|Γάλα", "cp1253 iso8859-7 cp737"),
    ("קפה|תה|לחם|נר", "cp1255 iso8859-8 cp862"),
    ("قهوة|شاي|خبز", "cp1256 iso8859-6"),
    ("茶|ティー|緑茶 100g|カップ|ﾃｨｰ|机", "cp932 euc_jp"),
    ("茶|绿茶|咖啡杯|T恤|联通|手机壳 iPhone", "gb18030"),
    ("茶|綠茶|咖啡杯|桌子", "big5"),
    ("차|녹차|커피|책상|컵", "cp949 euc_kr"),
    ("ชา|กาแฟ", "cp874"),
]
CASES = [(names.split("|"), codec) for names, codecs in NAMES for codec in codecs.split()]


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
        ("café".encode("cp1252"), "cp1252"),
        (b"\x80 5, \x93curly\x94", "cp1252"),
        (codecs.BOM_UTF16_LE + "é".encode("utf-16-le"), "utf-16"),
        (codecs.BOM_UTF16_BE + "é".encode("utf-16-be"), "utf-16"),
        ("sku,name".encode("utf-16-le"), "utf-16-le"),
        ("sku,name".encode("utf-16-be"), "utf-16-be"),
    ],
)
def test_the_bytes_tell_the_encoding(data: bytes, codec: str) -> None:
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
        (b"", "cp1252", b"caf\xe9 \x81"),
    ],
)
@pytest.mark.parametrize("lines", [1, 30_000])
def test_the_line_of_the_first_wrong_byte_is_named_however_far_down(
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
def test_a_named_charset_is_used_and_checked(charset: str, text: str) -> None:
    codec = verify(io.BytesIO(text.encode(charset)), charset)
    assert text.encode(charset).decode(codec) == text
    assert encoding.label(codec).lower() == charset.lower()


def test_a_named_charset_that_is_wrong_or_unknown_is_refused() -> None:
    with pytest.raises(Unreadable, match="Line 2 is not us-ascii"):
        verify(io.BytesIO(b"a\n\xe9"), "us-ascii")
    with pytest.raises(Unreadable, match="there are: utf-8, "):
        verify(io.BytesIO(b"a"), "ebcdic")


def file_of(names: list[str], codec: str) -> bytes:
    rows = "".join(f"A-{number};{name};4,20\n" for number, name in enumerate(names))
    return f"sku;name;price\n{rows}".encode(codec, "ignore")


def read(data: bytes) -> str | Unreadable:
    """The text of a file, or why it is refused."""
    try:
        return data.decode(detect(io.BytesIO(data)))
    except Unreadable as fault:
        return fault


@pytest.mark.parametrize(("names", "codec"), CASES, ids=lambda value: value if isinstance(value, str) else value[0])
def test_no_file_of_any_length_becomes_other_letters(names: list[str], codec: str) -> None:
    chosen = random.Random(codec).choices(names, k=40)
    for some in [*([name] for name in names), chosen[:3], chosen[:10], chosen]:
        data = file_of(some, codec)
        if not data.isascii():
            result = read(data)
            assert isinstance(result, Unreadable) or result == data.decode(codec), some


@pytest.mark.parametrize(
    "text",
    ["sku;name;price\nA;Café;1,00\n", "sku;name;price\nE-1;“Café” 5 €;4,20\n", "sku;name;price\nE-1;“quoted” 5 €;4,20\n",
     "sku;name;description;price\nW-1;Thé « bio » – 5 €;“curly” ‘quotes’ œuvre…;4,20\n"],
)  # fmt: skip
def test_a_short_windows_1252_file_is_taken_where_nothing_else_fits(text: str) -> None:
    assert read(text.encode("cp1252")) == text


@pytest.mark.parametrize(("names", "codec"), [case for case in CASES if case[1] in ("cp1252", "iso8859-15")][:10:2])
def test_a_windows_1252_file_of_some_rows_is_taken(names: list[str], codec: str) -> None:
    data = file_of(names * 2, "cp1252")
    assert read(data) == data.decode("cp1252")


def test_a_refusal_names_the_line_and_the_likeliest_encodings() -> None:
    fault = read("sku;name;price\nA;plain;1,00\nM;María Pérez;4,20\nN;Jamón ibérico;1\n".encode("mac_roman"))
    assert isinstance(fault, Unreadable)
    assert (fault.code, fault.params["line"]) == ("encoding", 3)
    assert "macintosh" in str(fault.params["candidates"]).split(", ")
    assert "line 3" in fault.detail


@pytest.mark.parametrize("rows_before", [0, 1, 5000, 40_000])
@pytest.mark.parametrize("stray", [b"Th\xe9 vert", b"Th\x82", b"\xe9\xe8", b"Th\xc3", "Thé".encode("utf-16-le")[4:5]])
def test_a_utf_8_file_with_stray_bytes_is_damaged_in_their_line_wherever_it_is(rows_before: int, stray: bytes) -> None:
    before = b"sku;name;price\n" + "A;Café;3,00\n".encode() * rows_before + b"A;cup;3,00\n" * 30_000
    after = "Z;Crème brûlée, pâté;3,00\n".encode()
    fault = read(before + b"B;" + stray + b";5,00\n" + after)
    assert isinstance(fault, Unreadable)
    assert (fault.code, fault.params) == ("damaged", {"line": rows_before + 30_002, "encoding": "UTF-8"})


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_whichever_way_they_end(line_end: str) -> None:
    lines = ["sku;name;price", *["A;Café;1,00"] * 20_000]
    fault = read(line_end.join(lines).encode() + line_end.encode() + b"B;Th\xe9;1,00")
    assert isinstance(fault, Unreadable)
    assert fault.params["line"] == 20_002


@pytest.mark.parametrize("charset", charsets.CODECS)
def test_every_charset_that_is_named_reads_its_own_text(charset: str) -> None:
    codec = charsets.codec(charset)
    assert codec
    data = "sku;name;price\n".encode(codec)
    assert verify(io.BytesIO(data), charset.upper()) == codec
    assert charsets.codec(charsets.name(codec)) == codec


@pytest.mark.parametrize(
    ("alias", "codec"),
    [("latin1", "latin-1"), ("CP850", "cp850"), ("850", "cp850"), ("Windows-31J", "cp932"), ("gb2312", "gb18030"),
     ("ISO8859-2", "iso8859-2"), ("x-mac-roman", "mac_roman"), ("ks_c_5601-1987", "cp949"), (" utf8 ", "utf-8-sig")],
)  # fmt: skip
def test_usual_aliases_are_known(alias: str, codec: str) -> None:
    assert charsets.codec(alias) == codec


def test_every_choice_is_a_charset() -> None:
    assert set(charsets.CHOICES) <= charsets.CODECS.keys()
