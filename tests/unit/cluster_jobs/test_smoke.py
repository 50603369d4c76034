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
