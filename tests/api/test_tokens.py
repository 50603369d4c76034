"""Tokens of programs: who makes them, what they open, and when they stop."""

import json
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import event, select, update
from sqlalchemy.exc import OperationalError
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from apps import Api
from catalog import api_tokens
from catalog.models import ApiToken, db
from catalog.settings import Settings
from read_product.token_use import Reporter
from secured import NEW, PRODUCTS, Secured, assert_refused, bearing

TOKENS = "/api/v1/tokens"

pytestmark = pytest.mark.usefixtures("api")


@pytest.fixture(autouse=True)
def _forget(secured: Secured, closed: Secured) -> None:
    """Forgets the tokens that the tests before have used."""
    for app in (secured.add, secured.read, closed.add, closed.read):
        app.extensions["guard"]._kept.clear()


def make(secured: Secured, role: str = "editor", name: str = "Nightly", days: object = 30) -> TestResponse:
    """Makes a token as a person."""
    fields = {"name": name, "role": role, "days": days}
    return secured.add.test_client().post(TOKENS, json=fields, headers=secured.token())


def made(secured: Secured, role: str = "editor", name: str = "Nightly") -> tuple[dict[str, str], dict]:
    """The header of a new token, and its details."""
    answer = make(secured, role, name)
    assert answer.status_code == 201, answer.text
    return bearing(answer.json["token"]), answer.json["details"]


def stored(app: Flask) -> list:
    with app.app_context(), db.engine.connect() as connection:
        return list(connection.execute(select(ApiToken)).all())


def change(app: Flask, **values: object) -> None:
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(update(ApiToken).values(**values))


def test_a_token_opens_what_its_role_may(secured: Secured, closed: Secured) -> None:
    editor, _ = made(secured)
    reader, _ = made(secured, "reader", "Report")
    assert secured.write(editor).status_code == 201
    assert_refused(secured.write(reader), 403, "insufficient_scope")
    assert closed.list(reader).status_code == 200
    assert closed.list(editor).status_code == 200


def test_a_token_is_shown_once_and_stored_as_a_hash(secured: Secured) -> None:
    answer = make(secured)
    token = answer.json["token"]
    assert answer.headers["Cache-Control"] == "no-store"
    (row,) = stored(secured.add)
    assert token not in str(row)
    assert row.digest == api_tokens.digest(token)
    listed = secured.add.test_client().get(TOKENS, headers=secured.token())
    assert token not in listed.text
    assert row.digest not in listed.text
    assert [item["name"] for item in listed.json["items"]] == ["Nightly"]
    assert listed.json["items"][0]["created_by"] == "Anna"
    assert listed.headers["Cache-Control"] == "no-store"


