"""The migrations make the tables that the models describe."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from msgspec.structs import replace
from sqlalchemy import create_engine, delete, text, update

import add_product
import read_product
from add_product.outdated import Outdated
from apps import Api, Apps, close, etag
from catalog import engine, migrate, schema, words
from catalog.models import IdempotencyKey, Product, db
from catalog.settings import Settings
from processes import ROOT

if TYPE_CHECKING:
    from mysql_server import MySQLServer

IN_LINE = "SELECT COUNT(*) FROM information_schema.processlist WHERE state = 'User lock' AND time >= 2"

# As a copy: changed in place, an index of the same name keeps its parser.
PAIRS_OF_LETTERS = (
    "ALTER TABLE product DROP INDEX ix_product_search_text, "
    "ADD FULLTEXT INDEX ix_product_search_text (search_text) WITH PARSER ngram, ALGORITHM=COPY"
)
UNDO = ("undo_of", "deleted", "undoing")
HISTORY = (
    "DROP TABLE api_token",
    "DROP TABLE product_change",
    *(
        f"ALTER TABLE import DROP COLUMN {name}"
        for name in ("actor_kind", "actor_name", "request_id", "change_id", *UNDO)
    ),
)
# MySQL drops it with its column.
UNDO_INDEX = "DROP INDEX ix_import_undo_of"
WAITING = (
    "SELECT COUNT(*) FROM information_schema.processlist WHERE state = 'updating' AND info LIKE 'UPDATE product %'"
)


def test_the_models_and_the_migrated_schema_agree(apps: Apps) -> None:
    with apps.add.app_context(), db.engine.connect() as connection:
        # The search index of SQLite is a virtual table, which Alembic does not know.
        ours = {
            "include_object": lambda _, name, *__: not (name or "").startswith(("product_search", "ix_product_search"))
        }
        differences = compare_metadata(MigrationContext.configure(connection, opts=ours), db.metadata)
    assert differences == []


def test_a_service_knows_the_migrations_as_alembic_does() -> None:
    revisions = [script.revision for script in ScriptDirectory.from_config(migrate.config()).walk_revisions()]
    assert schema._revisions() == revisions[::-1]


def test_a_service_starts_without_alembic() -> None:
    code = "import sys, add_product, read_product; print('alembic' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "services")}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.stdout == "False\n", done.stderr


def test_a_service_without_authentication_does_not_load_what_verifies_tokens(tmp_path: Path) -> None:
    code = "import sys, add_product, read_product; add_product.create_app(); read_product.create_app(); "
    code += "print({'joserfc', 'cryptography'} & set(sys.modules))"
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "services"),
        "CATALOG_DATABASE_URL": f"sqlite:///{tmp_path}/c.sqlite3",
    }
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.stdout == "set()\n", done.stderr


@pytest.fixture
def empty(apps: Apps, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings with a database that is there and has no table."""
    if apps.database == "sqlite":
        yield replace(apps.settings, database_url=f"sqlite:///{tmp_path}/empty.sqlite3")
        return
    server = request.getfixturevalue("mysql_server")
    server.execute("CREATE DATABASE bare", "GRANT ALL ON bare.* TO writer")
    yield replace(apps.settings, database_url=server.url("writer", "bare"))
    server.execute("DROP DATABASE bare")


@pytest.mark.parametrize(
    ("service", "method", "path", "body"),
    [
        (read_product, "GET", "", None),
        (read_product, "GET", "/1", None),
        (read_product, "GET", "/export", None),
        (add_product, "POST", "", b'{"name": "Tea", "price": "1.00"}'),
        (add_product, "POST", "/import", b"name,price\nTea,1.00\n"),
        (add_product, "DELETE", "/1", None),
    ],
)
def test_a_database_without_tables_is_503_and_readiness_names_the_migration(
    empty: Settings, service: ModuleType, method: str, path: str, body: bytes | None
) -> None:
    app = service.create_app(empty)
    client = app.test_client()
    kind = "text/csv" if path == "/import" else "application/json"
    headers = {"If-Match": '"1"'} if method == "DELETE" else {}
    answer = client.open(f"/api/v1/products{path}", method=method, data=body, content_type=kind, headers=headers)
    assert (answer.status_code, answer.content_type) == (503, "application/problem+json")
    assert "migration has not run" in answer.json["detail"]
    assert int(answer.headers["Retry-After"]) > 0
    unready = client.get("/readyz")
    assert unready.status_code == 503
    assert unready.json["checks"][0]["detail"].startswith("the schema lacks the migration 0")
    close(app)


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


