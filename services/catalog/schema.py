"""The schema that this version needs, according to the file names of its migrations.

This module does not import Alembic, which would make a service's start a fifth slower and take more memory.
"""

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, column, inspect, select, table

MIGRATIONS = Path(__file__).with_name("migrations")

_VERSION = "alembic_version"


def missing(connection: Connection) -> str | None:
    """The newest migration that this version needs and the database lacks."""
    current = _current(connection)
    head = _revisions()[-1]
    return None if current == head or _is_newer(current) else head


def is_newer(connection: Connection) -> bool:
    """Whether a newer version has migrated this database.

    Migrations only expand the schema while the previous version may still be running, so that version keeps working.
    """
    return _is_newer(_current(connection))


@cache
def _revisions() -> list[str]:
    """The revisions of all migrations, in order: `0001_product.py` has the revision 0001."""
    return sorted(file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_VERSION):
        return None
    revision: str | None = connection.scalar(select(column("version_num")).select_from(table(_VERSION)))
    return revision


def _is_newer(revision: str | None) -> bool:
    """Whether the revision is unknown to this version."""
    return revision is not None and revision not in _revisions()
