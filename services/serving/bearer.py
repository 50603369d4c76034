"""Tokens by which one service speaks to another for a person: signed with Ed25519, and a minute long.

One service holds the private key, and the others the public one, so no other can make such a token. Several keys may
be valid at the same time: to replace one, add the new public key everywhere, then sign with it, then remove the old.
"""

import re
import time
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from joserfc import jwt
from joserfc.jwk import OKPKey

from serving import jwts
from serving.access import BadToken, Principal, Verified
from serving.files import Watched

ALGORITHM = "Ed25519"
"""RFC 9864: EdDSA with this one curve."""
LIFETIME_SECONDS = 60

_REGISTRY = jwts.Registry((ALGORITHM,))
_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----.+?-----END \1-----", re.DOTALL)


def public_keys(private_keys: str) -> str:
    """The public keys (PEM, SubjectPublicKeyInfo) of private ones. Raises ValueError with a sentence."""
    keys = (_private(block).public_key() for block in _blocks(private_keys))
    return "".join(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode() for key in keys)


class Signer:
    """Signs tokens with the first key of a file, which is read again when it has changed."""

    def __init__(self, path: str, setting: str, issuer: str, audience: str) -> None:
        """Raises SettingError, whose sentence names the `setting`, if the file cannot be used."""
        self._key: Watched[OKPKey] = Watched(path, setting, _first_private_key)
        self._issuer = issuer
        self._audience = audience

    def sign(self, principal: Principal) -> str:
        """A token that speaks for this principal, from now on for LIFETIME_SECONDS."""
        now = int(time.time())
        key = self._key.get()
        claims = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": principal.name,
            "kind": principal.kind,
            "role": principal.role,
            "iat": now,
            "exp": now + LIFETIME_SECONDS,
        }
        return jwt.encode({"alg": ALGORITHM, "kid": key.thumbprint()}, claims, key, registry=_REGISTRY)


class Verifier:
    """Verifies tokens with the keys of a file, which is read again when it has changed."""

    def __init__(self, path: str, setting: str, issuer: str, audience: str) -> None:
        """Raises SettingError, whose sentence names the `setting`, if the file cannot be used."""
        self._keys: Watched[dict[str, OKPKey]] = Watched(path, setting, _public_keys_by_id)
        self._issuer = issuer
        self._audience = audience
        self._clocks = jwts.Clocks()

    def verify(self, token: str) -> Verified | None:
        """Who the token speaks for; None if another issuer has made it. Raises BadToken."""
        if jwts.issuer(token) != self._issuer:
            return None
        key = self._keys.get().get(jwts.head(token).kid)
        if key is None:
            raise BadToken("key", "The token is signed with a key that is not known here.")
        claims = jwts.verify(token, key, _REGISTRY)
        try:
            ends = jwts.check(claims, self._issuer, self._audience)
        except BadToken as bad:
            if bad.reason in ("expired", "not_yet_valid"):
                self._clocks.tell(self._issuer, claims)
            raise
        if ends - jwts.instant(claims, "iat") > LIFETIME_SECONDS:
            raise BadToken("lifetime", f"The token is valid for longer than {LIFETIME_SECONDS} s.")
        return Verified(_principal(claims), ends)


def _principal(claims: Mapping[str, Any]) -> Principal:
    kind, role = claims.get("kind"), claims.get("role")
    if kind not in ("person", "token", "workload") or role not in ("reader", "editor"):
        raise BadToken("malformed", "The token does not say who it speaks for, and as what.")
    return Principal(kind, jwts.subject(claims), role)


def _first_private_key(text: str) -> OKPKey:
    # The others are not used here, but one that cannot be read is a mistake.
    first, *_ = [_joined(_private(block)) for block in _blocks(text)]
    return first


def _public_keys_by_id(text: str) -> dict[str, OKPKey]:
    return {key.thumbprint(): key for key in (_joined(_public(block)) for block in _blocks(text))}


def _joined(key: Ed25519PrivateKey | Ed25519PublicKey) -> OKPKey:
    return OKPKey.import_key(key)


def _blocks(text: str) -> list[bytes]:
    found = [match.group().encode() for match in _PEM.finditer(text)]
    if not found:
        raise ValueError("it holds no key in PEM format")
    return found


def _private(block: bytes) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(block, None)
    except (ValueError, TypeError) as error:
        raise ValueError(f"it holds something other than private keys without a passphrase ({error})") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("it holds a key that is not an Ed25519 key (openssl genpkey -algorithm ed25519)")
    return key


def _public(block: bytes) -> Ed25519PublicKey:
    if b"PRIVATE" in block:
        raise ValueError("it holds a private key, which only the service that signs may have")
    try:
        key = load_pem_public_key(block)
    except ValueError as error:
        raise ValueError(f"it holds something other than public keys ({error})") from None
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("it holds a key that is not an Ed25519 key (openssl pkey -pubout)")
    return key
