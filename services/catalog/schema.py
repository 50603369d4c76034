"""The schema that this version needs, as its migrations say."""

from functools import cache
from pathlib import Path

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection


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
