"""What travels between the services and their callers: one definition decodes, validates, encodes and documents it."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from itertools import islice
from typing import Annotated, Any, Literal, TypeVar, get_args, get_type_hints

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from catalog import price, text
from catalog.text import Invalid

ID_MAX = 2**63 - 1
# So many faults of one object are named, and so much of a name.
FAULTS_MAX = 20
NAME_SHOWN = 80

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
        """What people gave it, without what the catalogue did."""
        return NewProduct(**{name: getattr(self, name) for name in NewProduct.__struct_fields__})


class NewProduct(Struct, frozen=True, forbid_unknown_fields=True):
    """A product to add."""

    name: Name
    price: GivenPrice
    sku: Sku | None = None
    description: GivenDescription = ""


REQUIRED = tuple(field.name for field in msgspec.structs.fields(NewProduct) if field.required)
"""The fields that a new product must have."""


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


Params = Annotated[
    dict[str, str | int], Meta(description="What the sentence speaks of (a limit, a line, an id), for programs.")
]


class FieldError(Struct, frozen=True, omit_defaults=True):
    """What is wrong with one field."""

    pointer: Annotated[str, Meta(description="JSON Pointer (RFC 6901) to the field, or the name of a parameter.")]
    detail: str
    code: Annotated[str, Meta(description="The kind of fault, for programs.")]
    params: Params = {}


class Problem(Struct, frozen=True, omit_defaults=True):
    """What went wrong (RFC 9457)."""

    title: str
    status: int
    detail: str
    request_id: str
    type: str = "about:blank"
    errors: list[FieldError] = []


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


class Check(Struct, frozen=True, omit_defaults=True):
    """One thing that the service needs."""

    name: str
    ok: bool
    detail: str = ""


HealthStatus = Literal["alive", "ready", "unready"]


class Health(Struct, frozen=True):
    """Whether the service is ready, and what it needs for that."""

    status: HealthStatus
    service: str
    version: str
    checks: list[Check]


T = TypeVar("T", bound=Struct)

# Objects as lists of their members. Numbers stay texts: they may have any number of digits.
_PAIRS = json.JSONDecoder(object_pairs_hook=list, parse_int=str, parse_float=str)

encode: Callable[[Any], bytes] = msgspec.json.Encoder().encode


class Malformed(ValueError):
    """A body that is no JSON at all."""


class Rejected(ValueError):
    """A body whose fields break rules; `errors` names each of them."""

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__(f"{len(errors)} fields are invalid")
        self.errors = errors


def decode(body: bytes, kind: type[T]) -> T:
    """Reads a JSON object into a Struct and applies each field's rule. Raises Malformed, or Rejected with all faults.

    Fields are decoded one by one, so that one answer names all that is wrong, and a price is read from its
    digits as sent, before any float could round it. A member that is there twice is refused, since readers of JSON
    differ in which one counts (RFC 8259, section 4). Of very many faults the first are named.
    """
    try:
        fields = msgspec.json.decode(body, type=dict[str, Raw])
        readers = _readers(kind)
        values: dict[str, Any] = {}
        errors = [
            FieldError(_pointer(name), "is given more than once", "repeated_member")
            for name in islice(_repeated(body, fields), FAULTS_MAX)
        ]
        for name, raw in fields.items():
            if len(errors) == FAULTS_MAX:
                break
            try:
                if name not in readers:
                    raise Invalid("unknown", f"is not a field; there are: {', '.join(readers)}")
                values[name] = readers[name](bytes(raw))
            except Invalid as fault:
                errors.append(FieldError(_pointer(name), fault.detail, fault.code, fault.params))
    except msgspec.ValidationError:
        raise Rejected([FieldError("", "must be a JSON object", "type")]) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"the body is not JSON in UTF-8: {error}") from None
    errors += [
        FieldError(_pointer(field.encode_name), "is missing", "required")
        for field in msgspec.structs.fields(kind)
        if field.required and field.encode_name not in fields
    ]
    if errors:
        raise Rejected(errors)
    return kind(**values)


def _repeated(body: bytes, fields: Mapping[str, Raw]) -> Iterator[str]:
    """The names that the object has more than once."""
    # Each member has a colon; where there are no more of them than names, none is there twice.
    if body.count(b":") > len(fields):
        seen = Counter(name for name, _ in _PAIRS.decode(body.decode()))
        yield from (name for name, number in seen.items() if number > 1)


def _pointer(name: str) -> str:
    """JSON Pointer of a member (RFC 6901), which is shortened when it is no name of a field anyway."""
    return "/" + text.shortened(name, NAME_SHOWN).replace("~", "~0").replace("/", "~1")


@cache
def _readers(kind: type[Struct]) -> dict[str, Callable[[bytes], Any]]:
    """How each field is read from its raw JSON."""
    return {name: _reader(hint) for name, hint in get_type_hints(kind, include_extras=True).items()}


def _reader(hint: Any) -> Callable[[bytes], Any]:
    options = get_args(hint) if not hasattr(hint, "__metadata__") else (hint,)
    annotated = next(option for option in options if hasattr(option, "__metadata__"))
    extra = annotated.__metadata__[0].extra
    rule = extra["rule"]
    nulls = {b"null": None} if type(None) in options else {b"null": extra["null"]} if "null" in extra else {}
    read = _read_number if annotated.__origin__ is Decimal else _read_text

    def reader(raw: bytes) -> Any:
        return nulls[raw] if raw in nulls else rule(read(raw))

    return reader


def _read_text(raw: bytes) -> str:
    if raw[:1] != b'"':
        raise Invalid("type", "must be a string")
    return msgspec.json.decode(raw, type=str)


def _read_number(raw: bytes) -> str:
    """The digits of a JSON number as they were sent, or the content of a JSON string."""
    if raw[:1] == b'"':
        return msgspec.json.decode(raw, type=str)
    if raw[:1] not in b"-0123456789":
        raise Invalid("type", 'must be a decimal number such as "12.50"')
    return raw.decode("ascii")
