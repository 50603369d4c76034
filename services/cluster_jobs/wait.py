"""Waits until the database takes connections: `python -m cluster_jobs.wait SECONDS`.

A Job that failed at once would be tried again after ever longer pauses.
"""

import socket
import sys
import time

from sqlalchemy import make_url

from catalog.settings import SettingError, load

PAUSE_SECONDS = 1.0
CONNECT_SECONDS = 5.0


def wait(host: str, port: int, seconds: float) -> bool:
    """Whether the address took a connection within that time. MySQL listens only once its users are set up."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            socket.create_connection((host, port), timeout=CONNECT_SECONDS).close()
        except OSError as error:
            print(f"{host}:{port} does not answer yet: {error}", flush=True)
            time.sleep(PAUSE_SECONDS)
        else:
            return True
    return False


def main(arguments: list[str]) -> None:
    """Entry point of `python -m cluster_jobs.wait`."""
    try:
        url = make_url(load().database_url)
    except SettingError as error:
        sys.exit(f"error: {error}")
    host, port, seconds = url.host or "localhost", url.port or 3306, float(arguments[0])
    if not wait(host, port, seconds):
        sys.exit(f"error: {host}:{port} took no connection within {seconds:g} s")


if __name__ == "__main__":
    main(sys.argv[1:])
