"""The access log's lines, which are not made by `logging`, are those that `logging` would make."""

import io
import json
import logging
import sys
import time

import pytest
from flask import Flask, Response, g
from pythonjsonlogger.json import JsonFormatter

from serving import logs


@pytest.fixture
def app() -> Flask:
    """A service that logs, and answers 404 to all."""
    app = Flask("read_product")
    app.before_request(lambda: setattr(g, "request_id", "the-id"))
    logs.register(app)
    return app


def formatted(line: dict) -> dict:
    """The same entry by the formatter of the configuration."""
    options = logs.config(line["service"], "INFO")["formatters"]["json"]
    formatter = JsonFormatter(
        options["format"], options["datefmt"],
        rename_fields=options["rename_fields"], static_fields=options["static_fields"],
    )  # fmt: skip
    extra = {name: line[name] for name in ("method", "path", "status", "duration_ms", "peer", "request_id")}
    created = time.mktime(time.strptime(line["time"][:19], "%Y-%m-%dT%H:%M:%S"))
    entry = {"name": logs.access.name, "levelname": "INFO", "msg": "%s %s", "args": (line["method"], line["path"])}
    return json.loads(formatter.format(logging.makeLogRecord({**entry, **extra, "created": created})))


@pytest.mark.parametrize("path", ["/", "/é/☕", "/%22%0A%5C", "/%FF", "/" + "x" * 9000])
def test_a_line_is_what_logging_would_write(
    app: Flask, path: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = io.TextIOWrapper(io.BytesIO(), "ascii")
    monkeypatch.setattr(sys, "stdout", written)
    caplog.set_level("INFO", logs.access.name)
    app.test_client().post(path)
    lines = written.buffer.getvalue().splitlines()
    assert len(lines) == 1
    assert (line := json.loads(lines[0])) == formatted(line)
    assert (line["method"], line["status"], line["request_id"]) == ("POST", 404, "the-id")


def test_a_log_that_cannot_be_written_fails_no_request(
    app: Flask, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(io.BytesIO):
        def write(self, _data: object) -> int:
            raise OSError(28, "no space left")

    app.add_url_rule("/there", view_func=lambda: Response("here"))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(Full()))
    caplog.set_level("INFO", logs.access.name)
    assert app.test_client().get("/there").text == "here"


def test_the_level_of_the_log_counts(
    app: Flask, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", written)
    caplog.set_level("WARNING", logs.access.name)
    app.test_client().get("/")
    assert written.buffer.getvalue() == b""
