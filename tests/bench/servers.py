"""The servers that are measured: the catalogue's services, and their peers, each a program of its own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from itertools import count
from pathlib import Path

from bench import usage
from bench.database import Database
from catalog import migrate
from catalog.settings import Settings
from processes import ROOT

WORKERS, THREADS = 2, 8
"""Of each server: as many as the catalogue's services have by default."""
READY_SECONDS_MAX = 120
PEERS_PYTHON = Path(os.environ.get("BENCH_PYTHON", sys.executable)).absolute()
"""The Python of the environment that has the peers' packages."""
NGINX = """
worker_processes 2;
error_log stderr;
pid {directory}/nginx.pid;
events {{}}
http {{
    access_log off;
    client_body_temp_path {directory}; proxy_temp_path {directory}; fastcgi_temp_path {directory};
    uwsgi_temp_path {directory}; scgi_temp_path {directory};
    keepalive_requests 1000000;
    server {{ listen 127.0.0.1:{port}; root {directory}; default_type application/json; }}
}}
"""


_PORTS = count(20_000)


def _port() -> int:
    """A port that nobody listens on, below those that Linux gives to clients, of which wrk has many."""
    for port in _PORTS:
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port
    raise AssertionError


class Server:
    """One program that answers at `url`; what it prints is in a file."""

    def __init__(
        self, name: str, command: Sequence[str], environ: Mapping[str, str], port: int, ready: str, directory: Path
    ) -> None:
        self.name = name
        self.url = f"http://127.0.0.1:{port}"
        self._log = directory / f"{name}-{port}.log"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                command, env={**os.environ, **environ}, cwd=directory, stdout=log, stderr=subprocess.STDOUT
            )
        try:
            self.seconds = self._wait(ready)
            """From its start until it was ready."""
        except RuntimeError:
            self.stop()
            raise

    def processes(self) -> list[int]:
        """Those of the server."""
        return list(usage.tree(self._process.pid))

    def cpu(self) -> float:
        """Seconds of processor time since its start."""
        return usage.cpu(self.processes())

    def memory(self) -> float:
        """MiB."""
        return usage.memory(self.processes())

    def stop(self) -> None:
        """Ends it."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(40)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wait(self, path: str) -> float:
        begin, said = time.monotonic(), ""
        while time.monotonic() < begin + READY_SECONDS_MAX:
            try:
                with urllib.request.urlopen(self.url + path, timeout=20):
                    return time.monotonic() - begin
            except urllib.error.HTTPError as error:
                with error:
                    said = error.read().decode()
            except OSError:
                pass
            if self._process.poll() is not None:
                break
            time.sleep(0.005)
        raise RuntimeError(f"{self.name} does not get ready: {said}\n{self._log.read_text()}")


class Stage:
    """Where servers run beside one database, until the stage is left."""

    def __init__(self, database: Database, directory: Path, size: int) -> None:
        self.database = database
        self.directory = directory
        self.size = size
        """Products in the database at the beginning."""
        self._stack = ExitStack()

    def __enter__(self) -> "Stage":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def service(self, package: str, **settings: str) -> Server:
        """One of the catalogue's services, as it is installed."""
        port, metrics = _port(), _port()
        (self.directory / "secret-key").write_text("k" * 64)
        user = "reader" if package == "read_product" else "writer"
        environ = {
            "PYTHONPATH": str(ROOT / "services"),
            "CATALOG_LISTEN": f"127.0.0.1:{port}",
            "CATALOG_METRICS_LISTEN": f"127.0.0.1:{metrics}",
            "CATALOG_SECRET_KEY_FILE": str(self.directory / "secret-key"),
            **self.database.environ(user),
            **settings,
        }
        command = [sys.executable, "-m", "gunicorn", "-c", "python:serving.server", f"{package}:create_app()"]
        return self._start(package.replace("_", "-"), command, environ, port, "/readyz")

    def migrate(self, database_url: str) -> None:
        """Makes the tables of another database, which needs no password."""
        migrate.upgrade(Settings(database_url=database_url))

    def plain(self) -> Server:
        """The page of products by an application that is one function, on the gunicorn of the services."""
        port, metrics = _port(), _port()
        environ = {
            "PYTHONPATH": f"{ROOT}/services:{ROOT}/tests",
            "CATALOG_LISTEN": f"127.0.0.1:{port}",
            "CATALOG_METRICS_LISTEN": f"127.0.0.1:{metrics}",
            "DATABASE_URL": self.database.peer_url,
        }
        command = [sys.executable, "-m", "gunicorn", "-c", "python:serving.server", "bench.peers.plain:create_app()"]
        return self._start("plain WSGI", command, environ, port, "/")

    def flask_peer(self, module: str, **environ: str) -> Server:
        """A Flask application as tutorials have it, on gunicorn with its threads."""
        port = _port()
        command = [
            str(PEERS_PYTHON), "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", str(WORKERS),
            "--threads", str(THREADS), "--keep-alive", "75", f"bench.peers.{module}:create_app()",
        ]  # fmt: skip
        given = {"PYTHONPATH": f"{ROOT}/tests", "DATABASE_URL": self.database.peer_url, **environ}
        return self._start(module, command, given, port, "/health")

    def fastapi_peer(self, module: str, *options: str) -> Server:
        """A FastAPI application on uvicorn with its quickest loop and parser."""
        port = _port()
        metrics = self.directory / f"metrics-{port}"
        metrics.mkdir()
        command = [
            str(PEERS_PYTHON), "-m", "uvicorn", "--host", "127.0.0.1", "--port", str(port), "--workers", str(WORKERS),
            "--loop", "uvloop", "--http", "httptools", *options, f"bench.peers.{module}:app",
        ]  # fmt: skip
        environ = {
            "PYTHONPATH": f"{ROOT}/tests",
            "DATABASE_URL": self.database.peer_url,
            "PROMETHEUS_MULTIPROC_DIR": str(metrics),
        }
        return self._start(module, command, environ, port, "/health")

    def nginx(self, content: bytes) -> Server | None:
        """nginx, which sends these bytes from a file at `/page`; None where it is not installed."""
        program = shutil.which("nginx")
        if program is None:
            return None
        port = _port()
        directory = self.directory / f"nginx-{port}"
        directory.mkdir()
        (directory / "page").write_bytes(content)
        configuration = directory / "nginx.conf"
        configuration.write_text(NGINX.format(directory=directory, port=port))
        # Its workers would otherwise become another user, who may not read the directory.
        directives = "daemon off; user root;" if os.geteuid() == 0 else "daemon off;"
        command = [program, "-c", str(configuration), "-p", str(directory), "-e", "stderr", "-g", directives]
        return self._start("nginx", command, {}, port, "/page")

    def _start(self, name: str, command: Sequence[str], environ: Mapping[str, str], port: int, ready: str) -> Server:
        server = Server(name, command, environ, port, ready, self.directory)
        self._stack.callback(server.stop)
        return server
