"""Cells that a spreadsheet would run are made harmless, and come back as they were."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog import cells
from catalog.cells import guard, unguard

RUN = ["=1+1", "+41", "-1", "@SUM(A1)", "\tx", "\rx", "＝1", "＋1", "－1", "＠x", "'=1", "''@x", "-"]
HARMLESS = ["", "1", "a=b", "'plain", "''", "it's", " =1", "0017", "é"]


@pytest.mark.parametrize("cell", RUN)
def test_a_cell_that_would_run_gets_an_apostrophe_and_loses_just_that_one(cell: str) -> None:
    assert guard(cell) == f"'{cell}"
    assert unguard(guard(cell)) == cell


@pytest.mark.parametrize(
    ("cell", "guarded"),
    [("x;=1+1", "x;'=1+1"), ("a\n=b", "a\n'=b"), ("a;'@b;-c", "a;''@b;'-c"), ("=a;=b", "'=a;'=b"), ("a\t+1", "a\t'+1"), ("x;＝1", "x;'＝1")],
)  # fmt: skip
def test_what_begins_a_cell_for_a_spreadsheet_with_semicolons_is_guarded_too(cell: str, guarded: str) -> None:
    assert (guard(cell), unguard(guarded)) == (guarded, cell)


def test_guarding_is_undone_exactly() -> None:
    alphabet = random.Random(1)
    for _ in range(20_000):
        cell = "".join(alphabet.choices("=-'';\t\na \"＠", k=alphabet.randint(0, 7)))
        assert unguard(guard(cell)) == cell


@given(st.text("=+-@＝＋－＠'\";,\t\r\n a", max_size=6) | st.text(max_size=20))
def test_what_is_not_searched_has_nothing_to_find(cell: str) -> None:
    assert guard(cell) == cells._BEGINS.sub("'", cell)
    if not cells._TEXT_FORMULA.fullmatch(cell):
        assert unguard(cell) == cells._GUARDED.sub("", cell)


@pytest.mark.parametrize("cell", HARMLESS)
def test_every_other_cell_stays_as_it_is(cell: str) -> None:
    assert guard(cell) == unguard(cell) == cell


@pytest.mark.parametrize(
    ("cell", "text"), [('="0012"', "0012"), ('="3/4"" pipe"', '3/4" pipe'), ('=""', ""), ('="a"&"b"', '="a"&"b"')]
)
def test_digits_that_are_marked_as_a_text_are_read_as_one(cell: str, text: str) -> None:
    assert unguard(cell) == text
    assert unguard(guard(cell)) == cell
