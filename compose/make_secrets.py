"""Writes the secrets of an installation into its volume; each can be read by the services that need it, and no other.

What is given in compose/secrets or in the environment is taken; for the rest, random values are made once and kept.
"""

import os
import secrets
import sys
from pathlib import Path

GIVEN = Path("/given")
VOLUME = Path("/run/secrets/catalog")
# Volumes of those who run as USER.
VOLUMES_OF_USER = (Path("/proxy-data"), Path("/backups"))

# The group that may read it, which compose.yaml adds to the services that need it.
GROUPS = {
    "root-password": 20000,
    "migrator-password": 20001,
    "writer-password": 20002,
    "reader-password": 20003,
    "backup-password": 20004,
    "secret-key": 20005,
}
# The user of the catalogue's images, whom the proxy and the backups run as too.
USER = 10001
SECRET_KEY_LENGTH = 32


def given(name: str) -> str | None:
    """The value from the file of this name, else from the variable (`writer-password` is WRITER_PASSWORD)."""
    file = GIVEN / name
    value = file.read_text(encoding="utf-8") if file.exists() else os.environ.get(name.upper().replace("-", "_"), "")
    return value.rstrip("\r\n") or None


def write(name: str, value: str) -> None:
    """Puts the secret in place at once and whole, whoever reads at that moment."""
    unfinished = VOLUME / f".{name}"
    unfinished.unlink(missing_ok=True)
    unfinished.write_text(value + "\n", encoding="utf-8")
    os.chown(unfinished, 0, GROUPS[name])
    unfinished.chmod(0o440)
    unfinished.rename(VOLUME / name)


def main() -> None:
    """Makes what is absent; says what was done, never the values."""
    os.umask(0o077)
    VOLUME.chmod(0o755)
    for name in GROUPS:
        value = given(name)
        if name == "secret-key" and value and len(value) < SECRET_KEY_LENGTH:
            sys.exit(f"error: secret-key has fewer than {SECRET_KEY_LENGTH} characters")
        if value:
            write(name, value)
            print(f"{name}: as given")
        elif (VOLUME / name).exists():
            print(f"{name}: kept")
        else:
            write(name, secrets.token_hex(32))
            print(f"{name}: new")
    for volume in VOLUMES_OF_USER:
        os.chown(volume, USER, USER)


if __name__ == "__main__":
    main()
