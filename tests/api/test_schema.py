"""The migrations make the tables that the models describe."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from apps import Apps
from catalog import engine, migrate
from catalog.models import db
from catalog.settings import Settings

if TYPE_CHECKING:
    from mysql_server import MySQLServer

IN_LINE = "SELECT COUNT(*) FROM information_schema.processlist WHERE state = 'User lock' AND time >= 2"


def test_the_models_and_the_migrated_schema_agree(apps: Apps) -> None:
    with apps.add.app_context(), db.engine.connect() as connection:
        # The search index of SQLite is a virtual table, which Alembic does not know.
        ours = {
            "include_object": lambda _, name, *__: not (name or "").startswith(("product_search", "ix_product_search"))
        }
        differences = compare_metadata(MigrationContext.configure(connection, opts=ours), db.metadata)
    assert differences == []


def test_readiness_names_a_schema_that_is_missing(apps: Apps) -> None:
    assert apps.add.test_client().get("/readyz").json["checks"] == [{"name": "database", "ok": True}]


@pytest.mark.mysql
def test_a_statement_of_a_migration_may_take_longer_than_one_of_a_request(
    mysql_server: "MySQLServer", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "MYSQL_ANSWER_SECONDS", 1)
    settings = Settings(
        database_url=mysql_server.url("migrator"), database_password_file=str(mysql_server.password_file)
    )
    database = create_engine(engine.url(settings))
    engine.prepare(database, settings)
    with ThreadPoolExecutor() as pool, database.connect() as other:
        other.execute(text("SELECT GET_LOCK(:name, 0)"), {"name": migrate.LOCK})
        second = pool.submit(migrate.upgrade, settings)
        while not second.done() and not other.scalar(text(IN_LINE)):
            pass
        waited = not second.done()
        other.execute(text("SELECT RELEASE_LOCK(:name)"), {"name": migrate.LOCK})
        second.result()
    assert waited
    database.dispose()
