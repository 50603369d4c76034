"""A proxy that speaks HTTPS and passes on everything as it comes, as the simplest ingress does."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer

from certificates import self_signed


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

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            with (
                context.wrap_socket(self.request, server_side=True) as client,
                socket.create_connection(("127.0.0.1", upstream_port)) as service,
            ):
                back = threading.Thread(target=_pass_on, args=(service, client), daemon=True)
                back.start()
                _pass_on(client, service)
                back.join()

    with _Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1], certificate
        server.shutdown()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    # Ends the other direction too: HTTP needs no half-open connections.
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
