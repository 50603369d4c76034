"""That the quick way between HTTP and WSGI is gunicorn's way: the same environments, the same bytes."""

import re
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.http import wsgi
from gunicorn.http.errors import ParseException
from gunicorn.http.parser import RequestParser
from hypothesis import given, settings
from hypothesis import strategies as st

from serving import gateway

CLIENT, SERVER = ("192.0.2.1", 4711), ("127.0.0.1", 8080)
OWN = {"wsgi.input", "wsgi.errors", "wsgi.multithread", "wsgi.early_hints", "gunicorn.socket"}
"""What is not the same: objects of each way, and what nobody here asks for."""

names = st.sampled_from(
    ("Host", "X-A", "x-a", "Accept", "Content-Type", "Content-Length", "Cookie", "Connection", "Expect", "X_B", "Via")
)
values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=12) | st.sampled_from(("3", "close"))
fields = st.lists(st.tuples(names, values), max_size=6)
targets = st.text(st.sampled_from("/ab%2e%C3%A9?=&;é"), max_size=12).map(lambda text: "/" + text)


class Sink:
    """A socket that keeps what is sent."""

    def __init__(self) -> None:
        self.sent = b""

    def sendall(self, data: bytes) -> None:
        self.sent += data


@pytest.fixture(scope="module")
def cfg() -> Config:
    made = Config()
    made.set("forwarded_allow_ips", "")
    return made


@pytest.fixture(scope="module", autouse=True)
def no_prefix() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SCRIPT_NAME", raising=False)
        yield


def parsed(kind: type, cfg: Any, sent: bytes) -> Any:
    """The request, or the kind of the fault."""
    try:
        return next(kind(cfg, iter([sent]), CLIENT))
    except ParseException as error:
        return type(error)


def message(method: str, target: str, version: str, head: list[tuple[str, str]], body: bytes) -> bytes:
    lines = [f"{method} {target} HTTP/{version}", *(f"{name}: {value}" for name, value in head)]
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1") + b"\r\n" + body


@settings(deadline=None)
@given(
    st.sampled_from(("GET", "HEAD", "POST")), targets, st.sampled_from(("1.0", "1.1")), fields, st.binary(max_size=5)
)
def test_an_application_is_told_the_same(
    cfg: Config, method: str, target: str, version: str, head: list[tuple[str, str]], body: bytes
) -> None:
    sent = message(method, target, version, head, body)
    plain = parsed(RequestParser, cfg, sent)
    quick = parsed(gateway.Parser, gateway.fixed(cfg), sent)
    if isinstance(plain, type):
        assert quick is plain
        return
    plain._expected_100_continue = False
    _, expected = wsgi.create(plain, socket.socket, CLIENT, SERVER, cfg)
    environ = gateway.of_request(quick, gateway.of_connection(gateway.fixed(cfg), CLIENT, SERVER))
    assert {name: environ[name] for name in environ.keys() - OWN} == {
        name: expected[name] for name in expected.keys() - OWN
    }
    assert quick.should_close() == plain.should_close()
    assert environ["wsgi.input"].read() == expected["wsgi.input"].read()


def answered(kind: Callable[..., Any], request: Any, cfg: Any, status: str, head: Any, pieces: list[bytes]) -> Any:
    """The bytes, and whether the connection ends; or the kind of the fault."""
    sink = Sink()
    try:
        response = kind(request, sink, cfg)
        response.start_response(status, head)
        for piece in pieces:
            response.write(piece)
        response.close()
    except (ParseException, TypeError, ValueError) as error:
        return type(error)
    return re.sub(rb"Date: [^\r]*", b"Date: -", sink.sent), response.should_close()


@settings(deadline=None)
@given(
    st.sampled_from(("GET", "HEAD")),
    st.sampled_from(("1.0", "1.1")),
    st.sampled_from(("200 OK", "204 No Content", "304 Not Modified", "404 Not Found", "503 Service Unavailable")),
    st.lists(
        st.tuples(
            st.sampled_from(("Content-Type", "Content-Length", "content-length", "ETag", "Keep-Alive", "X:", "Server")),
            st.sampled_from(("4", "11", " x ", "a\r\nb: c", "é", "☃", "no")),
        ),
        max_size=4,
    ),
    st.lists(st.binary(max_size=6), max_size=4),
)
def test_a_client_gets_the_same_bytes(
    cfg: Config, method: str, version: str, status: str, head: list[tuple[str, str]], pieces: list[bytes]
) -> None:
    sent = message(method, "/", version, [("Host", "c")], b"")
    plain = answered(wsgi.Response, parsed(RequestParser, cfg, sent), cfg, status, head, pieces)
    fixed = gateway.fixed(cfg)
    assert answered(gateway.Answer, parsed(gateway.Parser, fixed, sent), fixed, status, head, pieces) == plain
