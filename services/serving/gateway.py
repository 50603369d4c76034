"""Translates between HTTP and WSGI as gunicorn's functions do, with less work per request.

For each request, gunicorn reads its settings again for every header field, parses the peer's address, rebuilds the
values that all requests of a connection share, and formats the date. This module does each of these once: per process,
per connection or per second.
"""

import os
import time
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from gunicorn import SERVER_SOFTWARE, util
from gunicorn.http import wsgi
from gunicorn.http.body import LengthReader
from gunicorn.http.errors import InvalidHeader, InvalidHeaderName
from gunicorn.http.message import TOKEN_RE, Request
from gunicorn.http.parser import RequestParser

Environ = dict[str, Any]


def fixed(cfg: Any) -> Any:
    """gunicorn's settings as plain attributes for its parser. They do not change while a process runs."""
    return SimpleNamespace(
        **{name: setting.get() for name, setting in cfg.settings.items()},
        is_ssl=cfg.is_ssl,
        forwarded_allow_networks=cfg.forwarded_allow_networks,
        errors=wsgi.WSGIErrorsWrapper(cfg),
        script_name=os.environ.get("SCRIPT_NAME", ""),
    )


class Parsed(Request):  # type: ignore[misc]
    """A request. Unless some peers are trusted proxies, the peer's address is not examined."""

    def _peer_is_trusted_proxy(self) -> bool:
        return bool(self.cfg.forwarded_allow_ips) and super()._peer_is_trusted_proxy()

    @property
    def is_read(self) -> bool:
        """Whether the body has been read completely."""
        reader = self.body.reader
        return isinstance(reader, LengthReader) and not reader.length


class Parser(RequestParser):  # type: ignore[misc]
    """Parses the requests of a connection."""

    mesg_class = Parsed

    def finish_body(self, *arguments: Any, **named: Any) -> bool:
        """Discards the rest of the body. Does not touch the socket if nothing is left."""
        return self.mesg is None or self.mesg.is_read or super().finish_body(*arguments, **named)


def of_connection(cfg: Any, client: Any, server: Any) -> Environ:
    """The part of the WSGI environment that all requests of a connection share."""
    return {
        "wsgi.errors": cfg.errors,
        "wsgi.version": (1, 0),
        "wsgi.multithread": True,
        "wsgi.multiprocess": cfg.workers > 1,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": wsgi.FileWrapper,
        "wsgi.input_terminated": True,
        "SERVER_SOFTWARE": SERVER_SOFTWARE,
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "SCRIPT_NAME": cfg.script_name,
    }


def of_request(request: Any, connection: Environ) -> Environ:
    """The WSGI environment of a request (PEP 3333). Raises ConfigurationProblem for a path outside SCRIPT_NAME."""
    environ = {
        **connection,
        "wsgi.input": request.body,
        "wsgi.url_scheme": request.scheme,
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": request.query,
        "RAW_URI": request.uri,
        "SERVER_PROTOCOL": "HTTP/1.1" if request.version == (1, 1) else "HTTP/{}.{}".format(*request.version),
        "PATH_INFO": _path(request.path, connection["SCRIPT_NAME"]),
    }
    for name, value in request.headers:
        key = _key(name)
        # Repeated fields are joined into a list, except Content-Type and Content-Length: gunicorn accepts one of each.
        environ[key] = f"{environ[key]},{value}" if key in environ and key.startswith("HTTP_") else value
    return environ


def _path(path: str, script_name: str) -> str:
    if script_name:
        if not path.startswith(script_name):
            raise wsgi.ConfigurationProblem(f"Request path {path!r} does not start with SCRIPT_NAME {script_name!r}")
        path = path[len(script_name) :]
    decoded: str = util.unquote_to_wsgi_str(path) if "%" in path or not path.isascii() else path
    return decoded


@lru_cache(1000)
def _key(name: str) -> str:
    if name in ("CONTENT-TYPE", "CONTENT-LENGTH"):
        return name.replace("-", "_")
    return "HTTP_" + name.replace("-", "_")


class Answer(wsgi.Response):  # type: ignore[misc]
    """A WSGI response with a faster way to process and send the header fields."""

    headers_sent: bool

    def process_headers(self, headers: list[tuple[str, str]]) -> None:
        """Sets the response's header fields. Raises InvalidHeaderName, InvalidHeader or TypeError for invalid ones."""
        for name, value in headers:
            small, passed_over = _field(name)
            if not isinstance(value, str):
                raise TypeError(f"{value!r} is not a string")
            if not wsgi.HEADER_VALUE_RE.fullmatch(value):
                raise InvalidHeader(repr(value))
            if passed_over:
                continue
            value = value.strip(" \t")
            if small == "content-length":
                self.response_length = int(value)
            self.headers.append((name, value))

    def send_headers(self) -> None:
        """Sends the response head, once only."""
        if self.headers_sent:
            return
        version = self.req.version
        head = [
            f"HTTP/{version[0]}.{version[1]} {self.status}\r\nServer: {self.version}\r\nDate: {_date(int(time.time()))}"
            f"\r\nConnection: {'close' if self.should_close() else 'keep-alive'}\r\n",
            "Transfer-Encoding: chunked\r\n" if self.chunked else "",
            *[f"{name}: {value}\r\n" for name, value in self.headers],
            "\r\n",
        ]
        self.sock.sendall("".join(head).encode("latin-1"))
        self.headers_sent = True


@lru_cache(1000)
def _field(name: str) -> tuple[str, bool]:
    """The name in lower case, and whether the field is hop-by-hop, which an application must not set."""
    if not isinstance(name, str):
        raise TypeError(f"{name!r} is not a string")
    if not TOKEN_RE.fullmatch(name):
        raise InvalidHeaderName(repr(name))
    return name.lower(), util.is_hoppish(name)


@lru_cache(1)
def _date(second: int) -> str:
    date: str = util.http_date(second)
    return date
