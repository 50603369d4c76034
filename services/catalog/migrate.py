"""The schema's migrations, from the command line and for the readiness of the services.

`python -m catalog.migrate upgrade` brings the database up to date; `python -m catalog.migrate sql` prints the
whole schema as SQL for MySQL.
"""

import argparse
import sys
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from catalog import logs
from catalog.settings import SettingError, Settings, load

LOCK = "catalog-migrate"
LOCK_SECONDS = 120
ANSWER_SECONDS = 3600
"""Changing a large table is one statement, and takes minutes."""


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, which this package needs no file for."""
    alembic = Config()
    alembic.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    alembic.attributes["connection"] = connection
    return alembic


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(config())


def missing(connection: Connection) -> str | None:
    """The newest migration that this version needs and the database lacks.

    A revision that this version does not know is a newer one: migrations only expand the schema while the
    version before is still running, so the services go on.
    """
    current = MigrationContext.configure(connection).get_current_revision()
    head = _scripts().get_current_head()
    if current == head:
        return None
    if current is not None:
        try:
            _scripts().get_revision(current)
        except CommandError:
            return None
    return head


def upgrade(settings: Settings) -> None:
    """Brings the database up to date; a second one at the same time waits."""
    from catalog import database

    url = database.url(settings)
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, **database.engine_options(settings, ANSWER_SECONDS))
    database.prepare(engine, settings)
    with engine.connect() as connection:
        if url.get_backend_name() == "sqlite":
            command.upgrade(config(connection), "head")
        else:
            got = connection.scalar(text("SELECT GET_LOCK(:name, :seconds)"), {"name": LOCK, "seconds": LOCK_SECONDS})
            if got != 1:
                raise TimeoutError(f"another migration has been running for {LOCK_SECONDS} s")
            command.upgrade(config(connection), "head")
            connection.execute(text("SELECT RELEASE_LOCK(:name)"), {"name": LOCK})
        connection.commit()
    engine.dispose()


def main(arguments: list[str] | None = None) -> None:
    """Entry point of `python -m catalog.migrate`."""
    parser = argparse.ArgumentParser(prog="python -m catalog.migrate", description=__doc__)
    parser.add_argument("action", choices=["upgrade", "sql"])
    action = parser.parse_args(arguments).action
    if action == "sql":
        command.upgrade(config(), "head", sql=True)
        return
    try:
        settings = load()
        logs.setup("migrate", settings.log_level)
        upgrade(settings)
    except (SettingError, TimeoutError) as error:
        sys.exit(f"error: {error}")
    except DBAPIError as error:
        sys.exit(f"error: the database at {make_url(settings.database_url).render_as_string()} refused: {error.orig}")
    print("The schema is up to date.")


if __name__ == "__main__":
    main()
