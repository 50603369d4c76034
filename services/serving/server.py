"""How gunicorn serves a service: `gunicorn -c python:serving.server 'my_service:create_app()'`.

Each setting has its reason beside it; the values that differ between installations come from serving.settings.
"""

import os
import shutil
import signal
import sys
import tempfile
import threading
from pathlib import Path
from types import FrameType
from typing import Any

from serving import draining, logs, names
from serving.settings import SettingError, Settings, load

try:
    settings = load(Settings, others=True)
except SettingError as error:
    sys.exit(f"error: {error}")


def _split(listen: str) -> tuple[str, int]:
    """`[::]:8080` to (`::`, 8080)."""
    host, _, port = listen.rpartition(":")
    return host.strip("[]"), int(port)


bind = settings.listen

# Threads, since each request waits for the database: processes alone would serve fewer clients, and a blocking
# database driver would stop an event loop. The worker gives a thread only to a request that has arrived, so slow or
# silent clients occupy no thread.
worker_class = "serving.worker.Worker"
workers = settings.workers
threads = settings.threads
# Together with the database connections, fewer than the default limit of 1024 open files per process.
worker_connections = 800

# The app is loaded before the workers are forked: they share its memory, and a wrong setting prevents the start.
# A development server reloads instead. Templates and similar files are cached once read, so a change to one of them
# reloads too.
reload = os.environ.get("RELOAD") == "1"
reload_extra_files = [
    str(file)
    for kind in ("templates", "static", "translations")
    for file in Path(__file__).parents[1].glob(f"*/{kind}/**/*.*")
    if reload and file.is_file()
]
preload_app = not reload

# A worker's heartbeat file must never wait for a disk. Containers have this tmpfs even with a read-only root file
# system.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108
control_socket_disable = True

# By default longer than ingress-nginx keeps an idle connection (60 s), so that it never sends a request on a connection
# that the service is closing.
keepalive = settings.keepalive_seconds
graceful_timeout = 30

# Long enough for a percent-encoded query of 6 kB.
limit_request_line = 8190

# No header of a peer is trusted to say under which host or scheme the service is reached.
forwarded_allow_ips = ""

accesslog = None
errorlog = "-"


def _service_of(arguments: list[str]) -> str:
    """The name of the service, taken from the application on gunicorn's command line."""
    package = next((word.partition(":")[0] for word in arguments if ":create_app" in word), "service")
    return names.of(package)


logconfig_dict = logs.config(_service_of(sys.argv), settings.log_level)

# prometheus_client reads this variable when it is imported, so it is set here, before the app is loaded. The directory
# is always new: files that an earlier container left would be counted again.
os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="metrics-")


def when_ready(server: Any) -> None:
    """Starts the metrics server, and makes SIGTERM drain: unready at once, then `drain_seconds`, then stop."""
    from prometheus_flask_exporter.multiprocess import GunicornPrometheusMetrics

    host, port = _split(settings.metrics_listen)
    GunicornPrometheusMetrics.start_http_server_when_ready(port, host)

    def drain(signum: int, frame: FrameType | None) -> None:
        draining.begin()
        threading.Timer(settings.drain_seconds, server.signal, (signum, frame)).start()

    signal.signal(signal.SIGTERM, drain)


def child_exit(server: Any, worker: Any) -> None:
    """Removes a dead worker's gauges from the sums; its counters stay, so that totals never decrease."""
    from prometheus_flask_exporter.multiprocess import GunicornPrometheusMetrics

    GunicornPrometheusMetrics.mark_process_dead_on_child_exit(worker.pid)


def on_exit(server: Any) -> None:
    """Removes the metrics directory."""
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
