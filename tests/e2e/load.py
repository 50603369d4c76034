"""Steady traffic through the ingress, of pages and of forms, whose every failure is kept."""

import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType

from e2e.shop import Browser

PER_SECOND = 50
THREADS = 12


class Load:
    """While the context lasts: 50 requests a second, one in ten of which adds a product unless all only read."""

    def __init__(self, browser: Browser, adding: bool = True) -> None:
        self.browser = browser
        self.adding = adding
        self.failures: list[str] = []
        self.added: list[str] = []
        self.sent = 0
        self.mark = uuid.uuid4().hex[:8]
        self._stop = threading.Event()

    def __enter__(self) -> "Load":
        self._fields = self.browser.form("/products/new")
        self._pool = ThreadPoolExecutor(THREADS)
        self._thread = threading.Thread(target=self._send)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._pool.shutdown(wait=True)

    def _send(self) -> None:
        due = time.monotonic()
        while not self._stop.is_set():
            self._pool.submit(self._add if self.adding and self.sent % 10 == 0 else self._look, self.sent)
            self.sent += 1
            due += 1 / PER_SECOND
            time.sleep(max(0, due - time.monotonic()))

    def _look(self, number: int) -> None:
        self._expect("GET", "/products?limit=20", 200)

    def _add(self, number: int) -> None:
        name = f"Load {self.mark} {number}"
        fields = {
            **self._fields,
            "name": name,
            "price": "1.00",
            "sku": "",
            "description": "",
            "token": uuid.uuid4().hex,
        }
        if self._expect("POST", "/products/new", 303, fields):
            self.added.append(name)

    def _expect(self, method: str, path: str, status: int, fields: dict[str, str] | None = None) -> bool:
        try:
            form = {"fields": fields, "encode_multipart": False} if fields else {}
            answer = self.browser.open(method, path, **form)
        except Exception as error:
            self.failures.append(f"{time.strftime('%X')} {method} {path}: {error!r}")
            return False
        if answer.status != status:
            self.failures.append(f"{time.strftime('%X')} {method} {path}: {answer.status} {answer.data[-300:]!r}")
        return answer.status == status
