"""Writes the secrets of an installation into its volume; only the services that need a secret can read it.

Values from compose/secrets or from the environment take precedence; all others are random, generated once and kept.
"""

import os
import secrets
import sys
from pathlib import Path

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
}
# The user of the catalogue's images; the proxy and the backups run as this user too.
USER = 10001
SECRET_KEY_LENGTH = 32


def given(name: str) -> str | None:
    """The value from the file of this name, else from the variable (WRITER_PASSWORD for `writer-password`)."""
    file = GIVEN / name
    value = file.read_text(encoding="utf-8") if file.exists() else os.environ.get(name.upper().replace("-", "_"), "")
    return value.rstrip("\r\n") or None


def write(name: str, value: str) -> None:
    """Replaces the secret atomically, so that no reader ever sees a partial value."""
    unfinished = VOLUME / f".{name}"
    unfinished.unlink(missing_ok=True)
    unfinished.write_text(value + "\n", encoding="utf-8")
    os.chown(unfinished, 0, GROUPS[name])
    unfinished.chmod(0o440)
    unfinished.rename(VOLUME / name)


def main() -> None:
    """Creates the missing secrets; prints what it did, but never the values."""
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
