"""NDJSON as lines: none lost, none longer than memory allows, each with its number."""

import io

import pytest

from add_product.imports.lines import LINE_MAX, Line, read


def lines(data: bytes) -> list[Line]:
    return list(read(io.BytesIO(data)))


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_blank_lines_count_and_are_passed_over(mark: bytes) -> None:
    assert lines(mark + b"{}\r\n\n \t\n[]") == [Line(1, b"{}\r\n"), Line(4, b"[]")]
    assert lines(mark) == lines(mark + b"\n \n") == []


@pytest.mark.parametrize("length", [LINE_MAX, LINE_MAX + 1, 2 * LINE_MAX - 1, 2 * LINE_MAX, 3 * LINE_MAX + 7])
def test_a_line_that_is_too_long_is_one_line_and_the_next_is_read(length: int) -> None:
    assert lines(b"x" * length + b"\n{}\n") == [Line(1, None), Line(2, b"{}\n")]


def test_the_longest_line_is_read() -> None:
    longest = b"x" * (LINE_MAX - 1) + b"\n"
    assert lines(longest * 2) == [Line(1, longest), Line(2, longest)]
