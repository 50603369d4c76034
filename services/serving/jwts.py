"""Signed tokens (JWT, RFC 7519), verified as RFC 8725 recommends: the verifier chooses algorithm, key and claims.

Only what verifies or signs such tokens imports this module: the library takes a tenth of a second and 20 MB.
"""

import base64
import logging
import re
import time
from collections.abc import Mapping
from typing import Any

import msgspec
from joserfc import jws, jwt
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import Key
from msgspec import Struct

from serving.access import BadToken

LEEWAY_SECONDS = 10
"""How far the clocks of the issuer and of this machine may differ."""
CLOCK_SECONDS = 60.0
SUBJECT_MAX = 255
"""Characters of a name that a token may have."""
_IN_NO_NAME = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


log = logging.getLogger(__name__)


class Head(Struct, frozen=True):
    """What a token says about its signature. `jku`, `x5u`, `jwk` and the like are never read."""

    alg: str = ""
    kid: str = ""


class _Origin(Struct, frozen=True):
    iss: str = ""


class Registry(jws.JWSRegistry):
    """joserfc's algorithms, of which only some are allowed; never `none`, and never one with a shared secret."""

    def __init__(self, allowed: tuple[str, ...]) -> None:
        super().__init__(algorithms=allowed, strict_check_header=False)

    def get_alg(self, name: str) -> Any:
        """See JWSRegistry, which also warns of EdDSA: it is deprecated in favour of Ed25519, but issuers use it."""
        if not self.allowed or name not in self.allowed:
            raise UnsupportedAlgorithmError(f"Algorithm of '{name}' is not allowed")
        return self.algorithms[name]


def head(token: str) -> Head:
    """What the token says about its signature, which is not verified yet. Raises BadToken."""
    found: Head = _part(token, 0, Head)
    return found


def issuer(token: str) -> str:
    """Who the token says has issued it, which is not verified yet. Raises BadToken."""
    found: _Origin = _part(token, 1, _Origin)
    return found.iss


def _part(token: str, number: int, kind: type[Any]) -> Any:
    if not SHAPE.fullmatch(token):
        raise BadToken("malformed", "The token is neither a JWT nor one of this service.")
    part = token.split(".")[number]
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)), type=kind)
    except (ValueError, msgspec.DecodeError, msgspec.ValidationError, RecursionError):
        raise BadToken("malformed", "The token is not a JWT that can be read.") from None


def verify(token: str, key: Key, registry: Registry) -> Mapping[str, Any]:
    """The claims of a token with a valid signature. Raises BadToken."""
    try:
        return jwt.decode(token, key, registry=registry).claims
    except (JoseError, ValueError, TypeError):
        raise BadToken("signature", "The token's signature is not valid.") from None


def check(claims: Mapping[str, Any], issuer: str, audience: str) -> float:
    """Checks who issued a token, for whom and for when, and returns when it ends. Raises BadToken."""
    if claims.get("iss") != issuer:
        raise BadToken("issuer", "The token is from another issuer.")
    audiences = claims.get("aud")
    if audiences != audience and not (isinstance(audiences, list) and audience in audiences):
        raise BadToken("audience", "The token is for another service.")
    now = time.time()
    ends = instant(claims, "exp")
    if now >= ends + LEEWAY_SECONDS:
        raise BadToken("expired", "The token has expired.")
    if any(name in claims and instant(claims, name) > now + LEEWAY_SECONDS for name in ("nbf", "iat")):
        raise BadToken("not_yet_valid", "The token is not valid yet.")
    return ends


def instant(claims: Mapping[str, Any], name: str) -> float:
    """The claim as seconds since 1970. Raises BadToken if it is missing or no number."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**53:
        raise BadToken("malformed", f"The token lacks a valid {name}.")
    return float(value)


def subject(claims: Mapping[str, Any]) -> str:
    """Who the token is about: one line that logs and tables can hold. Raises BadToken."""
    name = claims.get("sub")
    if not isinstance(name, str) or not 0 < len(name) <= SUBJECT_MAX or _IN_NO_NAME.search(name):
        raise BadToken("malformed", "The token does not say who it speaks for.")
    return name


class Clocks:
    """Tells that clocks differ, once in CLOCK_SECONDS: genuine tokens that are too old or too new show it."""

    def __init__(self) -> None:
        self._next = 0.0

    def tell(self, issuer: str, claims: Mapping[str, Any]) -> None:
        """Logs by how much the token's time differs from that of this machine."""
        now = time.monotonic()
        made = claims.get("iat", claims.get("nbf"))
        if now < self._next or not isinstance(made, int | float):
            return
        self._next = now + CLOCK_SECONDS
        apart = time.time() - made
        log.warning(
            "refused a token of %s that was made %.0f s %s by the clock of this machine; unless it was sent again "
            "later, set the clocks of both machines",
            issuer, abs(apart), "ago" if apart >= 0 else "in the future",
        )  # fmt: skip
