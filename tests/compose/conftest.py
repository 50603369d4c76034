"""Compose under a name and ports of its own, brought up from nothing and removed with its data."""

import os
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3

# These run inside Compose, started by the tests here.
collect_ignore = ["inside"]

ROOT = Path(__file__).parents[2]
AUTHORITY = "/data/caddy/pki/authorities/local/root.crt"
PASSWORD = "p@ss:w/rd#1?&%41+ é"
EDITOR_PASSWORD = "an-editor's-p@ss:w/rd#2"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Compose:
    def __init__(self, directory: Path) -> None:
        self.project = f"catalog-test-{uuid.uuid4().hex[:6]}"
        self.port, self.http_port = free_port(), free_port()
        self.url = f"https://localhost:{self.port}"
        self.authority = directory / "root.crt"
        # As a user writes it: in .env, where single quotes keep every character.
        self._file = directory / "env"
        users = ("MIGRATOR", "WRITER", "READER", "BACKUP")
        lines = [f"HTTPS_PORT={self.port}", f"HTTP_PORT={self.http_port}"]
        lines += [f"{user}_PASSWORD='{PASSWORD} {user}'" for user in users]
        lines.append(f'EDITOR_PASSWORD="{EDITOR_PASSWORD}"')
        self._file.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["docker", "compose", "--project-name", self.project, "--env-file", str(self._file), *arguments]
        # Only these, so that no password or port of the caller's environment wins over the file.
        environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600)

    def run(self, *arguments: str, check: bool = True) -> str:
        done = self.call(*arguments)
        if check and done.returncode:
            raise AssertionError(f"{' '.join(arguments)}: {done.stdout[-4000:]}{done.stderr[-4000:]}")
        return done.stdout + done.stderr

    def token(self) -> str:
        """A token of an editor, made as the documentation says."""
        command = ("python", "-m", "catalog.api_tokens", "create", "--name", "tests", "--role", "editor", "--days", "1")
        done = self.call("exec", "-T", "add-product", *command)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def write(self, method: str, path: str, **more: Any) -> urllib3.BaseHTTPResponse:
        """A request of a program that may write."""
        headers = {"Authorization": f"Bearer {self.token()}", **more.pop("headers", {})}
        return self.get(path, method=method, headers=headers, **more)

    def up(self) -> None:
        self.run("up", "--detach")
        # The proxy makes its authority when it first starts.
        for _ in range(30):
            if self.call("cp", f"proxy:{AUTHORITY}", str(self.authority)).returncode == 0:
                return
            time.sleep(1)
        raise AssertionError("the proxy made no certificate authority")

    def get(self, path: str, method: str = "GET", **more: Any) -> urllib3.BaseHTTPResponse:
        pool = urllib3.PoolManager(
            ca_certs=str(self.authority), timeout=20, retries=urllib3.Retry(10, backoff_factor=0.2)
        )
        # Who has just written wants to see it in a list.
        headers = {"Cache-Control": "no-cache", **more.pop("headers", {})}
        return pool.request(method, self.url + path, headers=headers, redirect=False, **more)

    def containers(self) -> list[str]:
        return self.run("ps", "--all", "--quiet").split()


@pytest.fixture(scope="package")
def compose(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compose]:
    compose = Compose(tmp_path_factory.mktemp("compose"))
    try:
        compose.up()
        yield compose
    finally:
        compose.run("--profile", "tests", "down", "--volumes", "--remove-orphans", check=False)
