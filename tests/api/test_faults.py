"""Faults around the database, other than that it does not answer."""

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace
from sqlalchemy import event

import add_product
from apps import Apps, close
from catalog import migrate
from catalog.models import db
from catalog.settings import Settings

if TYPE_CHECKING:
    from mysql_server import MySQLServer

PATH = "/api/v1/products"


def test_a_full_database_is_507_and_keeps_what_it_has(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/full.sqlite3")
    migrate.upgrade(settings)
    app = add_product.create_app(settings)
    with app.app_context():

        @event.listens_for(db.engine, "connect")
        def fill(connection: sqlite3.Connection, _record: Any) -> None:
            connection.execute(f"PRAGMA max_page_count={connection.execute('PRAGMA page_count').fetchone()[0]}")

    fields = {"name": "Large", "price": "1", "description": "d" * 9000}
    answers = [app.test_client().post(PATH, json=fields) for _ in range(40)]
    statuses = {answer.status_code for answer in answers}
    assert statuses <= {201, 507}
    assert "no room" in answers[-1].json["detail"]
    with app.app_context(), db.engine.connect() as connection:
        stored = connection.exec_driver_sql("SELECT COUNT(*) FROM product").scalar()
    close(app)
    assert stored == sum(answer.status_code == 201 for answer in answers)


@pytest.mark.parametrize("apps", [pytest.param("mysql", marks=pytest.mark.mysql)], indirect=True)
def test_a_password_that_cannot_be_read_is_503_and_its_place_is_told_to_nobody(
    apps: Apps, mysql_server: "MySQLServer", tmp_path: Path
) -> None:
    app = add_product.create_app(replace(apps.settings, database_password_file=str(tmp_path / "gone")))
    client = app.test_client()
    answer = client.post(PATH, json={"name": "x", "price": "1"})
    unready = client.get("/readyz")
    assert (answer.status_code, unready.status_code) == (503, 503)
    assert int(answer.headers["Retry-After"]) > 0
    assert unready.json["checks"][0]["detail"] == "the password for the database cannot be read"
    assert str(tmp_path) not in answer.text + unready.text
    close(app)
