"""Which words a product has, and which a search."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog import words
from catalog.words import Word


def stands(found: Word, stored: str) -> bool:
    """Whether a word of a search begins words of a product."""
    return any(all(f" {word}" in stored for word in alternative) for alternative in found)


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("Steel bottle, 500 ml.", " steel bottle 500 ml_"),
        ("a The THE", " a__ the"),
        ("Coca‑Cola O’Brien", " cocacola cola obrien brien"),
        ('3/4" 12.5 2024-01-15', " 3_4 4__ 12_5 5__ 2024_01_15 01_15 15_"),
        ("a-b-c-d-e", " abcd bcde cde de_ e__"),
        ("A_B C++ & (x)", " ab_ b__ c__ x__"),
        ("不锈钢水壶 カップ", " 不锈_ 锈钢_ 钢水_ 水壶_ 壶__ カッ_ ップ_ プ__"),
        ("茶tea 2杯", " 茶__ tea 2__ 杯__"),
        ("ชา किताब 90°C", " ชา_ า__ किताब 90c c__"),
        ("☕to-go😀", " _2615 togo go_ _1f600"),
        ("𠮷野家 𐓘x", " _20bb7野 野家_ 家__ _104d8x"),
        ("𐓘" * 20, " " + ("_104d8" * 11)[:64]),
    ],
)
def test_a_text_is_stored_as_words(text: str, stored: str) -> None:
    assert words.of_product(None, text, "") == stored


@pytest.mark.parametrize(
    ("sku", "stored"),
    [
        ("NOR.0707-60", " nor070760 070760 60_ nor0707_60 0707_60"),
        ("AB12", " ab12 12_"),
        ("#77 x", " 77x x__"),
        ("茶-1", " 1__ 茶__"),
    ],
)
def test_a_sku_is_stored_in_its_parts_and_without_signs(sku: str, stored: str) -> None:
    assert words.of_product(sku, "", "") == stored


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("Steel  BOTTLE steel", [(("steel",),), (("bottle",),)]),
        ("coca-cola", [(("cocacola",), ("coca", "cola"))]),
        ("3/4", [(("3_4",),)]),
        ("A-315-7", [(("a315_7",), ("a", "315_7"), ("a3157",))]),
        ("茶", [(("茶",),)]),
        ("茉莉花", [(("茉莉", "莉花"),)]),
        ("& - *", []),
    ],
)
def test_a_search_asks_for_words(query: str, found: list[Word]) -> None:
    assert words.of_search(query) == found


@given(st.text(max_size=30), st.integers(0, 30), st.integers(0, 30))
def test_a_text_has_every_word_that_is_cut_from_it(text: str, first: int, last: int) -> None:
    stored = words.of_product(None, "name", text)
    for word in text.split():
        assert all(stands(each, stored) for each in words.of_search(word))


@given(st.from_regex(r"[A-Za-z0-9]{1,9}([-./ ][A-Za-z0-9]{1,9}){0,5}", fullmatch=True))
def test_a_sku_is_found_as_it_is_in_parts_and_without_signs(sku: str) -> None:
    stored = words.of_product(sku, "name", "")
    spellings = [sku, sku.replace("-", "").replace(".", "").replace("/", "").replace(" ", "")]
    parts = sku.replace("-", " ").replace(".", " ").replace("/", " ").split()
    for query in [*spellings, *parts]:
        assert all(stands(word, stored) for word in words.of_search(query))


def test_a_text_without_a_space_grows_by_the_parts_that_are_joined_at_most() -> None:
    text = "-".join("".join(letters) for letters in product("abcdefg", repeat=4))
    assert len(words.of_product(None, "", text)) < words.JOINED_MAX * len(text)
