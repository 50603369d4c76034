"""The services as they really run: three processes with their workers, their logs, their metrics and their end."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import pytest
import urllib3

from processes import ROOT, Running, running_services

http = urllib3.PoolManager(retries=False)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The three services, for all tests of this module."""
    with running_services(tmp_path_factory.mktemp("running"), CATALOG_WORKERS="3") as services:
        yield services


def test_a_product_added_through_one_service_is_read_through_the_other_and_shown(running: Running) -> None:
    answer = http.request(
        "POST", f"{running.urls['add_product']}/api/v1/products", json={"name": "Seen 🍃", "price": "3.50"}
    )
    assert answer.status == 201
    assert http.request("GET", running.urls["read_product"] + answer.headers["Location"]).json()["name"] == "Seen 🍃"
    page = http.request("GET", f"{running.urls['display_product']}/products/{answer.json()['id']}")
    assert (page.status, "Seen 🍃" in page.data.decode(), "3.50" in page.data.decode()) == (200, True, True)


def test_logs_are_json_with_the_request_id_and_without_probes(running: Running) -> None:
    url = running.urls["read_product"]
    http.request("GET", f"{url}/livez")
    http.request("GET", f"{url}/api/v1/products/999999", headers={"X-Request-ID": "find-me"})
    entries = [json.loads(line) for line in running.log("read_product").splitlines()]
    assert [(entry["status"], entry["service"]) for entry in entries if entry.get("request_id") == "find-me"] == [
        (404, "read-product")
    ]
    assert not [entry for entry in entries if entry.get("path") in ("/livez", "/readyz")]


def children(process: subprocess.Popen) -> list[int]:
    """Numbers of a service's worker processes."""
    return [int(number) for number in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def counted(running: Running) -> float:
    """Requests that read-product has counted for the route of one product."""
    text = http.request("GET", running.metrics["read_product"]).data.decode()
    found = re.findall(r"^flask_http_request_duration_seconds_count\{(.*)\} ([\d.e+]+)$", text, re.MULTILINE)
    return sum(
        float(value) for labels, value in found if 'url_rule="/api/v1/products/<product_id:product_id>"' in labels
    )


def test_counters_sum_all_workers_and_never_fall(running: Running) -> None:
    before = counted(running)
    url = running.urls["read_product"]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda n: http.request("GET", f"{url}/api/v1/products/{n + 1}"), range(300)))
    assert [counted(running) for _ in range(20)] == [before + 300] * 20
    os.kill(children(running.processes["read_product"])[0], signal.SIGKILL)
    assert counted(running) == before + 300
    text = http.request("GET", running.metrics["read_product"]).data.decode()
    assert "livez" not in text
    assert "/api/v1/products/17" not in text


