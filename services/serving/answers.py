"""Response bodies that every service has: problems and health."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Params = Annotated[
    dict[str, str | int], Meta(description="Values that the sentence mentions (a limit, a line, an id), for programs.")
]


class FieldError(Struct, frozen=True, omit_defaults=True):
    """An error in one field."""

    pointer: Annotated[str, Meta(description="JSON Pointer (RFC 6901) to the field, or the name of a parameter.")]
    detail: str
    code: Annotated[str, Meta(description="The kind of error, for programs.")]
    params: Params = {}


class Problem(Struct, frozen=True, omit_defaults=True):
    """An error response (RFC 9457)."""

    title: str
    status: int
    detail: str
    request_id: str
    type: str = "about:blank"
    errors: list[FieldError] = []


class Check(Struct, frozen=True, omit_defaults=True):
    """The state of one dependency of the service."""

    name: str
    ok: bool
    detail: str = ""


HealthStatus = Literal["alive", "ready", "unready"]


class Health(Struct, frozen=True):
    """Whether the service is ready, and the checks of its dependencies."""

    status: HealthStatus
    service: str
    version: str
    checks: list[Check]
