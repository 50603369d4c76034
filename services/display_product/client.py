"""The HTTP client of the other two services: the only module that sends requests."""

import contextlib
import hashlib
import logging
import math
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import urlencode, urlsplit

import msgspec
import urllib3
from flask import current_app, g, has_request_context
from urllib3 import Retry, Timeout

from catalog import __version__, wire
from catalog.settings import Settings
from display_product.web import writes
from display_product.web.cache import Answer, Answers
from serving import access, answers, audit, bodies, deadline
from serving.answers import FieldError

if TYPE_CHECKING:
    from display_product.signer import Tokens

READ = "read-product"
ADD = "add-product"


class _Within(Timeout):
    """A timeout per attempt, capped by the time left for the page."""

    def clone(self) -> Timeout:
        """The timeout of the next attempt: urllib3 clones the timeout for each."""
        left = deadline.left()
        return Timeout(connect=self._connect, read=self._read, total=None if left == math.inf else max(left, 0.01))


TIMEOUT = _Within(connect=1.5, read=8)
# Leaves time to show the state of the import if the service does not respond to a change.
CHANGE_TIMEOUT = _Within(connect=1.5, read=6)
# urllib3 applies the connect timeout to each chunk that it sends.
UPLOAD_TIMEOUT = _Within(connect=8, read=8)
# How long the service should wait for the end of an import (RFC 7240); after that, its page shows the progress.
WAIT = {"Prefer": "wait=2"}
# A service that waits for its database reports that after 4 seconds.
PROBE_TIMEOUT = _Within(connect=1, read=5)


class _Retry(Retry):
    """Does not retry after a read timeout: the retry would take as long again, and add load to the service."""

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: urllib3.BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: Any = None,
        _stacktrace: Any = None,
    ) -> Self:
        """See Retry."""
        if isinstance(error, urllib3.exceptions.ReadTimeoutError):
            raise error
        return super().increment(method, url, response, error, _pool, _stacktrace)


# A request that was never sent is always retried; one that may have been processed only if that is safe.
RETRIES = _Retry(total=2, read=1, status=1, other=0, redirect=0, backoff_factor=0.1, status_forcelist={502, 503, 504},
                 allowed_methods={"GET"}, raise_on_status=False, respect_retry_after_header=False)  # fmt: skip
KEYED_RETRIES = RETRIES.new(allowed_methods={"GET", "POST"})
UPLOAD_RETRIES = RETRIES.new(total=1, read=0, status=0)
NO_RETRIES = Retry(0, redirect=0, raise_on_status=False)

# How many times to try while the first request with the same key is still in progress.
UNDER_WAY_ATTEMPTS = 5

IMPORT_ADDRESS = re.compile(rf".*{wire.IMPORTS}/([0-9]{{1,19}})")

T = TypeVar("T")
log = logging.getLogger(__name__)


class Away(Exception):
    """The service did not respond, or responded that it is unavailable."""

    def __init__(self, service: str) -> None:
        super().__init__(f"{service} is unavailable")
        self.service = service


class Missing(Exception):
    """There is no such product or import."""


class Stale(Exception):
    """The product has changed since it was read."""


class Unrecognised(Exception):
    """The service asks who sends the request, or does not believe the answer."""


class Forbidden(Exception):
    """The service does not let whoever is signed in do this."""


class Refused(Exception):
    """The request is invalid; `errors` names the fields."""

    def __init__(self, status: int, detail: str, errors: list[FieldError]) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors


@dataclass(frozen=True)
class Report:
    """The health report of a service; `health` is None if it does not respond."""

    service: str
    health: answers.Health | None
    milliseconds: float


def get() -> "Client":
    """The app's client."""
    client: Client = current_app.extensions["client"]
    return client