def outdate(api: Api, apps: Apps) -> Settings:
    """Makes the database what it was before its products had words; returns the migration's settings."""
    settings = replace(api.settings, database_url=api.settings.database_url.replace("writer@", "migrator@"))
    with apps.add.app_context(), db.engine.begin() as connection:
        connection.execute(update(Product).values(search_text="outdated\nbefore"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0003'"))
    database = create_engine(engine.url(settings))
    engine.prepare(database, settings)
    with database.begin() as connection:
        before = HISTORY if api.database == "mysql" else (UNDO_INDEX, *HISTORY)
        for statement in (*before, *([PAIRS_OF_LETTERS] if api.database == "mysql" else [])):
            connection.execute(text(statement))
    database.dispose()
    return settings


def test_a_rollback_leaves_the_schema_of_the_newer_version(apps: Apps, api: Api) -> None:
    product = api.create(name="Kept")
    settings = replace(api.settings, database_url=api.settings.database_url.replace("writer@", "migrator@"))
    ours = set_revision(apps, "9999")
    try:
        assert "newer version" in migrate.upgrade(settings)
        assert apps.add.test_client().get("/readyz").status_code == 200
    finally:
        assert set_revision(apps, ours) == "9999"
    assert api.all() == [product]


def set_revision(apps: Apps, revision: str) -> str:
    """Says that the schema is that of this revision; returns what it was before."""
    with apps.add.app_context(), db.engine.begin() as connection:
        before: str = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        connection.execute(text("UPDATE alembic_version SET version_num = :new"), {"new": revision})
    return before


def test_a_migration_fills_the_search_text_of_every_product(apps: Apps, api: Api) -> None:
    api.load("sku,name,price\n" + "".join(f"S.{n:03},Œuf {n},1.00\n" for n in range(450)))
    api.create(name="No SKU")
    before = api.all()
    migrate.upgrade(outdate(api, apps))
    assert api.all() == before
    assert api.names(q="s449") == api.names(q="oeuf 449") == ["Œuf 449"]
    assert len(api.names(q="oeuf", limit=100)) == 100
    assert api.names(q="no sku") == ["No SKU"]
    assert api.names(q="outdated") == []
    assert apps.add.test_client().get("/readyz").status_code == 200


def test_a_migration_makes_blanks_in_skus_alike_and_loses_no_product(apps: Apps, api: Api) -> None:
    for sku in ("A\u00a01", "B  1", "C 1", "C\u00a01-old"):
        api.create(sku=sku)
    api.create(name="No SKU")
    settings = outdate(api, apps)
    with apps.add.app_context(), db.engine.begin() as connection:
        for sku in ("A\u00a01", "B  1", "C\u00a01-old"):
            spelled = sku.removesuffix("-old")
            connection.execute(update(Product).where(Product.sku == sku).values(sku=spelled, sku_key=spelled.lower()))
    before = api.all()
    migrate.upgrade(settings)
    assert api.all() == before
    report = api.load("sku,price\nA 1,5.00\nb 1,5.00\nC\u20091,5.00\n", on_conflict="update")
    assert (report["updated"], report["failed"]) == (3, 0)
    assert [each["price"] for each in api.all()] == ["5.00", "5.00", "5.00", "1.00", "1.00"]
    twin = api.all()[3]
    answer = api.add.patch(f"/api/v1/products/{twin['id']}", json={"name": "New"}, headers={"If-Match": etag(twin)})
    assert (answer.status_code, "“C\u00a01” belongs" in answer.json["detail"]) == (409, True)


def test_answers_that_the_version_before_has_kept_are_given_again(apps: Apps, api: Api) -> None:
    body, headers = {"name": "Tea", "price": "1.00"}, {"Idempotency-Key": "kept"}
    first = api.add.post("/api/v1/products", json=body, headers=headers)
    settings = outdate(api, apps)
    with apps.add.app_context(), db.engine.begin() as connection:
        connection.execute(update(IdempotencyKey).values(product_id=first.json["id"]))
    migrate.upgrade(settings)
    again = api.add.post("/api/v1/products", json=body, headers=headers)
    assert (again.status_code, again.json) == (201, first.json)
    assert api.all() == [first.json]


ON_MYSQL = pytest.mark.parametrize("apps", [pytest.param("mysql", marks=pytest.mark.mysql)], indirect=True)


@ON_MYSQL
def test_a_migration_of_the_search_text_loses_no_change_made_meanwhile(
    apps: Apps, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed, deleted, other = api.create(name="old one"), api.create(name="gone"), api.create(name="other")
    settings = outdate(api, apps)
    of_product, under_way = words.of_product, list[str]()

    def meanwhile(*fields: str) -> str:
        monkeypatch.setattr(words, "of_product", of_product)
        with apps.add.app_context(), db.engine.connect() as connection:
            under_way.append(connection.execute(text("SHOW CREATE TABLE product")).one()[1])
        # As the previous version writes, which knows no history.
        values = {"name": "new one", "search_text": of_product(None, "new one", ""), "version": 2}
        with apps.add.app_context(), db.engine.begin() as connection:
            connection.execute(update(Product).where(Product.id == changed["id"]).values(values))
            connection.execute(delete(Product).where(Product.id == deleted["id"]))
        return of_product(*fields)

    monkeypatch.setattr(words, "of_product", meanwhile)
    migrate.upgrade(settings)
    assert "ngram" not in under_way[0], "to fill under the index of pairs takes MySQL more memory than it has"
    assert (api.names(q="old"), api.names(q="new one"), api.names(q="other")) == ([], ["new one"], ["other"])
    assert api.get(other["id"]) == other


@ON_MYSQL
def test_the_version_before_finds_whole_words_on_the_new_schema(apps: Apps, api: Api) -> None:
    api.create(name="Steel box, 500 ml")
    api.create(name="Steelwork")
    before = text(
        "SELECT name FROM product WHERE MATCH (search_text) AGAINST (:terms IN BOOLEAN MODE) AND search_text LIKE :word"
    )
    with apps.read.app_context(), db.engine.connect() as connection:
        found = connection.execute(before, {"terms": '+"steel"', "word": "%steel%"}).scalars().all()
    assert found == ["Steel box, 500 ml"]


def test_what_the_version_before_writes_behind_the_migration_is_found_too(apps: Apps, api: Api) -> None:
    product = api.create(name="Late œuf", sku="L-1")
    api.create(name="Other")
    with apps.add.app_context(), db.engine.begin() as connection:
        before = update(Product).where(Product.id == product["id"]).values(search_text="l1\nl-1\nlate oeuf\n")
        connection.execute(before)
    assert api.names(q="late") == []
    outdated = Outdated(apps.add)
    assert (outdated.fill(), outdated.fill()) == (1, 0)
    assert api.names(q="late oeuf l1") == ["Late œuf"]
    assert api.get(product["id"]) == product


@ON_MYSQL
def test_a_migration_of_the_search_text_goes_on_after_a_deadlock(
    apps: Apps, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.load("name,price\n" + "".join(f"Thing {n},1.00\n" for n in range(20)))
    first, *others = (product["id"] for product in api.all())
    settings = outdate(api, apps)
    database = create_engine(engine.url(settings))
    engine.prepare(database, settings)
    change = text("UPDATE product SET price = 2 WHERE id BETWEEN :least AND :most")
    of_product, filling = words.of_product, threading.Event()

    def locked(*fields: str) -> str:
        """Lets the other have its rows before the migration asks for them, and behind its change of the table."""
        monkeypatch.setattr(words, "of_product", of_product)
        other.execute(change, {"least": others[0], "most": others[-1]})
        filling.set()
        return of_product(*fields)

    monkeypatch.setattr(words, "of_product", locked)
    with ThreadPoolExecutor() as pool, database.connect() as other:
        migration = pool.submit(migrate.upgrade, settings)
        migration.add_done_callback(lambda _: filling.set())
        filling.wait()
        while not migration.done() and not other.scalar(text(WAITING)):
            pass
        other.execute(change, {"least": first, "most": first})
        other.commit()
        migration.result()
    assert len(api.names(q="thing")) == 20
    assert {product["price"] for product in api.all()} == {"2.00"}
    database.dispose()
