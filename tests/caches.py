"""Two replicas of read-product whose caches last for the whole test: whoever does not go round them sees the past."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import urllib3
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

LISTS = "/api/v1/products"


class Caches:
    """Stands in front of the real read-product, and keeps the lists twice: each request goes to the other cache."""

    def __init__(self, url: str) -> None:
        self._pool = urllib3.PoolManager()
        self._url = url
        self._kept: tuple[dict[str, urllib3.BaseHTTPResponse], ...] = ({}, {})
        self._turn = count()
        self.asked: list[str] = []
        """Addresses of the lists, in the order in which they were asked for."""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """See PEP 3333."""
        request = Request(environ)
        address = request.full_path.rstrip("?")
        if request.path != LISTS:
            return self._answer(self._ask(address))(environ, start_response)
        self.asked.append(address)
        kept = self._kept[next(self._turn) % 2]
        if request.cache_control.no_cache or address not in kept:
            kept[address] = self._ask(address)
        answer = self._answer(kept[address])
        answer.headers["Cache-Control"] = "max-age=3600"
        return answer(environ, start_response)

    def _ask(self, address: str) -> urllib3.BaseHTTPResponse:
        return self._pool.request("GET", self._url + address)

    def _answer(self, said: urllib3.BaseHTTPResponse) -> Response:
        return Response(said.data, said.status, content_type=said.headers["Content-Type"])


@contextmanager
def serving(caches: Caches) -> Iterator[str]:
    """The address at which the caches answer."""
    server = make_server("127.0.0.1", 0, caches, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
