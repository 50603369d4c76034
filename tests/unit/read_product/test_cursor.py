"""Cursors: what a page's `next` carries comes back exactly, and nothing else is taken for one."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from catalog.text import NAME_MAX
from catalog.wire import ID_MAX
from read_product import cursor


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
    text = cursor.write(sort, value, 7)
    assert text.isascii()
    assert not set(text) & set("+/=&%")
    assert cursor.read(text, sort, type(value)) == (value, 7)


def test_a_cursor_belongs_to_one_sort() -> None:
    text = cursor.write("price", Decimal("1.00"), 7)
    for sort, kind in (("-price", Decimal), ("name", str)):
        with pytest.raises(ValueError, match="sorted otherwise"):
            cursor.read(text, sort, kind)


@pytest.mark.parametrize("text", ["", "x", "é", "=", "....", "W10", "bnVsbA", "A" * 2001, "W" * 1_000_000])
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is "):
        cursor.read(text, "id", int)
