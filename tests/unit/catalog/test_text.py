"""Rules for texts: what is trimmed, what is refused, what is the same."""

import re
import sys
from collections.abc import Callable

import pytest

from catalog import text
from serving.bodies import Invalid

CHARACTERS = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF]


def accepted(rule: Callable[[str], object], value: str) -> bool:
    try:
        rule(value)
    except Invalid:
        return False
    return True


@pytest.mark.parametrize("rule", [text.name, text.sku])
def test_one_line_loses_the_blanks_at_its_ends_and_nothing_else(rule: Callable[[str], object]) -> None:
    assert rule(" \t\u00a0\u3000\n A\u00a0 b \r\n") == "A\u00a0 b"


INVISIBLE = [
    "\ufeff",
    "\u200b",
    "\u200e",
    "\u200f",
    "\u2060",
    "\xad",
    "\u061c",
    "\u180e",
    "\u202a",
    "\u202e",
    "\u2066",
    "\u2069",
    "ㅤ",
    "⠀",
    "\ufff9",
    "\U0001d173",
]


@pytest.mark.parametrize("character", INVISIBLE)
def test_what_shows_nothing_at_the_ends_makes_no_other_text(character: str) -> None:
    for rule in (text.name, text.sku):
        for value in (f"{character}INV-1", f"INV-1{character}", f" {character} INV-1 {character}\u00a0{character}"):
            assert rule(value) == "INV-1"


@pytest.mark.parametrize("character", [*INVISIBLE, "\u200c", "\u200d", "\ufe0f", "\U000e0067"])
def test_what_shows_nothing_within_a_sku_is_refused_by_name(character: str) -> None:
    with pytest.raises(Invalid) as refused:
        text.sku(f"INV{character}-1")
    assert (refused.value.code, refused.value.params["character"]) == ("invisible_character", f"U+{ord(character):04X}")


@pytest.mark.parametrize(
    "name",
    ["می\u200cخواهم", "क\u094d\u200dष", "क\u094d\u200d", "👩\u200d🍳", "❤\ufe0f", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
     "C\u200e++", "co\u00adoperate", "Cup \u202bעברית\u202c", "\u1820\u180b", "葛\U000e0100"],
)  # fmt: skip
def test_what_scripts_need_stays_in_names_and_descriptions(name: str) -> None:
    assert text.name(f" {name} ") == text.description(f" {name} ") == name


@pytest.mark.parametrize("character", ["\ufffe", "\uffff", "\ufdd0", "\ufdef", "\U0001fffe", "\U0010ffff"])
@pytest.mark.parametrize("rule", [text.name, text.sku, text.description])
def test_what_is_no_character_is_refused(rule: Callable[[str], object], character: str) -> None:
    for value in (f"a{character}b", f"{character}a", f"a{character}"):
        with pytest.raises(Invalid, match=f"contains U.{ord(character):04X}, "):
            rule(value)


@pytest.mark.parametrize("sku", ["0017", "0017A", "00000000", "4006381333931", "1E5", "001.50", "-1", "'x"])
def test_a_sku_is_kept_character_for_character(sku: str) -> None:
    assert text.sku(sku) == sku


def test_a_description_keeps_its_lines_and_their_indentation() -> None:
    assert text.description("\n a\r\n\r\n  b\rc\td \n") == "a\n\n  b\nc\td"


@pytest.mark.parametrize(
    ("rule", "most"), [(text.name, text.NAME_MAX), (text.sku, text.SKU_MAX), (text.description, text.DESCRIPTION_MAX)]
)
def test_length_is_counted_in_characters_of_what_is_stored(rule: Callable[[str], object], most: int) -> None:
    assert rule(f"  {'🍃' * most}  ") == "🍃" * most
    with pytest.raises(Invalid, match=f"has {most + 1} characters; at most {most} "):
        rule("🍃" * (most + 1))


