"""New passwords, keys and accounts. `python -m serving.credentials NAME` asks for a password and prints an account.

The printed line is one of a file in htpasswd format, as `htpasswd -nB NAME` prints it.
"""

import getpass
import secrets
import sys

import bcrypt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from serving import bearer

COST = 12
"""Logarithm to base 2 of bcrypt's rounds: a sign-in takes a quarter of a second."""
PASSWORD_BYTES_MAX = 72
"""bcrypt does not look at what follows."""
PASSWORD_LENGTH_MIN = 8


def key() -> str:
    """256 random bits, in letters and digits that never need quoting."""
    return secrets.token_hex(32)


def password() -> str:
    """A password that a person can copy: 144 random bits in 24 characters that never need quoting."""
    return secrets.token_urlsafe(18)


def signing_key() -> str:
    """An Ed25519 private key (PEM, PKCS #8)."""
    made = Ed25519PrivateKey.generate()
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def account(name: str, password: str) -> str:
    """The line of an account. Raises ValueError with a sentence about a name or password that cannot be used."""
    if not name.strip() or ":" in name or not name.isprintable():
        raise ValueError("the name must not be empty, nor have a colon or a character that cannot be seen")
    if len(password) < PASSWORD_LENGTH_MIN or len(password.encode()) > PASSWORD_BYTES_MAX:
        raise ValueError(
            f"the password must have at least {PASSWORD_LENGTH_MIN} characters and at most {PASSWORD_BYTES_MAX} bytes"
        )
    return f"{name}:{bcrypt.hashpw(password.encode(), bcrypt.gensalt(COST)).decode()}\n"


def sign_in() -> dict[str, str]:
    """What a new installation needs for people to sign in, by the names of the keys in its Secret.

    There is one account, `editor`, and its password; nobody may only read.
    """
    private_key, chosen = signing_key(), password()
    return {
        "signing-key": private_key,
        "verification-keys": bearer.public_keys(private_key),
        "editors": account("editor", chosen),
        "readers": "",
        "editor-password": chosen,
    }


def main(arguments: list[str]) -> None:
    """Entry point of `python -m serving.credentials`."""
    if len(arguments) != 1:
        sys.exit("usage: python -m serving.credentials NAME")
    typed = getpass.getpass(stream=sys.stderr) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    try:
        print(account(arguments[0], typed), end="")
    except ValueError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
