"""Deletes the entries of the history that are older than so many days.

`python -m catalog.retention --keep-days 400` is run once a day.
"""

import argparse
import sys
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, make_url, select
from sqlalchemy.exc import DBAPIError

from catalog import engine
from catalog.models import ProductChange
from catalog.settings import Settings, load
from serving import logs
from serving.settings import SettingError

KEEP_DAYS = 400
STEP = 1000
"""Entries that one transaction deletes: some tens of milliseconds, so that writes never wait long."""


def delete_old(settings: Settings, keep_days: int) -> int:
    """Deletes what is older, the oldest entries first, and returns how many there were."""
    before = datetime.now(UTC) - timedelta(days=keep_days)
    deleted = 0
    with engine.opened(settings) as database, database.connect() as connection:
        while number := _step(connection, before):
            deleted += number
    return deleted


def _step(connection: Connection, before: datetime) -> int:
    """Deletes the entries with the lowest ids that are older, STEP at most.

    The ids are in the order of time but for requests at the same moment. What these leave is deleted the next time.
    """
    with connection.begin():
        oldest = select(ProductChange.id, ProductChange.at).order_by(ProductChange.id).limit(STEP)
        numbers = [row.id for row in connection.execute(oldest) if row.at < before]
        if numbers:
            connection.execute(delete(ProductChange).where(ProductChange.id.in_(numbers)))
    return len(numbers)


def main(arguments: list[str] | None = None) -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m catalog.retention", description=__doc__)
    parser.add_argument("--keep-days", type=_days, default=KEEP_DAYS)
    keep_days: int = parser.parse_args(arguments).keep_days
    try:
        settings = load()
        logs.setup("retention", settings.log_level)
        deleted = delete_old(settings, keep_days)
    except SettingError as error:
        sys.exit(f"error: {error}")
    except DBAPIError as error:
        sys.exit(f"error: the database at {make_url(settings.database_url).render_as_string()} refused: {error.orig}")
    print(f"Deleted {deleted} entries of the history, older than {keep_days} days.")


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 36500):
        raise argparse.ArgumentTypeError("must be a whole number from 1 to 36500")
    return int(text)


if __name__ == "__main__":
    main()
