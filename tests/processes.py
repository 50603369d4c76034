"""The three services as real processes, each with gunicorn's own configuration, on free ports and a SQLite file."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partialmethod
from pathlib import Path
from urllib.parse import urlencode

import urllib3
from werkzeug.wrappers import Response

ROOT = Path(__file__).parents[1]
SERVICES = ("display_product", "add_product", "read_product")


@dataclass
class Running:
    """Base URLs of the services and of their metrics, their processes, and where they log."""

    urls: dict[str, str]
    metrics: dict[str, str]
    processes: dict[str, subprocess.Popen]
    directory: Path

    def log(self, service: str) -> str:
        """What the service has logged."""
        return (self.directory / f"{service}.log").read_text()


@contextmanager
def running_services(directory: Path, **settings: str) -> Iterator[Running]:
    """Starts the services, waits until each is ready, and stops them."""
    (directory / "secret-key").write_text("k" * 64)
    ports = {service: (free_port(), free_port()) for service in SERVICES}
    urls = {service: f"http://127.0.0.1:{port}" for service, (port, _) in ports.items()}
    common = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "services"),
        "CATALOG_DATABASE_URL": f"sqlite:///{directory}/catalog.sqlite3",
        "CATALOG_SECRET_KEY_FILE": str(directory / "secret-key"),
        "CATALOG_ADD_URL": urls["add_product"],
        "CATALOG_READ_URL": urls["read_product"],
        # Tests write and then list; those of the cache turn it on.
        "CATALOG_READ_CACHE_SECONDS": "0",
        **settings,
    }
    subprocess.run([sys.executable, "-m", "catalog.migrate", "upgrade"], env=common, check=True, cwd=directory)
    processes = {}
    try:
        for service, (port, metrics) in ports.items():
            listen = {"CATALOG_LISTEN": f"127.0.0.1:{port}", "CATALOG_METRICS_LISTEN": f"127.0.0.1:{metrics}"}
            with (directory / f"{service}.log").open("w") as log:
                processes[service] = subprocess.Popen(
                    [sys.executable, "-m", "gunicorn", "-c", "python:serving.server", f"{service}:create_app()"],
                    env={**common, **listen},
                    cwd=directory,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
        for service in ("add_product", "read_product", "display_product"):
            _wait_until_ready(urls[service])
        metrics_urls = {service: f"http://127.0.0.1:{metrics}/metrics" for service, (_, metrics) in ports.items()}
        yield Running(urls, metrics_urls, processes, directory)
    finally:
        for process in processes.values():
            process.send_signal(signal.SIGTERM)
        for process in processes.values():
            process.wait(40)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def _wait_until_ready(url: str) -> None:
    """Waits until the service at this base URL says that it is ready."""
    deadline = time.monotonic() + 90
    while True:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=5):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


class Client:
    """Asks a service as Flask's test client asks an app."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._pool = urllib3.PoolManager()

    def open(
        self,
        path: str,
        method: str = "GET",
        json: object = None,
        data: bytes | None = None,
        query_string: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        content_type: str | None = None,
    ) -> Response:
        """The answer to a request."""
        given = {**(headers or {}), **({"Content-Type": content_type} if content_type else {})}
        address = self._url + path + (f"?{urlencode(query_string)}" if query_string else "")
        body = {"json": json} if json is not None else {"body": data}
        answer = self._pool.request(method, address, headers=given, redirect=False, **body)
        return Response(answer.data, answer.status, dict(answer.headers))

    get = partialmethod(open, method="GET")
    post = partialmethod(open, method="POST")
    patch = partialmethod(open, method="PATCH")
    delete = partialmethod(open, method="DELETE")