def test_a_revoked_token_is_refused_everywhere_after_ten_seconds(
    secured: Secured, closed: Secured, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers, details = made(secured)
    assert secured.write(headers).status_code == 201
    assert closed.list(headers).status_code == 200
    client = secured.add.test_client()
    assert client.delete(f"{TOKENS}/{details['id']}", headers=secured.token()).status_code == 204
    later = time.monotonic() + 10
    monkeypatch.setattr("serving.guard.time.monotonic", lambda: later)
    assert_refused(secured.write(headers), 401, "invalid_token")
    assert_refused(closed.list(headers), 401, "invalid_token")
    assert client.delete(f"{TOKENS}/{details['id']}", headers=secured.token()).status_code == 204, "again"
    assert client.delete(f"{TOKENS}/999", headers=secured.token()).status_code == 404


def test_a_token_ends(secured: Secured) -> None:
    headers, _ = made(secured)
    change(secured.add, expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert_refused(secured.write(headers), 401, "invalid_token")


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """Gathers the statements that the app sends to its database."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


def test_a_used_token_costs_no_query_and_an_unknown_one_only_one(closed: Secured, secured: Secured) -> None:
    headers, _ = made(secured, "reader")
    unknown = bearing(api_tokens.generate())
    with statements(closed.read) as sent:
        assert {closed.list(headers).status_code for _ in range(5)} == {200}
        assert {closed.list(unknown).status_code for _ in range(5)} == {401}
    assert sum("FROM api_token" in statement for statement in sent) == 2


def test_a_mistyped_token_costs_no_query(secured: Secured) -> None:
    token = api_tokens.generate()
    with statements(secured.add) as sent:
        assert_refused(secured.write(bearing(token[:-1])), 401, "invalid_token")
        assert_refused(secured.write(bearing(token[:-1] + ("a" if token[-1] != "a" else "b"))), 401, "invalid_token")
    assert sent == []


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"role": "editor", "days": 1}, "/name"),
        ({"name": " ", "role": "editor", "days": 1}, "/name"),
        ({"name": "a\r\nSet-Cookie: x", "role": "editor", "days": 1}, "/name"),
        ({"name": "x" * 201, "role": "editor", "days": 1}, "/name"),
        ({"name": "a", "role": "admin", "days": 1}, "/role"),
        ({"name": "a", "role": None, "days": 1}, "/role"),
        ({"name": "a", "role": "editor"}, "/days"),
        ({"name": "a", "role": "editor", "days": 0}, "/days"),
        ({"name": "a", "role": "editor", "days": 1.5}, "/days"),
        ({"name": "a", "role": "editor", "days": 3651}, "/days"),
        ({"name": "a", "role": "editor", "days": "NaN"}, "/days"),
        ({"name": "a", "role": "editor", "days": 1, "id": 7}, "/id"),
    ],
)
def test_an_error_in_a_new_token_points_to_its_field(secured: Secured, fields: dict, pointer: str) -> None:
    answer = secured.add.test_client().post(TOKENS, json=fields, headers=secured.token())
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]
    assert stored(secured.add) == []


def test_programs_manage_no_tokens(secured: Secured) -> None:
    headers, details = made(secured)
    client = secured.add.test_client()
    assert_refused(client.get(TOKENS, headers=headers), 403, "insufficient_scope")
    assert_refused(client.delete(f"{TOKENS}/{details['id']}", headers=headers), 403, "insufficient_scope")
    fields = {"name": "More", "role": "editor", "days": 1}
    assert_refused(client.post(TOKENS, json=fields, headers=headers), 403, "insufficient_scope")
    assert_refused(client.post(TOKENS, json=fields, headers=secured.token("reader")), 403, "insufficient_scope")
    assert len(stored(secured.add)) == 1


def test_a_program_can_ask_what_its_token_is(secured: Secured) -> None:
    headers, details = made(secured, "reader")
    client = secured.add.test_client()
    own = client.get(f"{TOKENS}/self", headers=headers)
    assert (own.status_code, own.json["name"], own.json["role"]) == (200, "Nightly", "reader")
    assert own.json["id"] == details["id"]
    assert client.get(f"{TOKENS}/self", headers=secured.token()).status_code == 404


def test_the_list_of_tokens_has_pages(secured: Secured) -> None:
    for number in range(5):
        made(secured, "reader", f"Number {number}")
    client = secured.add.test_client()
    names, next_page = [], f"{TOKENS}?limit=2"
    while next_page:
        page = client.get(next_page, headers=secured.token()).json
        names += [item["name"] for item in page["items"]]
        next_page = page["next"]
    assert names == [f"Number {number}" for number in (4, 3, 2, 1, 0)]


def test_the_last_use_is_noted_to_the_hour(secured: Secured, caplog: pytest.LogCaptureFixture) -> None:
    headers, _ = made(secured)
    assert stored(secured.add)[0].used_at is None
    secured.write(headers)
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    used = stored(secured.add)[0].used_at
    assert hour - timedelta(hours=1) <= used <= hour
    assert (used.minute, used.second) == (0, 0)
    assert not caplog.records or "cannot note" not in caplog.text


@pytest.fixture
def address(secured: Secured) -> Iterator[str]:
    """Where add-product listens."""
    server = make_server("127.0.0.1", 0, secured.add, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_use_at_read_product_is_noted_by_add_product(secured: Secured, closed: Secured, address: str) -> None:
    headers, _ = made(secured, "reader")
    reporter = Reporter(Settings(add_url=address))
    verifier = closed.read.extensions["guard"]._verifiers[0]
    verifier._note_use = reporter.note_use
    assert closed.list(headers).status_code == 200
    for thread in threading.enumerate():
        if thread.name == "reports a token":
            thread.join()
    reporter._pool.clear()
    assert stored(secured.add)[0].used_at is not None


def test_read_product_reads_on_while_add_product_is_away(
    secured: Secured, closed: Secured, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    headers, _ = made(secured, "reader")
    closed.read.extensions["guard"]._verifiers[0]._note_use = Reporter(Settings(add_url="http://127.0.0.1:9")).note_use
    assert closed.list(headers).status_code == 200
    for thread in threading.enumerate():
        if thread.name == "reports a token":
            thread.join()
    assert "cannot tell add-product" in caplog.text
    assert headers["Authorization"].removeprefix("Bearer ") not in caplog.text


def test_no_token_is_made_before_authentication_is_on(api: Api) -> None:
    answer = api.add.post(TOKENS, json={"name": "a", "role": "editor", "days": 1})
    assert answer.status_code == 409
    assert "CATALOG_AUTH" in answer.json["detail"]


def test_the_audit_log_tells_of_tokens_made_and_revoked_without_showing_them(
    secured: Secured, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    headers, details = made(secured, name="Nightly ærø")
    secured.add.test_client().delete(f"{TOKENS}/{details['id']}", headers=secured.token())
    secured.write(headers)
    lines = [record.__dict__ for record in caplog.records if record.name == "audit"]
    first, second = lines[:2]
    assert (first["event"], first["who"], first["token"], first["token_name"], first["token_role"]) == (
        "tokens.create_token", "Anna", details["id"], "Nightly ærø", "editor")  # fmt: skip
    assert (second["event"], second["token"], second["status"]) == ("tokens.revoke_token", details["id"], 204)
    token = headers["Authorization"].removeprefix("Bearer ")
    assert token not in json.dumps([record.__dict__ for record in caplog.records], default=str)


def test_an_engineer_makes_lists_and_revokes_tokens(
    secured: Secured, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings: Settings = secured.add.extensions["settings"]
    monkeypatch.setenv("CATALOG_DATABASE_URL", settings.database_url)
    if settings.database_password_file:
        monkeypatch.setenv("CATALOG_DATABASE_PASSWORD_FILE", settings.database_password_file)
    api_tokens.main(["create", "--name", "Backup check", "--role", "editor", "--days", "7"])
    token = capsys.readouterr().out.strip()
    assert api_tokens.is_well_formed(token)
    assert secured.write(bearing(token)).status_code == 201
    api_tokens.main(["list"])
    line = capsys.readouterr().out
    assert "Backup check" in line
    assert "\tvalid\teditor\t" in line
    assert "by the command line" in line
    assert token not in line
    api_tokens.main(["revoke", line.partition("\t")[0]])
    secured.add.extensions["guard"]._kept.clear()
    assert_refused(secured.write(bearing(token)), 401, "invalid_token")
    for arguments, told in (
        (["revoke", "999999"], "there is no token 999999"),
        (["create", "--name", "a", "--role", "editor", "--days", "0"], "--days must be from 1"),
        (["create", "--name", " ", "--role", "editor"], "the name must not be blank"),
    ):
        with pytest.raises(SystemExit) as stopped:
            api_tokens.main(arguments)
        assert told in str(stopped.value)


def test_a_database_that_is_away_is_not_a_bad_token(secured: Secured, monkeypatch: pytest.MonkeyPatch) -> None:
    headers, _ = made(secured)

    def fail(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("away"))

    monkeypatch.setattr(api_tokens, "find", fail)
    answer = secured.write(headers)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert PRODUCTS not in answer.text
    assert NEW["name"] not in answer.text
