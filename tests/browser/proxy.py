"""Proxies between a browser and the pages: one that speaks HTTPS, as the simplest ingress does, and a slow one."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer

from certificates import self_signed

PART_BYTES = 64
PART_SECONDS = 0.02
"""Longer than a browser needs for a frame."""


class _Server(ThreadingTCPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that goes away is no error."""


@contextmanager
def https(name: str, upstream_port: int, directory: Path) -> Iterator[tuple[int, Path]]:
    """The proxy's port, and its certificate for this host name, which is its own authority."""
    certificate, key = self_signed(name, directory)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with _proxy(upstream_port, lambda plain: context.wrap_socket(plain, server_side=True), _send) as port:
        yield port, certificate


@contextmanager
def slow(upstream_port: int) -> Iterator[int]:
    """The port of a proxy whose answers come in small parts."""
    with _proxy(upstream_port, lambda plain: plain, _send_in_parts) as port:
        yield port


@contextmanager
def _proxy(
    upstream_port: int,
    accept: Callable[[socket.socket], socket.socket],
    answer: Callable[[socket.socket, bytes], None],
) -> Iterator[int]:
    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            with accept(self.request) as client, socket.create_connection(("127.0.0.1", upstream_port)) as service:
                back = threading.Thread(target=_pass_on, args=(service, client, answer), daemon=True)
                back.start()
                _pass_on(client, service, _send)
                back.join()

    with _Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def _pass_on(source: socket.socket, target: socket.socket, send: Callable[[socket.socket, bytes], None]) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            send(target, data)
    # Ends the other direction too: HTTP needs no half-open connections.
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def _send(target: socket.socket, data: bytes) -> None:
    target.sendall(data)


def _send_in_parts(target: socket.socket, data: bytes) -> None:
    target.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for start in range(0, len(data), PART_BYTES):
        target.sendall(data[start : start + PART_BYTES])
        time.sleep(PART_SECONDS)
