"""People who sign in to the pages, and what the services need for that."""

from pathlib import Path
from typing import Any

import bcrypt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from keys import private_pem
from pages import Browser, Page
from serving.bearer import public_keys

COST = 4
PASSWORDS = {"Zoë": "correct horse", "Lou": "battery staple"}
EDITOR, READER = PASSWORDS


def line(name: str, password: str, cost: int = COST) -> str:
    """A line as htpasswd writes it."""
    hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt(cost)).decode()
    return f"{name}:{hashed.replace('$2b$', '$2y$')}\n"


def files(directory: Path) -> dict[str, str]:
    """The files that signing in needs, by the names of their settings."""
    key = Ed25519PrivateKey.generate()
    content = {
        "editors_file": line(EDITOR, PASSWORDS[EDITOR]),
        "readers_file": line(READER, PASSWORDS[READER]),
        "signing_key_file": private_pem(key),
        "verification_keys_file": public_keys(private_pem(key)),
    }
    for name, text in content.items():
        (directory / name).write_text(text, encoding="utf-8")
    return {name: str(directory / name) for name in content}


def environment(directory: Path, **more: str) -> dict[str, str]:
    """The variables for processes whose pages ask who is there."""
    settings = {"auth": "on", **files(directory), **more}
    return {f"CATALOG_{name.upper()}": value for name, value in settings.items()}


def sign_in(browser: Browser, name: str, password: str | None = None, address: str = "/sign-in", **fields: Any) -> Page:
    """Signs in by the form."""
    page = browser.get(address)
    return browser.send(
        page, "/sign-in", name=name, password=PASSWORDS[name] if password is None else password, **fields
    )
