"""Who sends a request, and what they may do."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from flask import g, has_request_context

Role = Literal["", "reader", "editor"]
Kind = Literal["anonymous", "person", "token", "workload"]


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever sends a request: a person, a program with a token, or a workload that a trusted issuer vouches for."""

    kind: Kind
    name: str
    role: Role


ANONYMOUS = Principal("anonymous", "", "")
"""Whoever has not signed in, and everyone while authentication is off."""


class BadToken(Exception):
    """A token that is refused: `reason` is a short code for metrics, the message a sentence for people."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Verified(NamedTuple):
    """Who a valid token speaks for, and until when (seconds since 1970)."""

    principal: Principal
    until: float


def current() -> Principal:
    """The principal of the current request; ANONYMOUS outside of requests as well."""
    principal: Principal = g.get("principal", ANONYMOUS) if has_request_context() else ANONYMOUS
    return principal
