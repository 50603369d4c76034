"""The schema that this version needs, as the names of its migrations say.

Alembic is not asked: a service would start a fifth later for it, and take more memory.
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
    """Whether a newer version has been at this database.

    Migrations only expand the schema while the version before is still running, so that one goes on with it.
    """
    return _is_newer(_current(connection))


@cache
def _revisions() -> list[str]:
    """Those of the migrations in their order: `0001_product.py` has the revision 0001."""
    return sorted(file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_VERSION):
        return None
    revision: str | None = connection.scalar(select(column("version_num")).select_from(table(_VERSION)))
    return revision


def _is_newer(revision: str | None) -> bool:
    """Whether this version does not know the revision."""
    return revision is not None and revision not in _revisions()
