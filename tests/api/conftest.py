"""The services of the API, on SQLite and on MySQL: every test of this folder runs on both."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete

import add_product
import read_product
from apps import Api, Apps, close
from catalog import migrate
from catalog.models import ApiToken, IdempotencyKey, Import, ImportPiece, Product, ProductChange, db
from catalog.settings import Settings
from keys import private_pem
from secured import Secured
from serving import bearer


@pytest.fixture(scope="session", params=["sqlite", pytest.param("mysql", marks=pytest.mark.mysql)])
def apps(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apps]:
    """The services as each is configured when installed: with its own database user on MySQL."""
    directory: Path = tmp_path_factory.mktemp(request.param)
    if request.param == "sqlite":
        settings = Settings(database_url=f"sqlite:///{directory}/catalog.sqlite3")
        migrate.upgrade(settings)
        yield from _apps("sqlite", settings, settings)
        return
    server = request.getfixturevalue("mysql_server")
    common = Settings(database_password_file=str(server.password_file))
    migrate.upgrade(msgspec.structs.replace(common, database_url=server.url("migrator")))
    writer, reader = (msgspec.structs.replace(common, database_url=server.url(user)) for user in ("writer", "reader"))
    yield from _apps("mysql", writer, reader)


def _apps(database: str, writer: Settings, reader: Settings) -> Iterator[Apps]:
    # Tests write and then list; those of the cache turn it on.
    uncached = msgspec.structs.replace(reader, read_cache_seconds=0)
    add, read = add_product.create_app(writer), read_product.create_app(uncached)
    yield Apps(database, add, read, writer)
    close(add)
    close(read)


@pytest.fixture
def api(apps: Apps) -> Api:
    """Clients on an empty catalogue."""
    with apps.add.app_context(), db.engine.begin() as connection:
        connection.execute(delete(IdempotencyKey))
        connection.execute(delete(Product))
        connection.execute(delete(ProductChange))
        connection.execute(delete(Import))
        connection.execute(delete(ImportPiece))
        connection.execute(delete(ApiToken))
    return Api(apps.database, apps.add.test_client(), apps.read.test_client(), apps.settings)


@pytest.fixture(scope="module")
def key() -> Ed25519PrivateKey:
    """The key with which the pages sign."""
    return Ed25519PrivateKey.generate()


@pytest.fixture(scope="module")
def keys_file(key: Ed25519PrivateKey, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file with the public key of the pages."""
    file: Path = tmp_path_factory.mktemp("keys") / "verification.pem"
    file.write_text(bearer.public_keys(private_pem(key)))
    return file


@pytest.fixture(scope="module")
def secured(apps: Apps, key: Ed25519PrivateKey, keys_file: Path) -> Iterator[Secured]:
    """Everybody may read; a page of the list is cached."""
    yield from _secured(apps, key, keys_file, anonymous_read=True)


@pytest.fixture(scope="module")
def closed(apps: Apps, key: Ed25519PrivateKey, keys_file: Path) -> Iterator[Secured]:
    """Reading needs a token as well."""
    yield from _secured(apps, key, keys_file, anonymous_read=False)


def _secured(apps: Apps, key: Ed25519PrivateKey, keys_file: Path, *, anonymous_read: bool) -> Iterator[Secured]:
    writer, reader = (
        msgspec.structs.replace(
            app.extensions["settings"],
            auth="on",
            anonymous_read=anonymous_read,
            verification_keys_file=str(keys_file),
            read_cache_seconds=60,
        )
        for app in (apps.add, apps.read)
    )
    services = Secured(add_product.create_app(writer), read_product.create_app(reader), key)
    yield services
    close(services.add)
    close(services.read)
