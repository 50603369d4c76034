"""What the OpenAPI documents promise, tried with requests that schemathesis makes from them, every check on."""

import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest
from flask import Flask
from werkzeug.serving import make_server

from apps import Api, Apps
from catalog import api_tokens, database
from secured import Secured

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")


@pytest.mark.parametrize("service", ["add", "read"])
def test_every_answer_is_as_the_document_says(apps: Apps, api: Api, service: str, tmp_path: Path) -> None:
    for number in range(3):
        api.create(sku=f"S-{number}")
    examine(getattr(apps, service), tmp_path)


@pytest.mark.parametrize("apps", ["sqlite"], indirect=True)
@pytest.mark.parametrize("service", ["add", "read"])
def test_what_the_document_says_to_need_a_token_needs_one(
    closed: Secured, api: Api, service: str, tmp_path: Path
) -> None:
    api.create(sku="S-1")
    with closed.add.app_context():
        made = database.transaction(lambda connection: api_tokens.make(connection, "Test", "editor", 1, "test"))
    checks = "ignored_auth,status_code_conformance,response_headers_conformance,response_schema_conformance"
    header = f"Authorization: Bearer {made.token}"
    examine(
        getattr(closed, service), tmp_path, checks, "--header", header, "--phases", "coverage", "--mode", "positive"
    )


def examine(app: Flask, directory: Path, checks: str = "all", *options: str) -> None:
    """Runs schemathesis against the app."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIGURATION)),
                *("run", "--no-color", "--checks", checks, *options),
                f"http://127.0.0.1:{server.port}/api/v1/openapi.json",
            ],
            cwd=directory,
            capture_output=True,
            text=True,
        )
    finally:
        server.shutdown()
    assert done.returncode == 0, done.stdout + done.stderr
