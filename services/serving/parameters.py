"""Query parameters: only those that an operation declares are accepted, once each, and valid by their schemas."""

from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from serving.problems import wrong_parameter

Schema = Mapping[str, Any]

ID_MAX = 2**63 - 1
"""The greatest id that a URL can name and a database can store."""


def check(given: MultiDict[str, str], declared: Mapping[str, Schema]) -> None:
    """Raises a 400 problem that names the first invalid parameter. `declared` maps each parameter to its schema."""
    for name, values in given.lists():
        if name not in declared:
            raise wrong_parameter(name, "is not a parameter of this address")
        if len(values) > 1:
            raise wrong_parameter(name, "is given more than once")
        if fault := _fault(values[0], declared[name]):
            raise wrong_parameter(name, fault)


def _fault(text: str, schema: Schema) -> str | None:
    match schema:
        case {"enum": allowed} if text not in allowed:
            return f"must be one of {', '.join(allowed)}"
        case {"type": "integer", "minimum": least, "maximum": most} if not _is_integer(text, least, most):
            return f"must be a whole number from {least} to {most}"
        case {"maxLength": most} if len(text) > most:
            return f"must not be longer than {most} characters"
    return None


def _is_integer(text: str, least: int, most: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= len(str(most)) and least <= int(text) <= most
