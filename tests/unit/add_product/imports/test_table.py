"""CSV as rows: delimiters, quotation marks, and the place of each row in its file."""

import io

import pytest

from add_product.imports.table import CELL_MAX, LINE_MAX, Row, Unusable, read


def rows(text: str) -> list[Row]:
    return list(read(io.BytesIO(text.encode()), "utf-8", "EUR"))


def cells(text: str) -> list[list[str]]:
    return [row.cells for row in rows(text)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_delimiter_is_told_by_the_headings(delimiter: str, end: str) -> None:
    text = end.join((f'"sku"{delimiter}name{delimiter}price', f'A{delimiter}"x{delimiter}y"{delimiter}1,00;|'))
    other = {",": ["1", "00;|"], ";": ["1,00", "|"], "\t": ["1,00;|"], "|": ["1,00;", ""]}[delimiter]
    assert cells(text) == [["sku", "name", "price"], ["A", f"x{delimiter}y", *other]]


@pytest.mark.parametrize("mark", [";", "\t", "^", "é", " "])
def test_a_spreadsheets_hint_names_the_delimiter(mark: str) -> None:
    assert cells(f"SEP={mark}\r\nsku{mark}name\r\n") == [["sku", "name"]]


@pytest.mark.parametrize("hint", ['"sep=;"', "sep=;,,", "sep=;;;", '"sep=;",,', "\ufeffsep=; "])
def test_a_hint_is_known_as_spreadsheets_write_it_back(hint: str) -> None:
    assert cells(f"{hint}\nsku;na,me\n") == [["sku", "na,me"]]


def test_a_blank_before_a_quotation_mark_does_not_count() -> None:
    assert cells('sku, name, price\n S-1, "Cup, blue", 3.00\n')[1] == ["S-1", "Cup, blue", "3.00"]


def test_any_blank_may_stand_around_quotation_marks() -> None:
    assert cells('sku,\u00a0"name",price\nS-1,\t"Cup ""blue"""\t,\u3000"3.00"\nS-2,\t"a" and "b",\t"\n') == [
        ["sku", "name", "price"],
        ["S-1", 'Cup "blue"', "3.00"],
        ["S-2", '\t"a" and "b"', '\t"'],
    ]


def test_the_byte_order_mark_of_a_joined_file_is_no_text() -> None:
    assert cells('\ufeff\ufeff"sku",name\nA,"x\n\ufeffy"\n\ufeff"B",z\n') == [
        ["sku", "name"],
        ["A", "x\n\ufeffy"],
        ["B", "z"],
    ]


def test_rows_of_empty_cells_before_the_heading_are_passed_over() -> None:
    assert [(row.number, row.cells) for row in rows(';;;\n"";""\nsku;name;a,b,c\n')] == [(3, ["sku", "name", "a,b,c"])]


def test_an_unclosed_quotation_mark_takes_no_more_than_a_cell_can_hold() -> None:
    found = rows('sku,name\nA,"open\n' + "B,b\n" * 100_000 + "C,c\n")
    assert (found[1].fault.code, len(found) > 30_000, found[-1].cells) == ("quotation_marks", True, ["C", "c"])


def test_a_row_is_bounded_as_a_whole() -> None:
    row = ",".join(f'"{"x" * 200_000}\n"' for _ in range(8))
    assert [bool(found.fault) for found in rows(f"sku,name\n{row}\nA,a\n")][:2] == [False, True]


@pytest.mark.parametrize("line", ["\n", "\r", "x\n", "\r\n"])
def test_a_file_of_endless_lines_is_refused_before_any_is_read(line: str) -> None:
    with pytest.raises(Unusable, match="has more than 5000000 lines"):
        rows("sku,name\n" + line * 5_000_001)


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-16"])
def test_letters_with_the_byte_of_a_line_end_are_not_counted_as_lines(codec: str) -> None:
    text = "sku,name\n" + ("മ" * 200_000 + "\n") * 26
    assert len(list(read(io.BytesIO(text.encode(codec)), codec, "EUR"))) == 27
    with pytest.raises(Unusable, match="has more than 5000000 lines"):
        list(read(io.BytesIO(("sku,name" + "\n" * 5_000_001).encode(codec)), codec, "EUR"))


@pytest.mark.parametrize("hint", ['sep="', "sep=\r", "sep="])
def test_a_hint_that_cannot_be_followed_is_a_heading_like_any_other(hint: str) -> None:
    assert rows(f"{hint}\nsku,name\n")[0].cells == next(iter(cells(f"{hint}\n")))


def test_a_cell_keeps_quotes_delimiters_and_line_breaks() -> None:
    assert cells('sku,name\nQ-1,"3/4"" x, ""2""\r\nsecond"\nQ-2,3/4" bare\n')[1:] == [
        ["Q-1", '3/4" x, "2"\r\nsecond'],
        ["Q-2", '3/4" bare'],
    ]


def test_a_wrong_quote_costs_the_lines_that_it_names_and_no_more() -> None:
    found = rows('sku,name\nA,"x" y\nB,"two\nlines" z\nC,fine\n')
    assert [(row.number, row.line, bool(row.fault)) for row in found[1:]] == [(2, 2, True), (3, 3, True), (4, 5, False)]
    assert "lines 3 to 4" in found[2].fault.detail


def test_rows_and_lines_are_counted_from_the_top_of_the_file() -> None:
    found = rows('\n \nsku,name\n\n,\nA,"x\ny"\nB,z\n')
    assert [(row.number, row.line) for row in found] == [(3, 3), (6, 6), (7, 8)]


def test_a_cell_too_long_for_a_table_is_a_fault_of_its_row() -> None:
    found = rows(f"sku,name\nA,{'x' * (CELL_MAX + 1)}\nB,y\n")
    assert [bool(row.fault) for row in found] == [False, True, False]
    assert rows("x" * (CELL_MAX + 1) + "\nB\n")[0].fault


@pytest.mark.parametrize(
    "text", ["", "\n \n\t\n", "[1]", ' {"name": 1}', "x" * LINE_MAX, "sku,name\n" + "x" * LINE_MAX]
)
def test_a_text_that_is_no_table_is_refused(text: str) -> None:
    with pytest.raises(Unusable):
        rows(text)
