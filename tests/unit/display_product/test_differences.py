"""The old and the new text side by side."""

import re
import time

import pytest
from markupsafe import Markup

from display_product.differences import marked


def plain(html: Markup) -> str:
    """The text without its marks."""
    return Markup(re.sub("</?(del|ins)>", "", html)).unescape()


@pytest.mark.parametrize(
    ("before", "after", "old", "new"),
    [
        ("Blue mug", "Red mug", "<del>Blue</del> mug", "<ins>Red</ins> mug"),
        ("", "New", "", "<ins>New</ins>"),
        ("Old", "", "<del>Old</del>", ""),
        ("one two three", "four five three", "<del>one two</del> three", "<ins>four five</ins> three"),
        ("a < b", "a > b", "a <del>&lt;</del> b", "a <ins>&gt;</ins> b"),
        ("Mug, 0.3 l", "Mug, 0.4 l", "Mug, 0.<del>3</del> l", "Mug, 0.<ins>4</ins> l"),
        ("same", "same", "same", "same"),
        ("aa aa", "aa", "aa<del> aa</del>", "aa"),
    ],
)  # fmt: skip
def test_what_differs_is_marked(before: str, after: str, old: str, new: str) -> None:
    assert marked(before, after) == (old, new)


def test_a_script_without_blanks_is_compared_by_letters() -> None:
    old, new = marked("茶" * 50 + "赤" + "碗" * 50, "茶" * 50 + "青" + "碗" * 50)
    assert "<del>赤</del>" in old
    assert "<ins>青</ins>" in new


def test_a_long_text_shows_the_difference_and_little_else() -> None:
    before = "word " * 1900
    after = before[:5000] + "other " + before[5000:]
    old, new = marked(before, after)
    assert "<ins>other " in new
    assert len(plain(old)) < 200
    assert len(plain(new)) < 200


def test_texts_that_have_nothing_in_common_are_shortened() -> None:
    old, new = marked("a " * 5000, "b " * 5000)
    assert (old.startswith("<del>a a"), new.startswith("<ins>b b")) == (True, True)
    assert max(len(plain(old)), len(plain(new))) < 400


def test_many_differences_end_somewhere() -> None:
    old, _ = marked("x same " * 40, "y same " * 40)
    assert old.count("<del>") < 20
    assert old.endswith("…")


def test_the_longest_texts_cost_little() -> None:
    started = time.process_time()
    for _ in range(20):
        marked("a " * 5000, "b a " * 2500)
    assert time.process_time() - started < 5
