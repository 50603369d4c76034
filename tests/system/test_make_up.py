"""`make up` as it is typed: from an empty directory to the sample catalogue, and to nothing by Ctrl-C.

And `make help`, from which people learn that it is there.
"""

import os
import re
import signal
import socket
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import urllib3

from processes import ROOT

http = urllib3.PoolManager(retries=False)
SERVICES = ("display-product", "add-product", "read-product")


def fresh_checkout(directory: Path) -> Path:
    """The source in a directory where nothing has been started yet."""
    for name in ("Makefile", "services", "requirements", ".venv"):
        (directory / name).symlink_to(ROOT / name)
    return directory


def settings() -> dict[str, str]:
    """The environment of a terminal in which nothing has been set for the catalogue."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("CATALOG_", "MAKE"))}


@pytest.mark.parametrize(("command", "first"), [(["make", "up"], 8080), (["make", "up", "PORT=8180"], 8180)])
def test_make_up_starts_a_sample_catalogue_and_ctrl_c_stops_all_of_it(
    tmp_path: Path, command: list[str], first: int
) -> None:
    ports = dict(zip(SERVICES, range(first, first + 3), strict=True))
    terminal, shown = os.openpty()
    with subprocess.Popen(
        command,
        cwd=fresh_checkout(tmp_path),
        env=settings(),
        stdout=shown,
        stderr=shown,
        process_group=0,
    ) as make:
        os.close(shown)
        try:
            output = read_until(terminal, "Listening at", times=3)
            addresses = re.findall(r"http://localhost:\S+", output)
            assert {urlsplit(address).port for address in addresses} == set(ports.values())
            assert [http.request("GET", address).status for address in addresses] == [200, 200, 200]
            listed = http.request("GET", f"http://127.0.0.1:{first + 2}/api/v1/products?limit=100").json()["items"]
            services = http.request("GET", f"http://127.0.0.1:{first}/status").data.decode()
            assert services.count('<p class="state good">') == len(SERVICES)
            assert f"The catalogue was empty; {len(listed)} sample products are in it now." in output
            assert (tmp_path / "var" / "secret-key").stat().st_mode & 0o077 == 0
        finally:
            os.killpg(make.pid, signal.SIGINT)
        read_until(terminal, None)
    os.close(terminal)
    for service, port in ports.items():
        with socket.socket() as client:
            assert client.connect_ex(("127.0.0.1", port)) != 0, f"{service} is still there"


def test_a_port_that_is_taken_is_named_before_anything_is_started(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        done = subprocess.run(
            ["make", "up", f"PORT={taken - 1}"],
            cwd=fresh_checkout(tmp_path),
            env=settings(),
            capture_output=True,
            text=True,
        )
    assert (done.returncode, done.stdout) == (2, "")
    assert f"Port {taken} is taken" in done.stderr


def test_make_help_names_every_command() -> None:
    commands = re.findall(r"^[.]PHONY: (.+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    output = subprocess.run(["make"], cwd=ROOT, env=settings(), capture_output=True, text=True, check=True).stdout
    assert re.findall(r"^  make (\S+)", output, re.MULTILINE) == commands


def read_until(terminal: int, text: str | None, times: int = 1) -> str:
    """What the terminal shows until it has shown the text so often, or, without a text, until its last program ended."""
    output = ""
    while text is None or output.count(text) < times:
        try:
            output += os.read(terminal, 4096).decode()
        except OSError:  # Linux says so when nobody has the terminal open any more.
            assert text is None, f"it ended without printing {text!r} {times} times:\n{output}"
            break
    return output
