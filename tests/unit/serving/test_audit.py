"""The audit log: who it names, and from where."""

import logging

import pytest
from flask import Flask

from serving import audit, logs
from serving.access import Principal


@pytest.mark.parametrize(
    ("header", "address"),
    [
        (None, "192.0.2.9"),
        ("203.0.113.7", "203.0.113.7"),
        ("6.6.6.6, 203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:4711", "203.0.113.7"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("6.6.6.6, forged", "192.0.2.9"),
        ("a:1", "192.0.2.9"),
        ('"}\\u000a', "192.0.2.9"),
        ("", "192.0.2.9"),
    ],
)
def test_the_address_is_what_the_nearest_proxy_saw(header: str | None, address: str) -> None:
    headers = {} if header is None else {"X-Forwarded-For": header}
    with Flask(__name__).test_request_context(headers=headers, environ_base={"REMOTE_ADDR": "192.0.2.9"}):
        assert audit.address() == address


def test_a_line_says_who_did_what_from_where(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with Flask(__name__).test_request_context(environ_base={"REMOTE_ADDR": "192.0.2.9"}):
        audit.record("sign_out", Principal("person", "Zoë", "reader"), product=7, token=None)
    (line,) = caplog.records
    said = vars(line)
    assert said["name"] == "audit"
    assert [said[field] for field in ("event", "who", "kind", "role")] == ["sign_out", "Zoë", "person", "reader"]
    assert (said["address"], said["product"]) == ("192.0.2.9", 7)
    assert "token" not in said


def test_the_audit_log_is_written_at_any_level() -> None:
    assert logs.config("pages", "ERROR")["loggers"]["audit"]["level"] == "INFO"
