"""The gunicorn worker of the services: threads handle requests that have arrived, an event loop does all waiting.

A request gets a thread only once its head, and its body if that is small, has arrived. The thread is free again as soon
as the response is complete: the loop sends what the client does not accept at once. A thread reads a larger body; at
most half of the threads do so. So silent, slow or disconnected clients occupy no thread.
"""

import contextlib
import select
import socket
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from http import HTTPStatus
from selectors import EVENT_READ, EVENT_WRITE
from types import FrameType
from typing import Any

from gunicorn.http import errors
from gunicorn.workers.gthread import ThreadWorker

from serving import answers, bodies, chunks, connection, deadline, draining, gateway, http_checks, problems
from serving.connection import Arrived, Connection
from serving.outlet import is_ready
from serving.pool import Pool

UPLOAD_WAIT_SECONDS = 15
"""How long a large body waits for a thread."""
LIVENESS = (b"GET /livez ", b"HEAD /livez ")
"""The loop itself answers these: whether the process works does not depend on what its threads wait for."""
READINESS = (b"GET /readyz ", b"HEAD /readyz ")
"""Separate threads answer these: a service whose threads all wait for another service is still ready."""
READINESS_THREADS = 2
PROBES = LIVENESS + READINESS
UNREAD_MAX = 16 * 1024 * 1024
"""Maximum bytes of responses that each process buffers for clients that read slowly."""
FOLLOWING_SECONDS = 0.002
"""How long a thread waits for its client's next request, if no other request is queued, before the loop takes over.

A busy client sends the next request at once, and the way through the loop takes more than half as long as the response.
"""
EXIT_SECONDS = 1
"""How long the process still waits for requests on idle connections when it stops: some may be in transit."""

_STATUSES: tuple[tuple[type[Exception], HTTPStatus], ...] = (
    (errors.LimitRequestLine, HTTPStatus.REQUEST_URI_TOO_LONG),
    (errors.LimitRequestHeaders, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE),
    (errors.UnsupportedTransferCoding, HTTPStatus.NOT_IMPLEMENTED),
    (http_checks.UnknownMethod, HTTPStatus.NOT_IMPLEMENTED),
    (errors.ExpectationFailed, HTTPStatus.EXPECTATION_FAILED),
    (errors.ParseException, HTTPStatus.BAD_REQUEST),
)