def test_line_breaks_count_once_however_they_are_written() -> None:
    lines = "a\r\n" * (text.DESCRIPTION_MAX // 2 - 1) + "ab"
    assert len(text.description(lines)) == text.DESCRIPTION_MAX


@pytest.mark.parametrize(
    "blank", ["", " ", "\u200b", "\u2060\ufeff", "\u00a0\u3000\t\n", "\u202e\u200f", "\ufe0f", "\u200d\u3164"]
)
def test_a_line_that_shows_nothing_is_blank(blank: str) -> None:
    for rule in (text.name, text.sku):
        with pytest.raises(Invalid) as refused:
            rule(blank)
        assert refused.value.code == "blank"


@pytest.mark.parametrize("control", ["\x00", "\x08", "\x0b", "\x1b", "\x7f", "\x85", "\x9f", "\udfff"])
@pytest.mark.parametrize("rule", [text.name, text.sku, text.description])
def test_a_control_character_is_refused_wherever_it_stands(rule: Callable[[str], object], control: str) -> None:
    for value in (f"a{control}b", f"{control}a", f"a{control}"):
        with pytest.raises(Invalid) as refused:
            rule(value)
        assert refused.value.code == "control_character"


@pytest.mark.parametrize("character", ["\n", "\r", "\t", "\u2028", "\u2029"])
def test_a_name_is_one_line_and_a_description_may_be_several(character: str) -> None:
    assert not accepted(text.name, f"a{character}b")
    assert accepted(text.description, f"a{character}b")


@pytest.mark.parametrize(
    "value",
    ["a", " a ", "a b", "a\u200db", "🍃" * 200, "🍃" * 201, "", " ", "\u3000", "a\nb", "\na\n", "a\u2028b", "a\x00", "\x85a",
     "\x1ca", "a\x0b", "a\tb", "a\x9fb", "é", "e\u0301", " " * 300 + "a", "\ufeffa\u200b", "a\u200bb", "\u200b", "\u200d", "a\ufe0f",
     "\ufe0fa", "a\ufffe", "a\U0001ffffb", "\U000e0067a\U000e007f", "\u2800", "a" * 64 + "\u200b", "a" * 65, "a\u200c "],
)  # fmt: skip
def test_the_document_allows_the_names_and_skus_that_are_taken(value: str) -> None:
    assert bool(re.search(text.NAME_PATTERN, value)) == accepted(text.name, value)
    assert bool(re.search(text.SKU_PATTERN, value)) == accepted(text.sku, value)


@pytest.mark.parametrize(
    "value", ["a\ufdd0", "a\U0010ffff", "a\u200b", "", "a\nb", "a\tb", "a\x00b", "a\x0bb", "a\x85b", "a\u2028b", "\x7f"]
)
def test_the_document_allows_the_descriptions_that_are_taken(value: str) -> None:
    assert bool(re.search(text.TEXT_PATTERN, value)) == accepted(text.description, value)


@pytest.mark.parametrize(
    ("one", "other"),
    [("abc-1", "ABC-1"), ("É", "e\u0301"), ("straße", "STRASSE"), ("ΣΑΣ", "σας"), ("ﬁ", "FI"), ("\u1e9e", "ss"), ("İ", "i\u0307"),
     ("A 1", "a\u00a01"), ("A 1", "A  1"), ("A 1", "A\u2009\u30001")],
)  # fmt: skip
def test_case_composition_and_blanks_make_no_other_sku(one: str, other: str) -> None:
    assert text.sku_key(one) == text.sku_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("e", "é"), ("017", "17"), ("a b", "ab"), ("Ａ", "A"), ("1", "①"), ("o", "0")]
)
def test_everything_else_does(one: str, other: str) -> None:
    assert text.sku_key(one) != text.sku_key(other)


def test_the_key_of_every_sku_fits_its_column() -> None:
    assert max(len(text.sku_key(character)) for character in CHARACTERS) * text.SKU_MAX <= text.SKU_KEY_MAX


def test_what_is_printable_needs_no_search_for_controls() -> None:
    printable = "".join(filter(str.isprintable, map(chr, range(sys.maxunicode + 1))))
    assert not text._TEXT_CONTROLS.search(printable)
    assert not text._LINE_CONTROLS.search(printable)
