"""The wire types: one definition decodes, validates, encodes and documents each request and response body."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from catalog import price, text
from serving.answers import FieldError, Params
from serving.parameters import ID_MAX

Id = Annotated[int, Meta(ge=1, le=ID_MAX, description="Number of the product, given by the catalogue.")]
Sku = Annotated[
    str,
    Meta(
        description=f"Stock keeping unit of at most {text.SKU_MAX} characters: unique in the catalogue, letter case "
        "and kinds of blanks aside. Blanks and invisible characters at both ends are dropped, and within refused.",
        examples=["MUG-12"],
        extra_json_schema={"pattern": text.SKU_PATTERN},
        extra={"rule": text.sku},
    ),
]
Name = Annotated[
    str,
    Meta(
        description=f"Name of the product: one line of at most {text.NAME_MAX} characters. "
        "Blanks and invisible characters at both ends are dropped.",
        examples=["Stoneware mug"],
        extra_json_schema={"pattern": text.NAME_PATTERN},
        extra={"rule": text.name},
    ),
]
Description = Annotated[
    str,
    Meta(
        description="Any number of lines of plain text. Blanks at both ends are dropped; lines end with a line feed.",
        extra_json_schema={"maxLength": text.DESCRIPTION_MAX, "pattern": text.TEXT_PATTERN},
        extra={"rule": text.description},
    ),
]
GivenDescription = Annotated[
    str,
    Meta(
        description="Any number of lines of plain text. Blanks at both ends are dropped; lines end with a line feed. "
        "null is the empty description.",
        extra_json_schema={
            "anyOf": [
                {"type": "string", "maxLength": text.DESCRIPTION_MAX, "pattern": text.TEXT_PATTERN},
                {"type": "null"},
            ]
        },
        extra={"rule": text.description, "null": ""},
    ),
]
Price = Annotated[
    Decimal,
    Meta(
        description="Price in the catalogue's one currency, exact: at most two decimals, never a float.",
        examples=["12.50"],
        extra_json_schema={"type": "string", "format": "decimal", "pattern": price.PATTERN},
    ),
]
GivenPrice = Annotated[
    Decimal,
    Meta(
        description="Price in the catalogue's one currency: a string, or a number without exponent. Never rounded.",
        examples=["12.50"],
        extra_json_schema={
            "anyOf": [
                {"type": "string", "pattern": price.PATTERN},
                {"type": "number", "minimum": 0, "maximum": float(price.MAX), "multipleOf": 0.01},
            ]
        },
        extra={"rule": price.exact},
    ),
]

Instant = Annotated[datetime, Meta(tz=True)]


class Product(Struct, frozen=True):
    """A product as the catalogue holds it."""

    id: Id
    sku: Sku | None
    name: Name
    description: Description
    price: Price
    created_at: Instant
    updated_at: Instant
    version: Annotated[int, Meta(ge=1, description="Counts the changes; part of the ETag.")]

    @property
    def etag(self) -> str:
        """Strong entity tag (RFC 9110, 8.8.3), without its quotes."""
        return f"{self.id}-{self.version}"

    @property
    def fields(self) -> "NewProduct":
        """The fields that clients set, without those that the catalogue sets."""
        return NewProduct(**{name: getattr(self, name) for name in NewProduct.__struct_fields__})


class NewProduct(Struct, frozen=True, forbid_unknown_fields=True):
    """A product to add."""

    name: Name
    price: GivenPrice
    sku: Sku | None = None
    description: GivenDescription = ""


REQUIRED = tuple(field.name for field in msgspec.structs.fields(NewProduct) if field.required)
"""The required fields of a new product."""


class ProductPatch(Struct, frozen=True, forbid_unknown_fields=True):
    """The fields of a product to change (RFC 7396): null clears one, what is left out stays as it is."""

    name: Name | UnsetType = UNSET
    price: GivenPrice | UnsetType = UNSET
    sku: Sku | UnsetType | None = UNSET
    description: GivenDescription | UnsetType = UNSET


class ProductPage(Struct, frozen=True):
    """One page of the list."""

    items: list[Product]
    next: Annotated[
        str | None,
        Meta(description="Where the next page is, relative to this one's address (RFC 3986); null on the last page."),
    ]


class ImportFault(Struct, frozen=True, omit_defaults=True):
    """A row that was not taken, or not taken as it stood."""

    row: Annotated[int, Meta(ge=1, description="Row as a spreadsheet counts it; the heading is row 1.")]
    line: Annotated[int, Meta(ge=1, description="Line of the file where the row begins.")]
    column: Annotated[str | None, Meta(description="Heading of the cell as the file has it; null for the whole row.")]
    field: Annotated[str | None, Meta(description="Field of the product; null for the whole row.")]
    value: Annotated[str, Meta(description="What stands in the cell, shortened.")]
    detail: str
    code: Annotated[str, Meta(description="The kind of fault, for programs.")]
    params: Params = {}


class SampleRow(Struct, frozen=True):
    """A row as it would be stored."""

    row: Annotated[int, Meta(ge=1, description="Row as a spreadsheet counts it; the heading is row 1.")]
    line: Annotated[int, Meta(ge=1, description="Line of the file where the row begins.")]
    values: Annotated[dict[str, str | None], Meta(description="Texts by field, the longer ones shortened.")]


class ImportReport(Struct, frozen=True):
    """What an import did, or would do."""

    dry_run: bool
    rows: Annotated[int, Meta(description="Rows that were read, without the heading.")]
    created: int
    updated: int
    skipped: Annotated[int, Meta(description="Rows left alone: already there, unchanged, or no product of their own.")]
    failed: int
    encoding: str
    columns: Annotated[dict[str, str], Meta(description="Which heading was taken for which field.")]
    ignored_columns: list[str]
    errors: list[ImportFault]
    errors_omitted: Annotated[int, Meta(description="Errors beyond those listed.")]
    warnings: list[ImportFault]
    warnings_omitted: int
    sample: Annotated[
        list[SampleRow], Meta(description="Some rows as stored, those with letters beyond ASCII first.")
    ] = []


ImportState = Literal["checking", "checked", "waiting", "running", "done", "interrupted", "failed"]


class Import(Struct, frozen=True):
    """A file that was sent, and how far its import has come."""

    id: Annotated[int, Meta(ge=1, le=ID_MAX, description="Number of the import, given by the catalogue.")]
    state: Annotated[
        ImportState,
        Meta(
            description="checking: a dry run is under way. checked: it is done, and the import can be started. "
            "waiting: for imports that were started before. running: rows are being written. done: all rows were "
            "read. interrupted: cancelled, or too old; the report says what was written. failed: the file cannot be "
            "used; problem says why."
        ),
    ]
    name: Annotated[str, Meta(description="Name of the file; empty if the caller gave none.")]
    size: Annotated[int, Meta(ge=0, description="Bytes of the file.")]
    digest: Annotated[str, Meta(description="SHA-256 of the file, in hexadecimal digits.")]
    on_conflict: str
    charset: Annotated[str | None, Meta(description="Encoding that the caller named; null: recognised.")]
    created_at: Instant
    changed_at: Instant
    ahead: Annotated[int, Meta(ge=0, description="Imports that will be written before this one.")]
    bytes_done: Annotated[int, Meta(ge=0, description="How far the file has been read, of size.")]
    report: Annotated[ImportReport | None, Meta(description="What was done, or would be done, so far.")]
    problem: Annotated[FieldError | None, Meta(description="Why the file cannot be used.")] = None


class ImportPage(Struct, frozen=True):
    """One page of the imports, the newest first."""

    items: list[Import]
    next: Annotated[str | None, Meta(description="Where the next page is; null on the last page.")]
