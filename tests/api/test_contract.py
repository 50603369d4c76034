"""What the OpenAPI documents promise, tried with requests that schemathesis makes from them, every check on."""

import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest
from flask import Flask
from werkzeug.serving import make_server

from apps import Api, Apps

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")


@pytest.mark.parametrize("service", ["add", "read"])
def test_every_answer_is_as_the_document_says(apps: Apps, api: Api, service: str, tmp_path: Path) -> None:
    for number in range(3):
        api.create(sku=f"S-{number}")
    app: Flask = getattr(apps, service)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIGURATION)),
                *("run", "--no-color", "--checks", "all", f"http://127.0.0.1:{server.port}/api/v1/openapi.json"),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
    finally:
        server.shutdown()
    assert done.returncode == 0, done.stdout + done.stderr
