"""Keys and tokens for the tests: those of the pages, and those of forgers."""

import base64
import json
import time
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.jwk import Key, OKPKey

from serving.jwts import Registry


def private_pem(key: Ed25519PrivateKey) -> str:
    """The key as the file of a setting holds it."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def claims(**others: object) -> dict[str, Any]:
    """What a token of the pages says, with changes."""
    now = int(time.time())
    return {"iss": "display-product", "aud": "product-catalog", "sub": "Anna", "kind": "person", "role": "editor",
            "iat": now, "exp": now + 60, **others}  # fmt: skip


def signed(key: Ed25519PrivateKey | Key, payload: dict[str, Any], **head: object) -> str:
    """A token with this payload."""
    joined = key if isinstance(key, Key) else OKPKey.import_key(key)
    header = {"alg": "Ed25519", "kid": joined.thumbprint(), **head}
    return jwt.encode(header, payload, joined, registry=Registry((str(header["alg"]),)))


def segment(value: dict[str, Any] | bytes) -> str:
    """A part of a token."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
