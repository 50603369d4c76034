"""JSON bodies: the Struct that declares the fields, each with its rule, decodes and validates them."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from itertools import islice
from typing import Any, TypeVar, get_args, get_type_hints

import msgspec
from msgspec import Raw, Struct

from serving.answers import FieldError

# At most this many errors are reported for one object, and at most this many characters of a name are shown.
FAULTS_MAX = 20
NAME_SHOWN = 80

T = TypeVar("T", bound=Struct)

# Decodes objects as lists of their members. Numbers stay strings: they may have any number of digits.
_PAIRS = json.JSONDecoder(object_pairs_hook=list, parse_int=str, parse_float=str)

encode: Callable[[Any], bytes] = msgspec.json.Encoder().encode


class Invalid(ValueError):
    """A value that breaks a rule: `code` for programs, `detail` for people, `params` for the values in the sentence."""

    def __init__(self, code: str, detail: str, **params: str | int) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.params = params


class Malformed(ValueError):
    """A body that is not JSON."""


class Rejected(ValueError):
    """A body with invalid fields; `errors` names each of them."""

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__(f"{len(errors)} fields are invalid")
        self.errors = errors


def decode(body: bytes, kind: type[T]) -> T:
    """Decodes a JSON object into a Struct and applies each field's rule. Raises Malformed, or Rejected with all errors.

    Fields are strings or Decimals, each with a `rule` in its Meta's `extra`. They are decoded one by one, so that one
    response names every error, and a decimal number is read from its digits as sent, before a float could round it.
    A repeated member is refused, since JSON parsers differ in which one they use (RFC 8259, section 4). If there are
    more than FAULTS_MAX errors, only the first ones are named.
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
    """The member names that occur more than once in the object."""
    # Each member has a colon: if there are no more colons than names, no name is repeated.
    if body.count(b":") > len(fields):
        seen = Counter(name for name, _ in _PAIRS.decode(body.decode()))
        yield from (name for name, number in seen.items() if number > 1)


def shortened(value: str, most: int) -> str:
    """The text, cut to at most `most` characters."""
    return value if len(value) <= most else value[: most - 1] + "…"


def _pointer(name: str) -> str:
    """JSON Pointer to a member (RFC 6901). Long names, which are no field's, are shortened."""
    return "/" + shortened(name, NAME_SHOWN).replace("~", "~0").replace("/", "~1")


@cache
def _readers(kind: type[Struct]) -> dict[str, Callable[[bytes], Any]]:
    """The reader of each field, which takes the field's raw JSON."""
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
    """The digits of a JSON number exactly as sent, or the content of a JSON string."""
    if raw[:1] == b'"':
        return msgspec.json.decode(raw, type=str)
    if raw[:1] not in b"-0123456789":
        raise Invalid("type", 'must be a decimal number such as "12.50"')
    return raw.decode("ascii")
