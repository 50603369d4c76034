"""The README's requests, sent as they are typed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from documents import ROOT, console
from processes import Running, running_services

pytestmark = pytest.mark.curl


def curl(command: str, running: Running) -> str:
    """The response to a command of the README, sent to services at other ports. Fails on an HTTP error."""
    for port, service in ((8081, "add_product"), (8082, "read_product")):
        command = command.replace(f"localhost:{port}", running.urls[service])
    failing = command.replace("curl", "curl --fail-with-body --silent --show-error", 1)
    done = subprocess.run(["bash", "-c", failing], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_the_requests_of_the_readme_do_what_it_says(tmp_path: Path) -> None:
    with running_services(tmp_path) as running:
        database = {
            "CATALOG_DATABASE_URL": f"sqlite:///{tmp_path}/catalog.sqlite3",
            "PYTHONPATH": str(ROOT / "services"),
        }
        subprocess.run([sys.executable, "-m", "add_product.sample"], env={**os.environ, **database}, check=True)
        commands = [command for command in console("README.md") if command.startswith("curl ")]
        added, found, changed, imported, exported = [curl(command, running) for command in commands]
    assert json.loads(added)["sku"] == "MUG-3"
    assert "MUG-3" in [product["sku"] for product in json.loads(found)["items"]]
    assert (json.loads(changed)["id"], json.loads(changed)["price"]) == (1, "11.90")
    report = json.loads(imported)
    assert (report["dry_run"], report["rows"], report["skipped"]) == (True, 24, 24)
    assert f"all {report['skipped']} rows" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(exported.splitlines()) == 25
