"""Formats prices, numbers and times for each language."""

from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from babel.dates import format_datetime
from babel.numbers import format_currency, format_decimal
from flask import Flask
from flask_babel import get_locale
from markupsafe import Markup

from catalog.settings import Settings


def register(app: Flask, settings: Settings) -> None:
    """Gives templates the filters `price`, `number`, `decimal` and `moment`, and `example_price()`."""

    def price(value: Decimal | str) -> str:
        return _price(str(value), settings.currency, get_locale().language)

    app.jinja_env.filters["price"] = price
    app.jinja_env.filters["number"] = number
    app.jinja_env.filters["decimal"] = decimal
    app.jinja_env.filters["moment"] = moment
    app.jinja_env.globals["currency"] = settings.currency
    # Jinja would evaluate a filter on a constant once, for all languages.
    app.jinja_env.globals["example_price"] = example_price


# Formatting prices takes a quarter of the time of a page, and the same prices recur.
@lru_cache(maxsize=10_000)
def _price(value: str, currency: str, language: str) -> str:
    # Show the two decimals that are stored, even for a currency that has fewer.
    return format_currency(Decimal(value), currency, locale=language, currency_digits=False)


def plain_price(value: Decimal) -> str:
    """Formats a price for editing, without currency and thousands separators: `1299.00`, in French `1299,00`."""
    return format_decimal(value, format="0.00", locale=get_locale())


def example_price() -> str:
    """An example that shows how to write a price."""
    return plain_price(Decimal("1299"))


def number(value: float) -> str:
    """Formats a whole number with thousands separators."""
    return format_decimal(round(value), locale=get_locale())


def decimal(value: float) -> str:
    """Formats a number with one decimal."""
    return format_decimal(value, format="#,##0.0", locale=get_locale())


def moment(value: datetime) -> Markup:
    """Formats date and time in UTC, for people and for programs."""
    return _moment(value, get_locale().language)


@lru_cache(maxsize=10_000)
def _moment(value: datetime, language: str) -> Markup:
    text = format_datetime(value, "d MMM y, HH:mm", tzinfo=None, locale=language)
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(timespec="seconds"), text)
