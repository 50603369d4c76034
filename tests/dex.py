"""Dex, a real OpenID Connect provider, as a process of the tests' own."""

import json
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


@contextmanager
def running_dex(directory: Path, port: int, callback: str) -> Iterator[None]:
    """Runs Dex at this port until the end, for a client with this callback address."""
    # Dex takes no lower cost.
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(10, b"2a")).decode()
    config = {
        "issuer": issuer(port),
        "storage": {"type": "memory"},
        "web": {"http": f"127.0.0.1:{port}"},
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
        _wait(port, directory / "dex.log")
        yield
    finally:
        process.terminate()
        process.wait(40)


def issuer(port: int) -> str:
    """The address of Dex at this port."""
    return f"http://127.0.0.1:{port}/dex"


def _wait(port: int, log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"{issuer(port)}/.well-known/openid-configuration", timeout=5):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise AssertionError(log.read_text()) from None
            time.sleep(0.1)
