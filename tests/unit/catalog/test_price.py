"""The price on the wire: its digits as sent, at most two decimals, never rounded."""

import re
from decimal import Decimal

import pytest

from catalog import price
from serving.bodies import Invalid


@pytest.mark.parametrize(
    ("token", "value"),
    [("0", "0.00"), ("2000", "2000.00"), ("2000.00", "2000.00"), ("12.1", "12.10"), ("9999999999.99", "9999999999.99")],
)
def test_zeros_make_no_difference_and_no_exponent(token: str, value: str) -> None:
    assert str(price.exact(token)) == value
    assert re.search(price.PATTERN, token)


@pytest.mark.parametrize(
    ("token", "code"),
    [("1.005", "decimals"), ("12.500", "decimals"), ("0.0000000000000000000001", "decimals"), ("-0", "negative"),
     ("10000000000", "digits"), ("1E3", "number"), ("1\n", "number"), ("1 ", "number"), ("１", "number"), ("1.", "number")],
)  # fmt: skip
def test_what_would_be_rounded_or_guessed_is_refused(token: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        price.exact(token)
    assert refused.value.code == code
    assert not re.search(price.PATTERN.replace("$", r"\Z"), token)


def test_the_greatest_price_is_the_greatest_that_is_taken() -> None:
    assert price.exact(str(price.MAX)) == price.MAX
    with pytest.raises(Invalid):
        price.exact(str(price.MAX + Decimal("0.01")))
