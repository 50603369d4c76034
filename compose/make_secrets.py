"""Writes the secrets of an installation into its volume; only the services that need a secret can read it.

Values from compose/secrets or from the environment take precedence; all others are random, generated once and kept.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import bcrypt

from serving import bearer, credentials

GIVEN = Path("/given")
VOLUME = Path("/run/secrets/catalog")
# The volumes of containers that run as USER.
VOLUMES_OF_USER = (Path("/proxy-data"), Path("/backups"))

# The group that may read each secret; compose.yaml adds it to the services that need the secret.
GROUPS = {
    "root-password": 20000,
    "migrator-password": 20001,
    "writer-password": 20002,
    "reader-password": 20003,
    "backup-password": 20004,
    "secret-key": 20005,
    "signing-key": 20006,
    "verification-keys": 20007,
    "editors": 20008,
    "readers": 20009,
    "editor-password": 20010,
}
RANDOM = ("root-password", "migrator-password", "writer-password", "reader-password", "backup-password", "secret-key")
EDITOR = "editor"
# The user of the catalogue's images; the proxy and the backups run as this user too.
USER = 10001
SECRET_KEY_LENGTH = 32


def given(name: str) -> str | None:
    """The value from the file of this name, else from the variable (WRITER_PASSWORD for `writer-password`).

    A file without text is a value too: a list of accounts may be empty.
    """
    file = GIVEN / name
    if file.exists():
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    return os.environ.get(name.upper().replace("-", "_"), "").rstrip("\r\n") or None


def present(name: str) -> str | None:
    """The value in the volume, as an earlier start has left it."""
    file = VOLUME / name
    return file.read_text(encoding="utf-8").rstrip("\r\n") if file.exists() else None


def write(name: str, value: str) -> None:
    """Replaces the secret atomically, so that no reader ever sees a partial value."""
    unfinished = VOLUME / f".{name}"
    unfinished.unlink(missing_ok=True)
    unfinished.write_text(value.rstrip("\r\n") + "\n", encoding="utf-8")
    os.chown(unfinished, 0, GROUPS[name])
    unfinished.chmod(0o440)
    unfinished.rename(VOLUME / name)


def passwords() -> None:
    """Passwords of the database, and the key of the session cookie."""
    for name in RANDOM:
        value = given(name)
        if name == "secret-key" and value and len(value) < SECRET_KEY_LENGTH:
            sys.exit(f"error: secret-key has fewer than {SECRET_KEY_LENGTH} characters")
        settle(name, value or None, credentials.key)


def keys() -> None:
    """The key with which the pages sign for the APIs, and the public one of each that is valid."""
    signing = settle("signing-key", given("signing-key") or None, credentials.signing_key)
    try:
        write("verification-keys", bearer.public_keys(signing))
    except ValueError as error:
        sys.exit(f"error: signing-key cannot be used: {error}")
    print("verification-keys: those of signing-key")


def accounts() -> None:
    """Who may sign in: the files that are given, or one editor with the password that is given, or a random one.

    Once a file is gone, so are its accounts.
    """
    readers, editors = given("readers"), given("editors")
    write("readers", readers or "")
    print("readers: as given" if readers else "readers: none")
    if editors is not None:
        write("editors", editors)
        print("editors: as given")
        (VOLUME / "editor-password").unlink(missing_ok=True)
        return
    chosen = given("editor-password") or present("editor-password") or credentials.password()
    kept = present("editors")
    if kept is not None and opens(chosen, kept):
        # The group may be another one in this version.
        write("editors", kept)
        print("editors: kept")
        return
    write("editor-password", chosen)
    try:
        write("editors", credentials.account(EDITOR, chosen))
    except ValueError as error:
        sys.exit(f"error: editor-password: {error}")
    print(f"editors: one, called {EDITOR}, whose password is in editor-password")


def opens(password: str, accounts: str) -> bool:
    """Whether this is the password of the editor that was made, who has the only account."""
    first, _, others = accounts.strip().partition("\n")
    name, _, hashed = first.strip().partition(":")
    return name == EDITOR and not others and bcrypt.checkpw(password.encode(), hashed.encode())


def settle(name: str, value: str | None, generate: Callable[[], str]) -> str:
    """Writes the value that is given, keeps the present one, or generates one; returns it, and prints which it was."""
    if value is not None:
        write(name, value)
        print(f"{name}: as given")
        return value
    kept = present(name)
    if kept is not None:
        # The group may be another one in this version.
        write(name, kept)
        print(f"{name}: kept")
        return kept
    made = generate()
    write(name, made)
    print(f"{name}: new")
    return made


def main() -> None:
    """Creates the missing secrets; prints what it did, but never the values."""
    os.umask(0o077)
    VOLUME.chmod(0o755)
    passwords()
    keys()
    accounts()
    for volume in VOLUMES_OF_USER:
        os.chown(volume, USER, USER)


if __name__ == "__main__":
    main()
