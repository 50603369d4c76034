"""The two services of the API with authentication on."""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from werkzeug.test import TestResponse

from keys import claims, signed

PRODUCTS = "/api/v1/products"
NEW = {"name": "Thing", "price": "1.00"}


@dataclass
class Secured:
    """Both services with authentication on, and the key of the pages."""

    add: Flask
    read: Flask
    key: Ed25519PrivateKey

    def token(self, role: str = "editor", **others: object) -> dict[str, str]:
        """The header of a request of the pages."""
        return bearing(signed(self.key, claims(role=role, **others)))

    def write(self, headers: dict[str, str] | None = None) -> TestResponse:
        """Adds a product."""
        return self.add.test_client().post(PRODUCTS, json=NEW, headers=headers)

    def list(self, headers: dict[str, str] | None = None) -> TestResponse:
        """Reads the list."""
        return self.read.test_client().get(PRODUCTS, headers=headers)


def bearing(token: str) -> dict[str, str]:
    """The header of a request with this token."""
    return {"Authorization": f"Bearer {token}"}


def assert_refused(answer: TestResponse, status: int, error: str | None = None) -> None:
    """The answer is a problem with a challenge (RFC 6750), and no cache may keep it."""
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    assert answer.json["status"] == status
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith("Bearer realm=")
    assert (f'error="{error}"' in challenge) if error else ("error" not in challenge)
    assert answer.headers["Cache-Control"] == "no-store"