class Worker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's threaded worker with a different way of waiting.

    gunicorn's worker blocks a thread while a new connection sends nothing, and while a client reads a response. It
    loses a request that is in the buffer after an unread body, and it waits for idle clients when it stops.
    """

    wsgi: Callable[..., Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._waiting: set[Connection] = set()
        self._sending: dict[Connection, None] = {}  # In the order in which they began.
        self._uploads = 0
        self._uploads_most = max(1, self.cfg.threads // 2)
        self._queue: deque[Connection] = deque()
        self._fixed = gateway.fixed(self.cfg)

    def get_thread_pool(self) -> Pool[Connection]:
        """The thread pool for requests."""
        return Pool(self.cfg.threads, self._serve)

    def load_wsgi(self) -> None:
        """Loads the application."""
        super().load_wsgi()
        self._background = getattr(self.wsgi, "extensions", {}).get("background", [])
        # Threads do not survive a fork, so they start here.
        for task in self._background:
            task.start()
        self._readiness = Pool(READINESS_THREADS, self._serve_one)

    def run(self) -> None:
        """Serves requests until the worker is stopped."""
        try:
            super().run()
        finally:
            self._readiness.shutdown()
            for task in self._background:
                task.stop()

    def accept(self, listener: socket.socket) -> None:
        """Accepts a new connection; the loop waits for its request."""
        try:
            sock, client = listener.accept()
        except OSError:  # Another worker was faster, or the client has disconnected.
            return
        self._make_room()
        self.nr_conns += 1
        conn = Connection(self._fixed, sock, client, listener.getsockname())
        self._wait(conn)
        self._on_readable(conn, sock)

    def finish(self, conn: Connection) -> None:
        """Runs in the loop when a thread has finished with a connection."""
        if conn.uploading:
            self._uploads -= 1
            self._begin_uploads()
        if conn.outlet.size:
            self._send_on(conn)
        else:
            self._continue(conn)

    def murder_keepalived(self) -> None:
        """Closes the connections of clients that have exceeded their time."""
        now = time.monotonic()
        for conn in [each for each in self._sending if each.outlet.is_late(now)]:
            self._abandon(conn)
        for conn in [each for each in self._waiting if each.is_late(now)]:
            if conn.lingering or not conn.buffer:
                self._drop(conn)
            else:
                self._refuse(conn, HTTPStatus.REQUEST_TIMEOUT, "The request arrived too slowly.")
        while self._queue and now > self._queue[0].deadline:
            conn = self._queue.popleft()
            self._wait(conn)
            detail = "Too many large uploads are in progress; try again in a few seconds."
            self._refuse(conn, HTTPStatus.SERVICE_UNAVAILABLE, detail, {"Retry-After": problems.RETRY_AFTER_SECONDS})

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Waits for sockets and threads, for at most a second, so that every timeout is noticed."""
        super().wait_for_and_dispatch_events(min(timeout, 1.0))

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Handles SIGTERM: closes idle connections soon, and still answers requests that have begun."""
        end = time.monotonic() + EXIT_SECONDS
        for conn in tuple(self._waiting):
            if conn.lingering or not conn.buffer:
                conn.deadline = min(conn.deadline, end)
        for task in self._background:
            task.retire()
        super().handle_exit(sig, frame)

    def _serve_one(self, conn: Connection) -> None:
        """Runs in a thread: answers one request."""
        try:
            conn.keeps = self.handle(conn)
        finally:
            self.method_queue.defer(self.finish, conn)

    def _serve(self, conn: Connection) -> None:
        """Runs in a thread: answers a request, and the client's next ones while no other request is queued."""
        try:
            conn.keeps = self.handle(conn)
            while self._follows(conn):
                conn.hand_over()
                conn.keeps = self.handle(conn)
        finally:
            self.method_queue.defer(self.finish, conn)

    def _follows(self, conn: Connection) -> bool:
        """Whether the client's next request has arrived and no other request is queued."""
        if not conn.keeps or not self.alive or conn.uploading or conn.outlet.size or self.tpool.has_queued:
            return False
        conn.expect_head(self._fixed.keepalive)
        # The loop handles pipelined requests, and requests to /livez and /readyz, which must not wait.
        if conn.buffer or not is_ready(conn.sock, select.POLLIN, FOLLOWING_SECONDS):
            return False
        with contextlib.suppress(OSError):  # The loop will meet the error again.
            conn.receive()
        return not conn.buffer.startswith(PROBES) and conn.arrived() is Arrived.WHOLE

    def handle(self, conn: Connection) -> bool:
        """Answers one request. Returns True if the connection can take another one."""
        request = None
        try:
            request = next(conn.parser)
            request._expected_100_continue = False  # The loop has sent it.
            http_checks.check(request)
            chunks.read_strictly(request, conn.parser.unreader)
            kept = self.handle_request(request, conn)
            return kept and connection.body_has_arrived(request, conn.parser.unreader) and conn.parser.finish_body()
        except StopIteration:
            pass
        except TimeoutError as error:
            self.log.info("The client at %s was too slow: %s", conn.client, error)
        except OSError as error:
            self.log.debug("The client at %s disconnected: %s", conn.client, error)
        except Exception as error:
            self.handle_error(request, conn.sock, conn.client, error)
        return False

    def handle_request(self, request: Any, conn: Connection) -> bool:
        """Passes a request to the application. Returns True if the connection may be kept open."""
        response = gateway.Answer(request, conn.outlet, self._fixed)
        environ = gateway.of_request(request, conn.environ)
        # The server supports no other protocol, so it ignores Upgrade (RFC 9110, 7.8).
        environ.pop("HTTP_UPGRADE", None)
        arrived = conn.parser.unreader.arrived
        if arrived is not None:
            environ[deadline.ARRIVED] = arrived

        def start(*arguments: Any) -> Any:
            # Do not wait for the rest of a body that is still arriving.
            if draining.under_way() or not self.alive or not connection.body_has_arrived(request, conn.parser.unreader):
                response.force_close()
            write = response.start_response(*arguments)
            conn.outlet.waits = response.response_length is None
            return write

        pieces: Iterable[bytes] = ()
        try:
            pieces = self.wsgi(environ, start)
            for piece in pieces:
                response.write(piece)
            response.close()
            conn.outlet.flush()
        except Exception as error:
            if response.headers_sent and request.version <= (1, 0):
                # In HTTP/1.0, the end of the connection is the only sign that a response is complete.
                conn.outlet.reset()
            if isinstance(error, OSError):
                raise
            if response.headers_sent:
                self.log.exception("A response was aborted")
            else:
                # Whatever the error is, such as an invalid header field: it is not the client's.
                self._fail(conn.sock)
            return False
        finally:
            closed = self._close_pieces(pieces)
        return closed and not response.should_close()

    def _close_pieces(self, pieces: Iterable[bytes]) -> bool:
        """Tells the application that its response has ended (PEP 3333). Returns False if it fails then."""
        try:
            if hasattr(pieces, "close"):
                pieces.close()
        except Exception:
            self.log.exception("The application failed after a response")
            return False
        return True

    def handle_error(self, request: Any, sock: socket.socket, client: Any, error: Exception) -> None:
        """Answers a request that never reached the application."""
        status = next((status for kind, status in _STATUSES if isinstance(error, kind)), None)
        if status is None:
            self._fail(sock)
        else:
            # Not the error's text: it quotes the request, and so perhaps a token.
            self.log.warning("A request from %s was refused: %s", client, type(error).__name__)
            _send(sock, status, "The request is not valid HTTP.")

    def _fail(self, sock: socket.socket) -> None:
        """Logs the current exception, and answers that the service failed."""
        self.log.exception("Error handling a request")
        _send(sock, HTTPStatus.INTERNAL_SERVER_ERROR, "The service failed; the error is logged.")

    def _make_room(self) -> None:
        """At the connection limit, closes the connection without a request head whose deadline is the nearest."""
        if self.nr_conns + 1 < self.worker_connections:
            return
        silent = [conn for conn in self._waiting if conn.head_is_missing]
        if silent:
            self._drop(min(silent, key=lambda conn: conn.deadline))

    def _wait(self, conn: Connection) -> None:
        self._waiting.add(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self._on_readable, conn))

    def _stop_waiting(self, conn: Connection) -> None:
        self._waiting.discard(conn)
        self.poller.unregister(conn.sock)

    def _on_readable(self, conn: Connection, _sock: socket.socket) -> None:
        if conn not in self._waiting:  # It was closed just before, to make room for another connection.
            return
        try:
            is_open = conn.receive()
        except OSError:
            is_open = False
        if conn.lingering:
            conn.buffer.clear()
        if is_open and not conn.lingering:
            self._dispatch(conn)
        elif not is_open:
            self._on_closed(conn)

    def _on_closed(self, conn: Connection) -> None:
        """Handles a client's end of input: the application refuses a partial body; a partial head is dropped."""
        if conn.lingering or conn.arrived() in (Arrived.NOTHING, Arrived.TOO_MUCH) or conn.head_is_missing:
            self._drop(conn)
        else:
            self._start_request(conn)

    def _dispatch(self, conn: Connection) -> None:
        """Decides what to do with a connection that has received bytes."""
        match conn.arrived():
            case Arrived.WHOLE:
                self._start_request(conn)
            case Arrived.HEAD:
                self._stop_waiting(conn)
                conn.deadline = time.monotonic() + UPLOAD_WAIT_SECONDS
                self._queue.append(conn)
                self._begin_uploads()
            case Arrived.TOO_MUCH if conn.request_line_ended:
                self._refuse(conn, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The head of the request is too large.")
            case Arrived.TOO_MUCH:
                self._refuse(conn, HTTPStatus.REQUEST_URI_TOO_LONG, "The address is too long.")

    def _start_request(self, conn: Connection) -> None:
        """Gives a request to a thread, or answers it here if it is a liveness probe."""
        alive, ready = conn.buffer.startswith(LIVENESS), conn.buffer.startswith(READINESS)
        self._stop_waiting(conn)
        conn.hand_over()
        if alive:
            conn.keeps = self.handle(conn)
            self.method_queue.defer(self.finish, conn)
        elif ready:
            self._readiness.submit(conn)
        else:
            self.tpool.submit(conn)

    def _begin_uploads(self) -> None:
        while self._queue and self._uploads < self._uploads_most:
            conn = self._queue.popleft()
            self._uploads += 1
            conn.uploading = True
            conn.hand_over()
            self.tpool.submit(conn)

    def _refuse(self, conn: Connection, status: HTTPStatus, detail: str, headers: dict[str, Any] | None = None) -> None:
        self.log.info("A request from %s was refused: %s", conn.client, detail)
        self._stop_waiting(conn)
        _send(conn.sock, status, detail, headers)
        self._linger(conn)

    def _continue(self, conn: Connection) -> None:
        """Continues after a response is sent: waits for the next request, or ends the connection."""
        if not conn.keeps:
            self._linger(conn)
            return
        if not conn.expecting:
            conn.expect_head(self._fixed.keepalive)
        if not self.alive:  # The client may not know yet that the worker is stopping.
            conn.deadline = min(conn.deadline, time.monotonic() + EXIT_SECONDS)
        self._wait(conn)
        self._dispatch(conn)

    def _send_on(self, conn: Connection) -> None:
        """Sends the rest of a response as the client reads. Gives up the oldest if too many bytes are buffered."""
        self._sending[conn] = None
        self.poller.register(conn.sock, EVENT_WRITE, partial(self._on_writable, conn))
        while sum(each.outlet.size for each in self._sending) > UNREAD_MAX:
            self._abandon(next(iter(self._sending)))

    def _on_writable(self, conn: Connection, _sock: socket.socket) -> None:
        if conn not in self._sending:
            return
        try:
            conn.outlet.flush()
        except OSError:
            self._abandon(conn)
            return
        if not conn.outlet.size:
            self._stop_sending(conn)
            self._continue(conn)

    def _abandon(self, conn: Connection) -> None:
        self.log.info("The client at %s disconnected or reads too slowly", conn.client)
        self._stop_sending(conn)
        self._close(conn)

    def _stop_sending(self, conn: Connection) -> None:
        del self._sending[conn]
        self.poller.unregister(conn.sock)

    def _linger(self, conn: Connection) -> None:
        """Closes a connection after the client has had time to read the response (RFC 9112, 9.6)."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._close(conn)
            return
        conn.lingering = True
        conn.buffer.clear()
        conn.deadline = time.monotonic() + (connection.LINGER_SECONDS if self.alive else 0)
        self._wait(conn)
        self._on_readable(conn, conn.sock)

    def _drop(self, conn: Connection) -> None:
        self._stop_waiting(conn)
        self._close(conn)

    def _close(self, conn: Connection) -> None:
        self.nr_conns -= 1
        conn.sock.close()


def _send(sock: socket.socket, status: HTTPStatus, detail: str, headers: dict[str, Any] | None = None) -> None:
    """Sends a problem response with `Connection: close`."""
    request_id = uuid.uuid4().hex
    body = bodies.encode(answers.Problem(problems.phrase(status), status, detail, request_id))
    fields = {
        "Content-Type": problems.MEDIA_TYPE,
        "Content-Length": len(body),
        "X-Request-ID": request_id,
        "Connection": "close",
        **(headers or {}),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    with contextlib.suppress(OSError):  # The client may have disconnected.
        sock.send(f"HTTP/1.1 {status.value} {problems.phrase(status)}\r\n{head}\r\n".encode("ascii") + body)
