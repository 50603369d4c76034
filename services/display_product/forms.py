"""The forms, validated by the same rules that the services apply."""

import re
import secrets
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask import current_app, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import StopValidation

from catalog import amount, text, wire
from display_product import messages
from display_product.formats import plain_price
from serving import answers
from serving.bodies import Invalid

TOKEN = re.compile(r"[A-Za-z0-9_-]{8,64}")
ETAG = re.compile(r"[0-9]{1,20}-[0-9]{1,20}")
FIELDS = wire.NewProduct.__struct_fields__
ON_CONFLICT = {
    "skip": lazy_gettext("Leave the product as it is"),
    "update": lazy_gettext("Update the product from the file"),
    "fail": lazy_gettext("Report the row as an error"),
}


def _price(value: str) -> Decimal:
    return amount.parse(value, current_app.extensions["settings"].currency)


def _sku(value: str) -> str | None:
    return text.sku(value) if text.trim(value) else None


def _check(rule: Callable[[str], Any]) -> Callable[[Any, Any], None]:
    """A WTForms validator that stores the value returned by the rule in `form.checked`."""

    def validate(form: "ProductForm", field: Any) -> None:
        try:
            form.checked[field.name] = rule(field.data or "")
        except Invalid as fault:
            raise StopValidation(messages.of_field(fault.code, field.name, fault.params)) from None

    return validate


class PlainForm(FlaskForm):  # type: ignore[misc]
    """A button with its CSRF token."""

    class Meta:
        """See WTForms."""

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """The form data only, never a body of another type, whose values need not be strings."""
            if formdata is not None and request.method == "POST":
                return request.form
            return None


class ProductForm(PlainForm):
    """The fields of a product.

    `token` makes resubmitting harmless, `etag` is the version that was edited, and `shown` says what else the page
    showed, so that the page can show it again in another language.
    """

    name = StringField(lazy_gettext("Name"), [_check(text.name)])
    price = StringField(lazy_gettext("Price"), [_check(_price)])
    sku = StringField(lazy_gettext("SKU"), [_check(_sku)])
    description = TextAreaField(lazy_gettext("Description"), [_check(text.description)])
    token = HiddenField()
    etag = HiddenField()
    shown = HiddenField()

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.checked: dict[str, Any] = {}
        self.general: list[str] = []
        if not TOKEN.fullmatch(self.token.data or ""):
            self.renew()

    @classmethod
    def of(cls, product: wire.Product) -> "ProductForm":
        """The form that edits this product."""
        return cls(**texts(product), etag=product.etag)

    def renew(self) -> None:
        """Gives the form a new token, so that earlier submissions do not count as this one."""
        self.token.data = secrets.token_urlsafe(18)

    def product(self) -> wire.NewProduct:
        """The input after validation."""
        return wire.NewProduct(**{name: self.checked[name] for name in FIELDS})

    def take(self, errors: list[answers.FieldError]) -> None:
        """Attaches a service's errors to the fields they concern."""
        for error in errors:
            field = error.pointer.removeprefix("/")
            sentence = messages.of_field(error.code, field, error.params)
            if field in FIELDS:
                self[field].errors = [*self[field].errors, sentence]
            else:
                self.general.append(sentence)

    @property
    def faults(self) -> list[tuple[str | None, str]]:
        """All errors in the order of the form, each with the ID of its field and a sentence that names it."""
        if "csrf_token" in self.errors:
            self.general = [_("The form was open for too long, or your browser blocks cookies. Please send it again.")]
        return [(None, sentence) for sentence in self.general] + [
            (self[field].id, _("%(field)s: %(fault)s", field=messages.label(field), fault=sentence))
            for field in FIELDS
            for sentence in self[field].errors
        ]


class ImportForm(PlainForm):
    """How to read a file, and what to do with SKUs that the catalogue has already; `uploads` reads the file itself.

    `token` is as in ProductForm.
    """

    token = HiddenField()
    charset = SelectField(lazy_gettext("File encoding"))
    on_conflict = RadioField(
        lazy_gettext("If a product with the same SKU already exists"),
        choices=[SelectChoice(value, label) for value, label in ON_CONFLICT.items()],
        default="skip",
    )

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.charset.choices = [("", ""), *messages.charsets()]


def texts(product: wire.Product | wire.NewProduct) -> dict[str, str]:
    """The product's fields as the form shows them."""
    return {name: _text(getattr(product, name)) for name in FIELDS}


def _text(value: str | Decimal | None) -> str:
    return plain_price(value) if isinstance(value, Decimal) else value or ""
