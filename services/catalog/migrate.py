"""The schema's migrations, from the command line.

`python -m catalog.migrate upgrade` brings the database up to date; `python -m catalog.migrate sql` prints the
whole schema as SQL for MySQL.
"""

import argparse
import logging
import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import DBAPIError

from catalog import engine
from catalog.schema import MIGRATIONS, is_newer
from catalog.settings import Settings, load
from serving import logs
from serving.settings import SettingError

LOCK = "catalog-migrate"
LOCK_SECONDS = 120
ANSWER_SECONDS = 3600
"""One statement that alters a large table may take minutes."""


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, without a configuration file."""
    alembic = Config()
    alembic.set_main_option("script_location", str(MIGRATIONS))
    alembic.attributes["connection"] = connection
    return alembic


def upgrade(settings: Settings) -> str:
    """Brings the database up to date and returns a sentence about its state. A concurrent run waits."""
    url = engine.url(settings)
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    with engine.opened(settings, ANSWER_SECONDS) as database, database.connect() as connection:
        # Begun here, so that Alembic manages no transactions and a migration may commit what it has done so far.
        connection.begin()
        if url.get_backend_name() == "sqlite":
            outcome = _upgrade(connection)
        else:
            got = connection.scalar(text("SELECT GET_LOCK(:name, :seconds)"), {"name": LOCK, "seconds": LOCK_SECONDS})
            if got != 1:
                raise TimeoutError(f"another migration has been running for {LOCK_SECONDS} s")
            outcome = _upgrade(connection)
            connection.execute(text("SELECT RELEASE_LOCK(:name)"), {"name": LOCK})
        connection.commit()
    return outcome


def _upgrade(connection: Connection) -> str:
    # After a rollback of the release: its Job or `docker compose up` must not fail on what the newer version has added.
    if is_newer(connection):
        return "The schema belongs to a newer version and was left unchanged."
    command.upgrade(config(connection), "head")
    return "The schema is up to date."


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
        logging.getLogger("alembic").setLevel(logging.WARNING)
        print(upgrade(settings))
    except (SettingError, TimeoutError) as error:
        sys.exit(f"error: {error}")
    except DBAPIError as error:
        sys.exit(f"error: the database at {make_url(settings.database_url).render_as_string()} refused: {error.orig}")


if __name__ == "__main__":
    main()
