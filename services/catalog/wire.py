"""The wire types: one definition decodes, validates, encodes and documents each request and response body."""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from catalog import price, text
from serving.access import Kind as ActorKind
from serving.answers import FieldError, Params
from serving.bodies import Invalid
from serving.parameters import ID_MAX

PRODUCTS = "/api/v1/products"
"""Path of the products at add-product and read-product."""
IMPORTS = "/api/v1/imports"
"""Path of the imports, at both as well."""
TOKENS = "/api/v1/tokens"
"""Path of the tokens of programs, at add-product."""
CHANGES = "/api/v1/changes"
"""Path of the history at read-product."""

Id = Annotated[int, Meta(ge=1, le=ID_MAX, description="Number of the product, given by the catalogue.")]
Sku = Annotated[
    str,
    Meta(
        description=f"Stock keeping unit of at most {text.SKU_MAX} characters: unique in the catalogue, regardless of "
        "letter case and kinds of blanks. Blanks and invisible characters at both ends are dropped; invisible "
        "characters elsewhere are refused.",
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
        "null means an empty description.",
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
    """A product as the catalogue stores it."""

    id: Id
    sku: Sku | None
    name: Name
    description: Description
    price: Price
    created_at: Instant
    updated_at: Instant
    version: Annotated[int, Meta(ge=1, description="Incremented by each change; part of the ETag.")]

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
    """The fields of a product to change (RFC 7396): null clears a field, and an omitted field stays as it is."""

    name: Name | UnsetType = UNSET
    price: GivenPrice | UnsetType = UNSET
    sku: Sku | UnsetType | None = UNSET
    description: GivenDescription | UnsetType = UNSET


class ProductPage(Struct, frozen=True):
    """One page of the list."""

    items: list[Product]
    next: Annotated[
        str | None,
        Meta(description="Address of the next page, relative to that of this page (RFC 3986); null on the last page."),
    ]


class ImportFault(Struct, frozen=True, omit_defaults=True):
    """An error or a warning about a row."""

    row: Annotated[int, Meta(ge=1, description="Row as a spreadsheet counts it; the heading is row 1.")]
    line: Annotated[int, Meta(ge=1, description="Line of the file where the row begins.")]
    column: Annotated[str | None, Meta(description="Heading of the cell as the file has it; null for the whole row.")]
    field: Annotated[str | None, Meta(description="Field of the product; null for the whole row.")]
    value: Annotated[str, Meta(description="Content of the cell, shortened.")]
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
    skipped: Annotated[int, Meta(description="Rows without effect: existing, unchanged, or no product of their own.")]
    failed: int
    encoding: str
    columns: Annotated[dict[str, str], Meta(description="Which heading was taken for which field.")]
    ignored_columns: list[str]
    errors: list[ImportFault]
    errors_omitted: Annotated[int, Meta(description="Errors beyond those listed.")]
    warnings: list[ImportFault]
    warnings_omitted: int
    sample: Annotated[
        list[SampleRow], Meta(description="Some rows as stored, those with non-ASCII letters first.")
    ] = []


class ChangedFields(Struct, frozen=True, omit_defaults=True):
    """Those fields of a product that a change affects."""

    sku: Sku | UnsetType | None = UNSET
    name: Name | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    price: Price | UnsetType = UNSET


UndoOutcome = Literal["deleted", "changed", "restored"]
LeftReason = Literal["changed", "deleted", "undone", "present", "sku_taken"]


class UndoneProduct(Struct, frozen=True):
    """A product that an undo changes."""

    product_id: Id
    name: Annotated[str, Meta(description="Name of the product before the undo, or of a deleted one before that.")]
    outcome: UndoOutcome
    before: Annotated[
        ChangedFields | None,
        Meta(description="The fields that differ, as they are before the undo; null for a product that it restores."),
    ]
    after: Annotated[
        ChangedFields | None, Meta(description="The same fields afterwards; null for a product that it deletes.")
    ]


class LeftProduct(Struct, frozen=True):
    """A product that an undo leaves alone."""

    product_id: Id
    name: Annotated[str, Meta(description="Its current name; empty if there is no such product any more.")]
    reason: Annotated[
        LeftReason,
        Meta(
            description="changed, deleted: since the import, by somebody else. undone: by an earlier undo, which was "
            "stopped. present: it was deleted by the undo that is undone, but is there again. sku_taken: another "
            "product has its SKU now."
        ),
    ]


class UndoReport(Struct, frozen=True):
    """What the undo of an import did, or would do."""

    dry_run: bool
    products: Annotated[int, Meta(description="Products that the import changed, as far as the history has them.")]
    unrecorded: Annotated[int, Meta(description="Products that the import changed, but the history does not have.")]
    done: Annotated[int, Meta(description="Products that the undo has come to, the sum of the four counts.")]
    deleted: Annotated[int, Meta(description="Products that the import created.")]
    changed: Annotated[int, Meta(description="Products that have the values again that they had before the import.")]
    restored: Annotated[int, Meta(description="Products that are there again, after the undo of an undo.")]
    left: Annotated[int, Meta(description="Products left alone, since they have changed after the import.")]
    left_alone: Annotated[list[LeftProduct], Meta(description="The first thousand of these.")]
    left_omitted: Annotated[int, Meta(description="Products left alone beyond those listed.")]
    sample: Annotated[list[UndoneProduct], Meta(description="Some products of each outcome, long texts shortened.")]


ImportState = Literal["checking", "checked", "waiting", "running", "done", "interrupted", "failed"]


class Import(Struct, frozen=True):
    """An uploaded file, and the progress of its import; or the undo of an import, which has no file."""

    id: Annotated[int, Meta(ge=1, le=ID_MAX, description="Number of the import, given by the catalogue.")]
    state: Annotated[
        ImportState,
        Meta(
            description="checking: the dry run is in progress. checked: it has ended, and the import can be started. "
            "waiting: for imports that were started earlier. running: rows are being written. done: all rows were "
            "read. interrupted: cancelled, or too old; the report says what was written. failed: the file is "
            "unusable; problem says why."
        ),
    ]
    name: Annotated[str, Meta(description="Name of the file; empty if the client gave none.")]
    size: Annotated[int, Meta(ge=0, description="Size of the file in bytes.")]
    digest: Annotated[str, Meta(description="SHA-256 of the file, in hexadecimal digits.")]
    on_conflict: str
    charset: Annotated[str | None, Meta(description="Encoding that the client named; null if it is detected.")]
    created_at: Instant
    changed_at: Instant
    ahead: Annotated[int, Meta(ge=0, description="Imports that will be written before this one.")]
    bytes_done: Annotated[int, Meta(ge=0, description="Bytes of the file that have been read.")]
    report: Annotated[ImportReport | None, Meta(description="What the import has done, or would do, so far.")]
    problem: Annotated[FieldError | None, Meta(description="Why the file is unusable.")] = None
    undo_of: Annotated[int | None, Meta(description="The import that this one takes back; null for a file.")] = None
    undo: Annotated[UndoReport | None, Meta(description="What the undo has done, or would do, so far.")] = None
    undone_by: Annotated[
        int | None, Meta(description="The import that takes this one back, or has done so; null if there is none.")
    ] = None


class ImportPage(Struct, frozen=True):
    """One page of the imports, newest first."""

    items: list[Import]
    next: Annotated[str | None, Meta(description="Address of the next page; null on the last page.")]


class Actor(Struct, frozen=True):
    """Who made a change."""

    kind: ActorKind
    name: Annotated[str, Meta(description="Name of the person, token or workload; empty for anonymous.")]


ChangeKind = Literal["created", "changed", "deleted", "restored", "import"]


class Change(Struct, frozen=True):
    """An entry of the history: a change of one product, or a whole import."""

    id: Annotated[int, Meta(ge=1, le=ID_MAX, description="Number of the entry.")]
    kind: ChangeKind
    at: Instant
    actor: Actor
    request_id: Annotated[str | None, Meta(description="X-Request-ID of the request that made the change.")]
    import_id: Annotated[int | None, Meta(description="The import that made the change; null for a single change.")]
    product_id: Annotated[int | None, Meta(description="The product; null for a whole import.")]
    product_name: Annotated[
        str | None,
        Meta(
            description="Name of the product as it is now. If there is no such product any more, its name in this "
            "change, or null."
        ),
    ]
    version: Annotated[
        int | None, Meta(description="The version that the change made; of a deletion, the version that was deleted.")
    ]
    before: Annotated[
        ChangedFields | None,
        Meta(
            description="The fields that differ, as they were: all four for a deletion, null for a new or restored "
            "product and for a whole import."
        ),
    ]
    after: Annotated[
        ChangedFields | None,
        Meta(
            description="The same fields as they became: all four for a new or restored product, null for a deletion "
            "and a whole import. Also null for a new product whose later changes were not recorded."
        ),
    ]
    products: Annotated[int | None, Meta(description="How many products a whole import has changed; otherwise null.")]


class ChangeList(Struct, frozen=True):
    """One page of the history, newest first."""

    items: list[Change]
    next: Annotated[str | None, Meta(description="Address of the next page; null on the last page.")]


TOKEN_DAYS_MAX = 3650
"""Longest time for which a token is valid."""

TokenName = Annotated[
    str,
    Meta(
        description=f"What the token is for: one line of at most {text.NAME_MAX} characters, which appears as the name "
        "of whoever changes something with it.",
        examples=["Nightly price import"],
        extra_json_schema={"pattern": text.NAME_PATTERN},
        extra={"rule": text.name},
    ),
]


def _role(value: str) -> str:
    if value not in ("reader", "editor"):
        raise Invalid("choice", "must be reader or editor")
    return value


def _days(value: str) -> Decimal:
    try:
        days = Decimal(value)
    except InvalidOperation:
        raise Invalid("type", "must be a whole number") from None
    if not days.is_finite() or days != days.to_integral_value() or not 1 <= days <= TOKEN_DAYS_MAX:
        raise Invalid("range", f"must be a whole number from 1 to {TOKEN_DAYS_MAX}")
    return days


class NewToken(Struct, frozen=True, forbid_unknown_fields=True):
    """A token to make."""

    name: TokenName
    role: Annotated[
        str,
        Meta(
            description="reader: may read. editor: may also write.",
            extra_json_schema={"enum": ["reader", "editor"]},
            extra={"rule": _role},
        ),
    ]
    days: Annotated[
        Decimal,
        Meta(
            description="For how many days the token is valid.",
            extra_json_schema={"anyOf": [{"type": "integer", "minimum": 1, "maximum": TOKEN_DAYS_MAX}]},
            extra={"rule": _days},
        ),
    ]


class Token(Struct, frozen=True):
    """A token of a program, without the token itself, which nobody but its holder knows."""

    id: Annotated[int, Meta(ge=1, le=ID_MAX, description="Number of the token, given by the catalogue.")]
    name: TokenName
    role: Literal["reader", "editor"]
    created_by: Annotated[str, Meta(description="Who made it.")]
    created_at: Instant
    expires_at: Instant
    used_at: Annotated[Instant | None, Meta(description="The hour of the last use; null if never used.")]
    revoked_at: Annotated[Instant | None, Meta(description="When it was revoked; null if it was not.")]


class MadeToken(Struct, frozen=True):
    """A token that has just been made. The catalogue shows it this once."""

    token: Annotated[
        str,
        Meta(
            description="The token itself, to be sent as `Authorization: Bearer …`.",
            extra_json_schema={"pattern": "^pcat_[0-9A-Za-z]{49}$"},
        ),
    ]
    details: Token


class TokenPage(Struct, frozen=True):
    """One page of the tokens, newest first; those that are revoked or have ended, too."""

    items: list[Token]
    next: Annotated[str | None, Meta(description="Address of the next page; null on the last page.")]