class Client:
    """Holds the connection pools of both services; each worker process creates one client."""

    def __init__(self, settings: Settings) -> None:
        urls = {READ: settings.read_url, ADD: settings.add_url}
        self._paths = {service: urlsplit(url).path.rstrip("/") for service, url in urls.items()}
        # A PoolManager would look up the right pool for each request.
        self._pools = {
            service: urllib3.connection_from_url(url, maxsize=settings.threads, retries=RETRIES, timeout=TIMEOUT)
            for service, url in urls.items()
        }
        self._lists = Answers()
        self._anonymous_read = settings.anonymous_read
        self._tokens = _tokens(settings)

    @property
    def services(self) -> list[str]:
        """The names of the services."""
        return list(self._pools)

    def find(self, arguments: Mapping[str, str]) -> Answer:
        """Fetches a page of the list, a wire.ProductPage; a cached one will do unless the person has just written.

        `arguments` are limit, sort, q and after. Raises Refused for an invalid one.
        """
        address = _list_address(tuple(arguments.items()))

        def send(headers: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
            return self._send(READ, "GET", address, headers=headers)

        return self._lists.get(address, send, anew=writes.just_now(), patience=deadline.left())

    def look_up(self, product_id: int) -> Answer:
        """Fetches a product in its current version, a wire.Product. Raises Missing."""
        return Answer(self._send(READ, "GET", f"{wire.PRODUCTS}/{product_id}").data)

    def read(self, product_id: int) -> wire.Product:
        """Fetches and decodes a product. Raises Missing."""
        return self.look_up(product_id).decode(wire.Product)

    def add(self, fields: wire.NewProduct, token: str) -> wire.Product:
        """Adds a product, only once for each token and content, however often it is called. Raises Refused."""
        body = bodies.encode(fields)
        # The key includes the content: someone who goes back in the browser and types another product wants to add it.
        headers = {"Idempotency-Key": f"{token}-{hashlib.sha256(body).hexdigest()[:16]}"}
        for attempt in range(1, UNDER_WAY_ATTEMPTS + 1):
            try:
                answer = self._send(ADD, "POST", wire.PRODUCTS, body=body, headers=headers, retries=KEYED_RETRIES)
                return self._decode(answer, wire.Product)
            except Refused as refused:
                if refused.status != HTTPStatus.CONFLICT or refused.errors:
                    raise
                if attempt == UNDER_WAY_ATTEMPTS:
                    raise Away(ADD) from refused
                time.sleep(0.2 * attempt)
        raise AssertionError("unreachable")

    def change(self, product_id: int, etag: str, fields: wire.NewProduct) -> wire.Product:
        """Changes a product if this is still its version. Raises Missing, Stale or Refused."""
        answer = self._send(
            ADD, "PATCH", f"{wire.PRODUCTS}/{product_id}", body=bodies.encode(fields), headers={"If-Match": f'"{etag}"'}
        )
        return self._decode(answer, wire.Product)

    def remove(self, product_id: int, etag: str) -> None:
        """Deletes a product if this is still its version. Raises Missing or Stale."""
        self._send(ADD, "DELETE", f"{wire.PRODUCTS}/{product_id}", headers={"If-Match": f'"{etag}"'})

    def check_file(self, content: Iterable[bytes], name: str, media_type: str, on_conflict: str, key: str) -> int:
        """Uploads a file to be checked, and returns the ID of its import. Raises Refused.

        The same key and file give the same import. An exception from `content` aborts the request and leaves no import.
        """
        options = urlencode({"dry_run": "true", "on_conflict": on_conflict, "name": name})
        headers = {"Content-Type": media_type, "Idempotency-Key": key, **WAIT}
        # The upload is as slow as the person's connection.
        deadline.lift()
        with self._reaching(ADD):
            answer = self._request(
                ADD, "POST", f"{wire.PRODUCTS}/import?{options}", body=content, headers=headers, chunked=True,
                timeout=UPLOAD_TIMEOUT, retries=UPLOAD_RETRIES,
            )  # fmt: skip
        deadline.renew()
        # An unusable file has an import too, which says why.
        if found := IMPORT_ADDRESS.fullmatch(answer.headers.get("Location", "")):
            return int(found.group(1))
        raise _fault(ADD, answer.status, answer.data)

    def check_again(self, import_id: int, options: Mapping[str, str]) -> None:
        """Checks the file of an import with other `options`: charset and on_conflict. Raises Missing or Refused."""
        self._change(f"{import_id}/check?{urlencode(options)}")

    def start(self, import_id: int) -> None:
        """Writes the rows of an import that has been checked. Raises Missing or Refused."""
        self._change(f"{import_id}/start")

    def cancel(self, import_id: int) -> None:
        """Cancels an import; rows already written stay. Raises Missing or Refused."""
        self._change(f"{import_id}/cancel")

    def undo(self, import_id: int) -> int:
        """Works out what the undo of an import would do; returns the ID of the undo. Raises Missing or Refused."""
        path = f"{wire.IMPORTS}/{import_id}/undo?dry_run=true"
        answer = self._send(ADD, "POST", path, headers=WAIT, timeout=CHANGE_TIMEOUT)
        return int(answer.headers["Location"].rpartition("/")[2])

    def imported(self, import_id: int) -> wire.Import:
        """Fetches an import in any state. Raises Missing."""
        return self._decode(self._send(READ, "GET", f"{wire.IMPORTS}/{import_id}"), wire.Import)

    def imports(self, arguments: Mapping[str, str]) -> wire.ImportPage:
        """Fetches a page of the imports; `arguments` are limit and after. Raises Refused for an invalid one."""
        return self._decode(self._send(READ, "GET", f"{wire.IMPORTS}?{urlencode(arguments)}"), wire.ImportPage)

    def tokens(self, arguments: Mapping[str, str]) -> wire.TokenPage:
        """Fetches a page of the tokens of programs; `arguments` are limit and after. Raises Refused for a wrong one."""
        return self._decode(self._send(ADD, "GET", f"{wire.TOKENS}?{urlencode(arguments)}"), wire.TokenPage)

    def make_token(self, fields: wire.NewToken) -> wire.MadeToken:
        """Makes a token for a program. Raises Refused."""
        return self._decode(self._send(ADD, "POST", wire.TOKENS, body=bodies.encode(fields)), wire.MadeToken)

    def revoke_token(self, token_id: int) -> None:
        """Revokes a token; none of this number is no error."""
        with contextlib.suppress(Missing):
            self._send(ADD, "DELETE", f"{wire.TOKENS}/{token_id}")

    def history(self, product_id: int, arguments: Mapping[str, str]) -> wire.ChangeList:
        """Fetches a page of the changes of a product; `arguments` are limit and after. Raises Missing or Refused."""
        path = f"{wire.PRODUCTS}/{product_id}/changes?{urlencode(arguments)}"
        return self._decode(self._send(READ, "GET", path, named=True), wire.ChangeList)

    def changes(self, arguments: Mapping[str, str]) -> wire.ChangeList:
        """Fetches a page of the history; `arguments` are those of the service. Raises Refused for an invalid one."""
        path = f"{wire.CHANGES}?{urlencode(arguments)}"
        return self._decode(self._send(READ, "GET", path, named=True), wire.ChangeList)

    def restore(self, product_id: int) -> wire.Product:
        """Brings a deleted product back under its ID. Raises Missing or Refused."""
        return self._decode(self._send(ADD, "POST", f"{wire.PRODUCTS}/{product_id}/restore"), wire.Product)

    def export(self, kind: str) -> urllib3.BaseHTTPResponse:
        """Requests the whole catalogue; the caller streams the open response and closes it."""
        return self._send(READ, "GET", f"{wire.PRODUCTS}/export?format={kind}", preload_content=False)

    def inspect(self, service: str) -> Report:
        """The health report of a service, and its response time."""
        started = time.perf_counter()
        try:
            answer = self._request(service, "GET", "/readyz", retries=NO_RETRIES, timeout=PROBE_TIMEOUT)
            health = msgspec.json.decode(answer.data, type=answers.Health)
        except (urllib3.exceptions.HTTPError, msgspec.DecodeError):
            health = None
        return Report(service, health, (time.perf_counter() - started) * 1000)

    def _change(self, what: str) -> None:
        self._send(ADD, "POST", f"{wire.IMPORTS}/{what}", headers=WAIT, timeout=CHANGE_TIMEOUT)

    def _send(self, service: str, method: str, path: str, **options: Any) -> urllib3.BaseHTTPResponse:
        """Sends a request and returns the response if it succeeds. Raises an error otherwise."""
        with self._reaching(service):
            answer = self._request(service, method, path, **options)
            if answer.status >= HTTPStatus.BAD_REQUEST:
                raise _fault(service, answer.status, answer.data)
        return answer

    @contextmanager
    def _reaching(self, service: str) -> Iterator[None]:
        try:
            yield
        except urllib3.exceptions.HTTPError as error:
            log.warning("%s does not respond: %s", service, error)
            raise Away(service) from error

    def _request(
        self,
        service: str,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        *,
        named: bool = False,
        **options: Any,
    ) -> urllib3.BaseHTTPResponse:
        sent = {"User-Agent": f"display-product/{__version__}", **(headers or {})}
        if has_request_context():
            sent["X-Request-ID"] = g.request_id
        if isinstance(options.get("body"), bytes):
            sent["Content-Type"] = "application/json"
        if service == ADD and method != "GET":
            writes.note()
        if service == ADD or named or not self._anonymous_read:
            sent |= self._credentials()
        address = self._paths[service] + path
        return self._pools[service].urlopen(method, address, headers=sent, redirect=False, **options)

    def _credentials(self) -> dict[str, str]:
        """Says for whom the request is: the service decides again what they may do."""
        principal = access.current()
        if self._tokens is None or principal is access.ANONYMOUS:
            return {}
        return {"Authorization": f"Bearer {self._tokens.of(principal)}", "X-Forwarded-For": audit.address()}

    def _decode(self, answer: urllib3.BaseHTTPResponse, kind: type[T]) -> T:
        return msgspec.json.decode(answer.data, type=kind)


def _tokens(settings: Settings) -> "Tokens | None":
    if settings.auth != "on":
        return None
    # With authentication off, nothing needs what this imports.
    from display_product.signer import Tokens

    return Tokens(settings)


@lru_cache(maxsize=256)
def _list_address(arguments: tuple[tuple[str, str], ...]) -> str:
    return f"{wire.PRODUCTS}?{urlencode(arguments)}"


def _fault(service: str, status: int, body: bytes) -> Exception:
    if status == HTTPStatus.NOT_FOUND:
        return Missing()
    if status == HTTPStatus.PRECONDITION_FAILED:
        return Stale()
    if status == HTTPStatus.UNAUTHORIZED:
        log.error("%s does not accept who sent the request: %s", service, body[:500].decode("utf-8", "replace"))
        return Unrecognised()
    if status == HTTPStatus.FORBIDDEN:
        return Forbidden()
    try:
        problem = msgspec.json.decode(body, type=answers.Problem)
    except msgspec.DecodeError:
        log.warning("%s responded %s without problem details", service, status)
        return Away(service)
    # A server error, unless the service names a part of the request that is too expensive.
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and not problem.errors:
        log.warning("%s responded %s", service, status)
        return Away(service)
    return Refused(status, problem.detail, problem.errors)