def test_sigterm_ends_with_0_after_the_request_under_way_and_waits_for_nobody_else(tmp_path: Path) -> None:
    with running_services(tmp_path) as services:
        host, port = services.urls["add_product"].removeprefix("http://").split(":")
        idle = socket.create_connection((host, int(port)))
        idle.sendall(b"GET /livez HTTP/1.1\r\nHost: catalogue\r\n\r\n")
        assert idle.recv(4096).startswith(b"HTTP/1.1 200 ")
        body = b"sku,name,price\n" + b"".join(b"S-%d,Thing %d,1.00\n" % (n, n) for n in range(10_000))
        under_way = socket.create_connection((host, int(port)))
        head = "POST /api/v1/products/import HTTP/1.1\r\nHost: catalogue\r\nContent-Type: text/csv\r\n"
        under_way.sendall(f"{head}Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n".encode())
        assert under_way.recv(4096).startswith(b"HTTP/1.1 100 ")
        under_way.sendall(body[: len(body) // 2])
        services.processes["add_product"].send_signal(signal.SIGTERM)
        while idle.recv(4096):
            pass
        under_way.sendall(body[len(body) // 2 :])
        # Whichever process is there next writes its rows.
        assert under_way.recv(4096).startswith(b"HTTP/1.1 202 ")
        assert services.processes["add_product"].wait(40) == 0
        idle.close()
        under_way.close()


def kept(services: Running, service: str) -> HTTPConnection:
    """A connection on which a request has been answered, and another may follow."""
    connection = HTTPConnection(services.urls[service].removeprefix("http://"), timeout=30)
    assert ask(connection) == (200, "keep-alive")
    return connection


def ask(connection: HTTPConnection) -> tuple[int, str | None]:
    """Status, and what is said of the connection."""
    connection.request("GET", "/livez")
    answer = connection.getresponse()
    answer.read()
    return answer.status, answer.getheader("Connection")


def test_a_service_that_drains_tells_its_clients_to_leave(tmp_path: Path) -> None:
    with running_services(tmp_path, CATALOG_DRAIN_SECONDS="5") as services:
        for service, process in services.processes.items():
            with contextlib.closing(kept(services, service)) as connection:
                process.send_signal(signal.SIGTERM)
                while http.request("GET", f"{services.urls[service]}/readyz").status == 200:
                    pass
                assert ask(connection) == (200, "close")


def test_requests_on_their_way_when_a_process_stops_are_answered(tmp_path: Path) -> None:
    with running_services(tmp_path) as services, contextlib.ExitStack() as stack:
        url = services.urls["read_product"]
        connections = [stack.enter_context(contextlib.closing(kept(services, "read_product"))) for _ in range(50)]
        host, _, port = url.removeprefix("http://").partition(":")
        new = [stack.enter_context(socket.create_connection((host, int(port)), timeout=30)) for _ in range(50)]
        for child in children(services.processes["read_product"]):
            os.kill(child, signal.SIGTERM)
        for client in new:
            client.sendall(b"GET /livez HTTP/1.1\r\nHost: c\r\n\r\n")
        for connection in connections:
            connection.request("GET", "/livez")
        assert {client.recv(4096)[:13] for client in new} == {b"HTTP/1.1 200 "}
        assert {connection.getresponse().status for connection in connections} == {200}


@contextlib.contextmanager
def stopped(process: subprocess.Popen) -> Iterator[None]:
    """The service's processes are there, and do nothing."""
    processes = [process.pid, *children(process)]
    for each in processes:
        os.kill(each, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in processes:
            os.kill(each, signal.SIGCONT)


def test_pages_that_wait_for_another_service_do_not_make_theirs_unready(tmp_path: Path) -> None:
    with running_services(tmp_path) as services, contextlib.ExitStack() as stack:
        host, _, port = services.urls["display_product"].removeprefix("http://").partition(":")
        with stopped(services.processes["read_product"]):
            for _ in range(40):
                reader = stack.enter_context(socket.create_connection((host, int(port)), timeout=30))
                reader.sendall(b"GET /products HTTP/1.1\r\nHost: c\r\n\r\n")
            for path in ("/livez", "/readyz") * 3:
                # Behind the pages it would be 8 s, and a probe gives up after 5.
                assert http.request("GET", services.urls["display_product"] + path, timeout=5).status == 200


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("CATALOG_WORKERS", "many", "CATALOG_WORKERS"),
        ("CATALOG_CURRENCI", "EUR", "CATALOG_CURRENCI is not a setting"),
        ("CATALOG_DATABASE_URL", "mysql://u:secret@db/c", "must not hold a password"),
        ("CATALOG_CURRENCY", "euro", "CATALOG_CURRENCY"),
        ("CATALOG_SECRET_KEY_FILE", "/nowhere", "CATALOG_SECRET_KEY_FILE"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_a_sentence(tmp_path: Path, name: str, value: str, told: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", "-c", "python:serving.server", "display_product:create_app()"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "services"), "CATALOG_LISTEN": "127.0.0.1:0", name: value},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0
    assert told in done.stderr + done.stdout
    assert "secret@" not in done.stderr + done.stdout


@pytest.mark.parametrize("service", ["display_product", "add_product", "read_product"])
@pytest.mark.parametrize("listen", ["[::]:0", "0.0.0.0:0", "192.0.2.1:0", "localhost.example.com:0"])
def test_nobody_starts_a_service_that_other_machines_may_write_to_unless_they_mean_it(
    tmp_path: Path, service: str, listen: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", "-c", "python:serving.server", f"{service}:create_app()"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "services"), "CATALOG_LISTEN": listen},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0
    told = done.stdout + done.stderr
    assert f"CATALOG_AUTH is off, but CATALOG_LISTEN is {listen}" in told
    assert "CATALOG_AUTH=on" in told
    assert "CATALOG_AUTH=unprotected" in told
    assert "Traceback" not in told


def test_the_command_of_earlier_charts_starts_the_same_server(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "gunicorn",
            "--print-config",
            "-c",
            "python:catalog.server",
            "read_product:create_app()",
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT / "services"), "CATALOG_LISTEN": "127.0.0.1:0"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"worker_class\s+= .*serving\.worker", done.stdout)
