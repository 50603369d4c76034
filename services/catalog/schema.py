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
    """The newest migration that this version needs and the database lacks."""
    current = _current(connection)
    head = _scripts().get_current_head()
    return None if current == head or _is_newer(current) else head


def is_newer(connection: Connection) -> bool:
    """Whether a newer version has been at this database.

    Migrations only expand the schema while the version before is still running, so that one goes on with it.
    """
    return _is_newer(_current(connection))


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _is_newer(revision: str | None) -> bool:
    """Whether this version does not know the revision."""
    if revision is None:
        return False
    try:
        _scripts().get_revision(revision)
    except CommandError:
        return True
    return False
