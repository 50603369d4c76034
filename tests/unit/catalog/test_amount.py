"""Amounts as people and spreadsheets write them: the exact value, or a refusal; never another value."""

import time
from decimal import Decimal

import pytest
from babel.numbers import format_currency, list_currencies

from catalog import amount, price
from serving.bodies import Invalid


@pytest.mark.parametrize(
    ("group", "mark"),
    [(group, mark) for mark in ".," for group in ("", *" \u00a0\u202f\u2009.,'’") if group != mark],
)
@pytest.mark.parametrize(
    "value", ["0.00", "0.05", "0.50", "9.99", "42.00", "999.90", "1299.00", "1234567.89", str(price.MAX)]
)
def test_a_price_with_two_decimals_means_the_same_in_every_notation(value: str, mark: str, group: str) -> None:
    integer, fraction = value.split(".")
    written = f"{int(integer):,}".replace(",", group) + mark + fraction
    assert amount.parse(written, "EUR") == Decimal(value)


@pytest.mark.parametrize(
    ("written", "value"),
    [("2,4", "2.40"), ("0,1", "0.10"), (",5", "0.50"), ("007", "7.00"), ("000000000000001", "1.00"), ("1 299", "1299.00"),
     ("1'299", "1299.00"), ("1,234,567", "1234567.00"), ("12.3400", "12.34"), ("12,0000", "12.00"), (" 5\t", "5.00")],
)  # fmt: skip
def test_other_notations_of_which_there_is_one_meaning(written: str, value: str) -> None:
    assert amount.parse(written, "EUR") == Decimal(value)


@pytest.mark.parametrize(
    ("written", "currency", "value"),
    [("€5", "EUR", "5"), ("$ 5", "USD", "5"), ("5\u00a0€", "EUR", "5"), ("CHF 1'299.00", "CHF", "1299"), ("5EUR", "EUR", "5"),
     ("₹.50", "INR", "0.50"), ("12,50 zł", "PLN", "12.50"), ("12,50 kr", "SEK", "12.50"), ("kr. 12,50", "DKK", "12.50"),
     ("12.–", "CHF", "12"), ("1.299,-", "EUR", "1299"), ("12,— €", "EUR", "12"), ("R$ 12,50", "BRL", "12.50"),
     ("US$12.50", "USD", "12.50"), ("$12.50", "CAD", "12.50"), ("12,50 euros", "EUR", "12.50"), ("5 eur", "EUR", "5"),
     ("12.50 US dollars", "USD", "12.50"), ("₹1,29,900.00", "INR", "129900"), ("1,29,900", "INR", "129900"), ("Rs.500", "INR", "500"),
     ("١٢٫٥٠", "EUR", "12.50"), ("١٬٢٩٩٫٥٠", "EUR", "1299.50"), ("１２．５０", "JPY", "12.50"), ("￥１２", "JPY", "12"), ("12元", "CNY", "12"),
     ("\u200e12.50", "EUR", "12.50"), ("\ufeff12,50\u200f €", "EUR", "12.50"), ("\u202a$12.50\u202c", "USD", "12.50")],
)  # fmt: skip
def test_the_currency_may_stand_beside_the_number_in_the_worlds_ways(written: str, currency: str, value: str) -> None:
    assert amount.parse(written, currency) == Decimal(value)


@pytest.mark.parametrize(
    ("written", "currency"),
    [("$5", "EUR"), ("5 USD", "EUR"), ("12.50 CHF", "EUR"), ("5 €", "CHF"), ("5 kr", "EUR"), ("¥5", "USD"), ("CA$5", "USD"), ("5 euros", "USD"),
     ("£5", "EUR"), ("R$5", "USD")],
)  # fmt: skip
def test_another_currency_is_refused_and_named(written: str, currency: str) -> None:
    with pytest.raises(Invalid) as refused:
        amount.parse(written, currency)
    assert (refused.value.code, refused.value.params["currency"]) == ("currency", currency)


@pytest.mark.parametrize("language", amount.LANGUAGES)
@pytest.mark.parametrize("value", ["0.05", "12.50", "1299.00", "1234567.89"])
def test_a_price_is_read_as_the_pages_show_it_in_every_currency(language: str, value: str) -> None:
    for currency in list_currencies():
        shown = format_currency(Decimal(value), currency, locale=language, currency_digits=False)
        assert amount.parse(shown, currency) == Decimal(value), shown


@pytest.mark.parametrize(
    ("written", "code"),
    [
        *((text, "ambiguous") for text in ("1,299", "999.000", "1,299 €", "€1.299", "١٫٢٩٩", "12,500", "1.005")),
        *((text, "negative") for text in ("-1", "−5", "€-5", "-€5", "(5,00)", "(€5)", "-0")),
        *((text, "decimals") for text in ("0,123", "0.120", "1,234.567", "1.234,567", "2.0001")),
        *((text, "digits") for text in ("10000000000", "10 000 000 000,00")),
        *((text, "required") for text in ("", " ", "\u00a0\u202f")),
        *(
            (text, "number")
            for text in (
                "5.", "1,2,3", "1.299.00", "1,299,00", "12,50,00", "1 29", "0 299", "1  299", "1 2", "1. 5", "1'2.5",
                "1e3", "0x10", "NaN", "½", "free", "€", "EUR", "€ 5 €", "5 ABC", "5 EUR TTC", "EUR.50", "1,29,90", "12.-50", "$ 5 USD", "5-6", "€5€50",
            )
        ),
    ],
)  # fmt: skip
def test_what_means_two_things_or_none_is_refused(written: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        amount.parse(written, "EUR")
    assert refused.value.code == code


def test_the_time_for_a_cell_grows_with_its_length_only() -> None:
    before = time.process_time()
    for text in ("1 " * 100_000 + "x", "1" * 200_000 + " ", "(" * 200_000, "1" + " " * 200_000 + "x"):
        with pytest.raises(Invalid):
            amount.parse(text, "EUR")
    assert time.process_time() - before < 10, "seconds; a tenth is usual"
