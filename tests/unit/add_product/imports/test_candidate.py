"""Candidates: what a row says of a product, with its faults beside it."""

import time
from decimal import Decimal

import pytest

from add_product.imports import headings
from add_product.imports.candidate import Candidate, TableReader
from add_product.imports.table import Row


def candidates(heading: str, *rows: str, currency: str = "EUR") -> list[Candidate]:
    reader = TableReader(headings.recognise(heading.split(","), currency), currency)
    return [reader.candidate(Row(number, number, row.split(","))) for number, row in enumerate(rows, 2)]


def faults(candidate: Candidate) -> list[tuple[str | None, str]]:
    return [(fault.column, fault.code) for fault in candidate.errors]


def test_a_price_of_zero_is_a_value_and_an_empty_one_is_none() -> None:
    zero, empty = candidates("sku,price", "Z0,0", "Z1,")
    assert zero.values == {"sku": "Z0", "price": Decimal("0.00")}
    assert faults(empty) == [("price", "required")]


def test_cells_are_trimmed_and_an_empty_sku_is_none() -> None:
    [found] = candidates("SKU,Name,Description,Price", " , Lamp , Warm light , 9.90 ")
    assert found.values == {"sku": None, "name": "Lamp", "description": "Warm light", "price": Decimal("9.90")}


def test_a_row_costs_what_it_has_however_many_headings_there_are() -> None:
    before = time.process_time()
    found = candidates("name,price," + "," * 400_000 + "description", *["a,1"] * 5000)
    assert [each.values["description"] for each in found] == [""] * 5000
    assert time.process_time() - before < 5, "seconds; one is usual"


def test_what_a_spreadsheet_has_lost_is_said() -> None:
    found = candidates("sku,name,price", "4.00638E+12,#NAME?,1", "#N/A,Cup,1", "1E+5,Cup #REF!,1", "E4.5E+1,x,1")
    assert [[(each.column, each.code) for each in row.warnings] for row in found] == [
        [("sku", "rounded_number"), ("name", "failed_formula")], [("sku", "failed_formula")], [], [],
    ]  # fmt: skip
    assert [(row.values["sku"], row.errors) for row in found][:2] == [("4.00638E+12", []), ("#N/A", [])]


def test_the_apostrophe_of_an_export_is_taken_away() -> None:
    [found] = candidates("sku,name,price", "'-1,''=2,1.00")
    assert (found.values["sku"], found.values["name"]) == ("-1", "'=2")


def test_every_bad_cell_of_a_row_is_named_by_its_own_heading() -> None:
    [found] = candidates("Code,Libellé,Prix", "a\x00b,,1 2")
    assert faults(found) == [("Code", "control_character"), ("Libellé", "blank"), ("Prix", "number")]


def test_a_row_cut_in_two_by_its_decimal_comma_is_refused_whole() -> None:
    cut, short, blank = candidates("sku,name,price", "A,Miel,2,4", "B,x", "C,x,1.00,, ")
    assert (faults(cut), cut.errors[0].value) == ([(None, "cells")], "A | Miel | 2 | 4")
    assert faults(short) == [(None, "cells")]
    assert faults(blank) == []


@pytest.mark.parametrize(("currency", "cell"), [("EUR", "$5"), ("CHF", "5 €")])
def test_a_foreign_currency_is_a_fault_of_its_cell(currency: str, cell: str) -> None:
    [found] = candidates("name,price", f"x,{cell}", currency=currency)
    assert faults(found) == [("price", "currency")]


def test_variants_take_name_and_description_from_the_row_of_their_product() -> None:
    heading = "Handle,Title,Body HTML,Option1 Value,Option2 Value,Variant Price"
    rows = (
        "tee,Tee,<p>Soft,S,Red,1",
        "tee,,,M,,2",
        "mug,Mug,,Default Title,,3",
        ",Cup,,,,4",
        ",,,Blue,,5",
        "hat,,,L,,6",
    )
    found = candidates(heading, *rows)
    assert [(each.values.get("name"), each.values.get("description")) for each in found] == [
        ("Tee – S / Red", "Soft"), ("Tee – M", "Soft"), ("Mug", ""), ("Cup", ""), (None, ""), (None, ""),
    ]  # fmt: skip
    assert [faults(each) for each in found[4:]] == [[("Title", "blank")]] * 2


def test_a_file_of_variants_may_hold_prices_only() -> None:
    [found] = candidates("Handle,Variant SKU,Option1 Value,Variant Price", "mug,M-1,Red,12.50")
    assert (found.values, found.errors) == ({"sku": "M-1", "price": Decimal("12.50")}, [])
