"""The installation's test allows a replica to be behind, and nothing else."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cluster_jobs import smoke


@pytest.fixture
def late() -> Iterator[str]:
    """A page that is there from the second time on."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(404 if len(asked) == 1 else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}/products/1"
        server.shutdown()


def test_a_product_that_a_replica_does_not_have_yet_is_waited_for(late: str) -> None:
    assert smoke.see(late, 200, behind=404).status == 200


def test_a_product_that_never_comes_is_a_failure(late: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smoke, "REPLICA_SECONDS", 0)
    with pytest.raises(smoke.Failure, match="answered 404 instead of 200"):
        smoke.see(late, 200, behind=404)


def test_any_other_answer_is_a_failure_at_once(late: str) -> None:
    with pytest.raises(smoke.Failure, match="answered 404 instead of 200"):
        smoke.see(late, 200, behind=410)


class Services(BaseHTTPRequestHandler):
    """All three services, which refuse what they are told to refuse."""

    closed: frozenset[str] = frozenset()

    def do_GET(self) -> None:
        self.answer(200, b'<input type="password">')

    def do_POST(self) -> None:
        self.answer(201)

    def do_DELETE(self) -> None:
        self.answer(204)

    def answer(self, status: int, body: bytes = b"") -> None:
        path = self.path.partition("?")[0]
        if f"{self.command} {path}" in self.closed:
            status, body = 401, b""
        self.send_response(status)
        self.send_header("WWW-Authenticate", "Bearer")
        self.send_header("Content-Length", str(len(body) if status != 204 else 0))
        self.end_headers()
        self.wfile.write(body)


WRITES = {"POST /api/v1/products", "DELETE /api/v1/products/1"}
READS = {"GET /api/v1/products"}


@pytest.mark.parametrize(
    ("closed", "reads", "failure"),
    [
        (WRITES, True, None),
        (WRITES | READS, False, None),
        (WRITES, False, "GET .* answered 200 instead of 401"),
        (WRITES | READS, True, "GET .* answered 401 instead of 200"),
        (READS, False, "POST .* answered 201 instead of 401"),
        ({"POST /api/v1/products"}, True, "DELETE .* answered 204 instead of 401"),
        (WRITES | {"GET /readyz"}, True, "readyz answered 401"),
    ],
    ids=str,
)
def test_an_installation_lets_whoever_has_not_signed_in_do_what_its_values_say(
    closed: set[str], reads: bool, failure: str | None
) -> None:
    handler = type("Handler", (Services,), {"closed": frozenset(closed)})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        base = f"http://127.0.0.1:{server.server_port}"
        try:
            if failure is None:
                smoke.try_without_token(base, base, base, reads=reads)
            else:
                with pytest.raises(smoke.Failure, match=failure):
                    smoke.try_without_token(base, base, base, reads=reads)
        finally:
            server.shutdown()
