"""Amounts as people and spreadsheets write them: the exact value, or a refusal; never another value."""

import time
from decimal import Decimal

import pytest

from catalog import amount, price
from catalog.amount import Amount
from catalog.text import Invalid


@pytest.mark.parametrize(
    ("group", "mark"),
    [(group, mark) for mark in ".," for group in ("", *" \u00a0\u202f\u2009.,'’") if group != mark],
)
@pytest.mark.parametrize(
    "value", ["0.00", "0.05", "0.50", "9.99", "42.00", "999.90", "1299.00", "1234567.89", str(price.MAX)]
)
def test_d01_a_price_with_two_decimals_means_the_same_in_every_notation(value: str, mark: str, group: str) -> None:
    integer, fraction = value.split(".")
    written = f"{int(integer):,}".replace(",", group) + mark + fraction
    assert amount.parse(written) == Amount(Decimal(value), None)


@pytest.mark.parametrize(
    ("written", "value"),
    [("2,4", "2.40"), ("0,1", "0.10"), (",5", "0.50"), ("007", "7.00"), ("000000000000001", "1.00"), ("1 299", "1299.00"),
     ("1'299", "1299.00"), ("1,234,567", "1234567.00"), ("12.3400", "12.34"), ("12,0000", "12.00"), (" 5\t", "5.00")],
)  # fmt: skip
def test_other_notations_of_which_there_is_one_meaning(written: str, value: str) -> None:
    assert amount.parse(written).value == Decimal(value)


@pytest.mark.parametrize(
    ("written", "currency"),
    [("€5", "€"), ("$ 5", "$"), ("5\u00a0€", "€"), ("CHF 1'299.00", "CHF"), ("5EUR", "EUR"), ("₹.50", "₹")],
)
def test_the_currency_beside_the_number_is_told(written: str, currency: str) -> None:
    assert amount.parse(written).currency == currency


@pytest.mark.parametrize(
    ("written", "code"),
    [
        *((text, "ambiguous") for text in ("1,299", "999.000", "1,299 €", "$1.299", "12,500", "1.005")),
        *((text, "negative") for text in ("-1", "−5", "€-5", "-€5", "(5,00)", "(€5)", "-0")),
        *((text, "decimals") for text in ("0,123", "0.120", "1,234.567", "1.234,567", "2.0001")),
        *((text, "digits") for text in ("10000000000", "10 000 000 000,00")),
        *((text, "required") for text in ("", " ", "\u00a0\u202f")),
        *(
            (text, "number")
            for text in (
                "5.", "1,2,3", "1.299.00", "1,299,00", "12,50,00", "1 29", "0 299", "1  299", "1 2", "1. 5", "1'2.5",
                "1e3", "0x10", "NaN", "٣", "½", "free", "€", "EUR", "€ 5 €", "5 ABC", "5 eur", "5 EUR TTC", "5-6", "€5€50",
            )
        ),
    ],
)  # fmt: skip
def test_what_means_two_things_or_none_is_refused(written: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        amount.parse(written)
    assert refused.value.code == code


def test_the_time_for_a_cell_grows_with_its_length_only() -> None:
    before = time.process_time()
    for text in ("1 " * 100_000 + "x", "1" * 200_000 + " ", "(" * 200_000, "1" + " " * 200_000 + "x"):
        with pytest.raises(Invalid):
            amount.parse(text)
    assert time.process_time() - before < 10, "seconds; a tenth is usual"
