"""Dex, a real OpenID Connect provider, as a process of the tests' own."""

import json
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bcrypt

import requirements

CLIENT_ID = "catalogue"
CLIENT_SECRET = "the secret of the pages at dex"
PASSWORD = "open sesame"
GROUPS = {"ada": ["staff"], "ben": ["interns"], "cid": []}
"""Who has an account at Dex, and in which groups they are."""


HERE = "127.0.0.1"


@contextmanager
def running_dex(
    directory: Path, port: int, callback: str, host: str = HERE, pair: tuple[Path, Path] | None = None
) -> Iterator[None]:
    """Runs Dex at this port until the end, for a client with this callback address.

    Elsewhere than on the loopback interface it needs a certificate, which is its own authority, and its key.
    """
    # Dex takes no lower cost.
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(10, b"2a")).decode()
    config = {
        "issuer": issuer(port, host),
        "storage": {"type": "memory"},
        "web": _web(f"{host}:{port}", pair),
        "oauth2": {"skipApprovalScreen": True},
        "enablePasswordDB": True,
        "staticClients": [
            {"id": CLIENT_ID, "secret": CLIENT_SECRET, "name": "Catalogue", "redirectURIs": [callback]}
        ],
        "staticPasswords": [
            {"email": f"{name}@example.org", "hash": hashed, "username": name, "userID": name, "groups": groups,
             "preferredUsername": name}
            for name, groups in GROUPS.items()
        ],
    }  # fmt: skip
    file = directory / "dex.json"
    file.write_text(json.dumps(config))
    with (directory / "dex.log").open("w") as log:
        program = requirements.program("dex")
        process = subprocess.Popen([program, "serve", str(file)], stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait(issuer(port, host), pair, directory / "dex.log")
        yield
    finally:
        process.terminate()
        process.wait(40)


def issuer(port: int, host: str = HERE) -> str:
    """The address of Dex at this port."""
    return f"{'http' if host == HERE else 'https'}://{host}:{port}/dex"


def _web(address: str, pair: tuple[Path, Path] | None) -> dict[str, str]:
    if pair is None:
        return {"http": address}
    certificate, key = pair
    return {"https": address, "tlsCert": str(certificate), "tlsKey": str(key)}


def _wait(address: str, pair: tuple[Path, Path] | None, log: Path) -> None:
    trust = None if pair is None else ssl.create_default_context(cafile=str(pair[0]))
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"{address}/.well-known/openid-configuration", timeout=5, context=trust):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise AssertionError(log.read_text()) from None
            time.sleep(0.1)
