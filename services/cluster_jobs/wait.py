"""Waits until the database answers: `python -m cluster_jobs.wait SECONDS`.

Kubernetes would retry a Job that failed at once, but after longer and longer pauses.
"""

import socket
import sys
import time

from sqlalchemy import make_url

from catalog.settings import load
from serving.settings import SettingError

PAUSE_SECONDS = 1.0
ANSWER_SECONDS = 5.0


def wait(host: str, port: int, seconds: float) -> bool:
    """Whether a server sent its greeting within that time.

    MySQL accepts connections before it has set up its users, and sends the first packet once it has
    (https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html).
    """
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        try:
            with socket.create_connection((host, port), timeout=min(ANSWER_SECONDS, left)) as connection:
                if connection.recv(1):
                    return True
            error = "closed the connection"
        except OSError as refused:
            error = str(refused)
        print(f"{host}:{port} does not answer yet: {error}", flush=True)
        time.sleep(PAUSE_SECONDS)
    return False


def main(arguments: list[str]) -> None:
    """Entry point of `python -m cluster_jobs.wait`."""
    try:
        url = make_url(load().database_url)
    except SettingError as error:
        sys.exit(f"error: {error}")
    host, port, seconds = url.host or "localhost", url.port or 3306, float(arguments[0])
    if not wait(host, port, seconds):
        sys.exit(f"error: {host}:{port} did not answer within {seconds:g} s")


if __name__ == "__main__":
    main(sys.argv[1:])
