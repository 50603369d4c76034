"""`make up` as it is typed: from an empty directory to the sample catalogue, and to nothing by Ctrl-C."""

import os
import re
import signal
import socket
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import urllib3

from processes import ROOT

http = urllib3.PoolManager(retries=False)
SERVICES = {"display-product": 8080, "add-product": 8081, "read-product": 8082}


def fresh_checkout(directory: Path) -> Path:
    """The source in a directory where nothing has been started yet."""
    for name in ("Makefile", "services", "requirements", ".venv"):
        (directory / name).symlink_to(ROOT / name)
    return directory


def test_make_up_starts_a_sample_catalogue_and_ctrl_c_stops_all_of_it(tmp_path: Path) -> None:
    settings = {name: value for name, value in os.environ.items() if not name.startswith(("CATALOG_", "MAKE"))}
    terminal, shown = os.openpty()
    with subprocess.Popen(
        ["make", "up"],
        cwd=fresh_checkout(tmp_path),
        env=settings,
        stdout=shown,
        stderr=shown,
        process_group=0,
    ) as make:
        os.close(shown)
        try:
            told = read_until(terminal, "Listening at", times=3)
            addresses = re.findall(r"http://localhost:\S+", told)
            assert {urlsplit(address).port for address in addresses} == set(SERVICES.values())
            assert [http.request("GET", address).status for address in addresses] == [200, 200, 200]
            listed = http.request("GET", "http://127.0.0.1:8082/api/v1/products?limit=100").json()["items"]
            assert f"The catalogue was empty; {len(listed)} sample products are in it now." in told
            assert (tmp_path / "var" / "secret-key").stat().st_mode & 0o077 == 0
        finally:
            os.killpg(make.pid, signal.SIGINT)
        read_until(terminal, None)
    os.close(terminal)
    for service, port in SERVICES.items():
        with socket.socket() as client:
            assert client.connect_ex(("127.0.0.1", port)) != 0, f"{service} is still there"


def read_until(terminal: int, text: str | None, times: int = 1) -> str:
    """What the terminal shows until it has shown the text so often, or, without a text, until its last program ended."""
    told = ""
    while text is None or told.count(text) < times:
        try:
            told += os.read(terminal, 4096).decode()
        except OSError:  # Linux says so when nobody has the terminal open any more.
            assert text is None, f"it ended without telling {text!r} {times} times:\n{told}"
            break
    return told
