"""Who sends a request, and what they may do."""

import ipaddress
from dataclasses import dataclass
from typing import Literal, NamedTuple

from flask import g, has_request_context

from serving.settings import PREFIX, SettingError, Settings

Role = Literal["", "reader", "editor"]
Kind = Literal["anonymous", "person", "token", "workload"]
Access = Literal["open", "reader", "member", "editor", "person"]
"""What a route needs: nothing at all, the right to read, that right by a role even where everybody may read, the right
to write, or the latter and to be no program."""

SAFE = ("GET", "HEAD", "OPTIONS")
"""Methods that change nothing (RFC 9110, 9.2.1)."""

RANKS: dict[Role, int] = {"": 0, "reader": 1, "editor": 2}
NEEDED: dict[Access, Role] = {
    "open": "",
    "reader": "reader",
    "member": "reader",
    "editor": "editor",
    "person": "editor",
}
"""The role that each needs."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever sends a request: a person, a program with a token, or a workload that a trusted issuer vouches for."""

    kind: Kind
    name: str
    role: Role


ANONYMOUS = Principal("anonymous", "", "")
"""Whoever has not signed in, and everyone while authentication is off."""


class BadToken(Exception):
    """A token that is refused: `reason` is a short code for metrics, the message a sentence for people, in ASCII.

    `lasts` says that it was costly to find out, and will not change within some seconds.
    """

    def __init__(self, reason: str, detail: str, *, lasts: bool = False) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.lasts = lasts


class Verified(NamedTuple):
    """Who a valid token speaks for, and until when (seconds since 1970)."""

    principal: Principal
    until: float


def current() -> Principal:
    """The principal of the current request; ANONYMOUS outside of requests as well."""
    principal: Principal = g.get("principal", ANONYMOUS) if has_request_context() else ANONYMOUS
    return principal


def refuse_unprotected(settings: Settings) -> None:
    """Raises SettingError if anybody could write from another machine, and nobody has said that this is meant."""
    host = settings.listen.rpartition(":")[0].strip("[]")
    if settings.auth == "off" and not _is_loopback(host):
        raise SettingError(
            f"{PREFIX}AUTH is off, but {PREFIX}LISTEN is {settings.listen}, where other machines may reach the "
            f"service, and all of them could write: set {PREFIX}AUTH=on, or listen on 127.0.0.1, or, if that is meant, "
            f"set {PREFIX}AUTH=unprotected"
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
