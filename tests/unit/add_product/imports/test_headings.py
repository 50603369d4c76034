"""Headings: which column is which field, and that no column is lost without a word."""

import pytest

from add_product.imports.headings import Columns, Unknown, recognise


def fields(*headings: str, currency: str = "EUR") -> dict[str, str]:
    return recognise(headings, currency).by_field


@pytest.mark.parametrize(
    ("headings", "found"),
    [
        ((" SKU ", "Name", "PRICE"), {"sku": " SKU ".strip(), "name": "Name", "price": "PRICE"}),
        (("product_name", "unit  price"), {"name": "product_name", "price": "unit  price"}),
        (("Référence", "DÉSIGNATION", "Prix"), {"sku": "Référence", "name": "DÉSIGNATION", "price": "Prix"}),
        (("'=sku", "name", "sku"), {"sku": "sku", "name": "name"}),
        (("code", "sku", "name"), {"sku": "sku", "name": "name"}),
        (("Sale price", "name", "Regular price"), {"name": "name", "price": "Regular price"}),
    ],
)
def test_headings_are_known_however_they_are_written(headings: tuple[str, ...], found: dict[str, str]) -> None:
    assert fields(*headings) == found


def test_a_price_column_may_name_the_catalogues_currency_and_no_other() -> None:
    assert fields("name", "Price (EUR)")["price"] == "Price (EUR)"
    assert fields("name", "sku", "Variant Price CHF", currency="CHF")["price"] == "Variant Price CHF"
    assert "price" not in fields("name", "sku", "Price USD")


@pytest.mark.parametrize(
    "heading",
    ["Price €", "Price (EUR)", "Prix TTC", "Prix HT", "Prix TTC (€)", "Preis", "PRICE [€]", "Tarif EUR", "Prix de vente TTC", "€ Price",
     "Price incl. VAT", "PRIX T.T.C.", "Prix H.T. (€)", "Price inc VAT", "price excluding tax", "Preis inkl. MwSt.", "Prix en euros",
     "Price in EUR"],
)  # fmt: skip
def test_a_price_is_known_with_its_currency_and_taxes_beside_it(heading: str) -> None:
    assert fields("sku", "name", heading)["price"] == heading


@pytest.mark.parametrize("heading", ["Price $", "Price (USD)", "price old", "Prix CHF", "Price £", "Name (internal)",
                                     "Price 2", "Prix 2024", "Price in USD", "Price x 100"])  # fmt: skip
def test_a_heading_that_only_begins_like_a_known_one_is_not_used_and_said_so(heading: str) -> None:
    assert recognise(("sku", "name", heading), "EUR").similar == (heading,)
    assert recognise(("sku", "name", "price", heading), "EUR").fields["price"] == 2


def test_a_known_heading_beside_a_better_one_is_said_not_to_be_used() -> None:
    assert recognise(("sku", "name", "Price", "Prix", "Title", "Colour"), "EUR").similar == ("Prix", "Title")


def test_two_prices_of_which_neither_is_better_are_refused() -> None:
    with pytest.raises(Unknown, match="Prix HT” and “Prix TTC"):
        recognise(("sku", "name", "Prix HT", "Prix TTC"), "EUR")
    assert fields("sku", "Prix HT", "Prix", "Prix TTC")["price"] == "Prix"


def test_a_row_of_data_is_no_heading_row_even_if_it_repeats_itself() -> None:
    with pytest.raises(Unknown, match="no known headings"):
        recognise(("9783161484100", "9783161484100", "Book"), "EUR")


@pytest.mark.parametrize(
    ("headings", "html"),
    [(("sku", "name", "description", "regular price"), False), (("name", "price", "Body (HTML)"), False),
     (("ID", "Type", "SKU", "Name", "Description", "Regular price"), True), (("Handle", "Title", "Body (HTML)", "Variant Price"), True)],
)  # fmt: skip
def test_descriptions_are_html_only_where_the_whole_file_is_a_known_programs(
    headings: tuple[str, ...], html: bool
) -> None:
    assert recognise(headings, "EUR").html == html


def test_what_is_shown_of_headings_is_bounded() -> None:
    columns = recognise(("name", "price", *(f"{'x' * 1000}{number}" for number in range(1000))), "EUR")
    assert (len(columns.ignored), max(map(len, columns.ignored))) == (100, 80)


@pytest.mark.parametrize(
    "headings",
    [("name", "price", "colour", ""), ("code", "sku", "name"), ("name", "price", "Option1 Value", "Variant Title"),
     ("Handle", "Title", "Variant Price", "Option1 Value", "Vendor")],
)  # fmt: skip
def test_every_column_is_used_or_said_to_be_ignored(headings: tuple[str, ...]) -> None:
    columns: Columns = recognise(headings, "EUR")
    used = {*columns.fields.values(), *columns.variant, columns.group} - {None}
    assert {*(headings[at] for at in used), *columns.ignored} == set(headings) - {""}


@pytest.mark.parametrize(
    "headings",
    [("name", "NAME ", "price"), ("sku", "name", "Colour", "colour"), ("product name", "product_name", "sku")],
)
def test_two_columns_of_one_name_are_refused(headings: tuple[str, ...]) -> None:
    with pytest.raises(Unknown, match="same name"):
        recognise(headings, "EUR")


@pytest.mark.parametrize("headings", [(), ("",), ("name",), ("price", "description"), ("a", "b"), ("name price",)])
def test_a_table_needs_a_name_or_a_sku_and_one_field_more(headings: tuple[str, ...]) -> None:
    with pytest.raises(Unknown, match="no known headings"):
        recognise(headings, "EUR")
