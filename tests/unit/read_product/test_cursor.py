"""Cursors: what a page's `next` carries comes back exactly, and nothing else is taken for one."""

import re
import string
from datetime import UTC, datetime
from decimal import Decimal
from itertools import product

import pytest

from catalog.text import NAME_MAX
from catalog.words import of_search
from read_product import cursor
from serving.parameters import ID_MAX


@pytest.mark.parametrize(
    ("sort", "value"),
    [
        ("id", ID_MAX),
        ("name", '"quoted" \\ 茶 🍃'),
        ("-name", "🍃" * NAME_MAX),
        ("name", '"' * NAME_MAX),
        ("price", Decimal("0.00")),
        ("-price", Decimal("9999999999.99")),
        ("created_at", datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)),
        ("created_at", datetime(2026, 1, 2, tzinfo=UTC)),
    ],
)
def test_a_cursor_gives_back_what_was_written(sort: str, value: cursor.Value) -> None:
    text = cursor.write(sort, of_search("thé"), value, 7)
    assert re.fullmatch(cursor.PATTERN, text)
    assert len(text) <= cursor.LENGTH_MAX
    assert cursor.read(text, sort, of_search("thé"), type(value)) == (value, 7)


def test_a_cursor_belongs_to_one_list() -> None:
    text = cursor.write("price", of_search("tea"), Decimal("1.00"), 7)
    for sort, found, kind in (
        ("-price", of_search("tea"), Decimal),
        ("name", of_search("tea"), str),
        ("price", [], Decimal),
        ("price", of_search("tea cup"), Decimal),
    ):
        with pytest.raises(ValueError, match="is not a cursor"):
            cursor.read(text, sort, found, kind)


def test_no_other_character_is_taken_in_any_place() -> None:
    alphabet = string.ascii_letters + string.digits + "-_="
    text = cursor.write("price", of_search("tea"), Decimal("1.00"), 7)
    for place, character in product(range(len(text)), alphabet):
        changed = text[:place] + character + text[place + 1 :]
        if changed != text:
            with pytest.raises(ValueError, match="is not a cursor"):
                cursor.read(changed, "price", of_search("tea"), Decimal)


@pytest.mark.parametrize("text", ["", "x", "é", "=", "....", "W10", "bnVsbA", "A" * 2001, "W" * 1_000_000])
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a cursor"):
        cursor.read(text, "id", [], int)
