"""What every service can answer: problems, and whether it is well."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

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
