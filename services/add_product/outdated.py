"""Fills in the search words of products that the previous version wrote during an upgrade, after the migration.

They are recognised by their search text, which begins differently. The search for them runs when a process starts, and
once more when all processes of the previous version have certainly ended.
"""

import logging
import threading
from functools import partial

from flask import Flask
from sqlalchemy import Connection, bindparam, func, select, update

from catalog import database, words
from catalog.models import Product

LATER_SECONDS = 300.0
STEP = 5000
"""IDs that one statement scans: some ten milliseconds of the database."""
STOP_SECONDS = 10.0

# A product that was changed since it was read has its words already.
_UPDATE = (
    update(Product)
    .where(Product.id == bindparam("read_id"), Product.version == bindparam("read_version"))
    .values(search_text=bindparam("new_text"))
)

log = logging.getLogger(__name__)


class Outdated:
    """The background thread of one app, from `start` to `stop`."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Starts the thread."""
        self._thread = threading.Thread(target=self._work, name="fills outdated products", daemon=True)
        self._thread.start()

    def retire(self) -> None:
        """Asks the thread to end after the current step."""
        self._stopping.set()

    def stop(self) -> None:
        """Ends the thread, and waits until it has ended."""
        self.retire()
        if self._thread:
            self._thread.join(STOP_SECONDS)

    def fill(self) -> int:
        """Fills in the words of all such products, and returns how many there were."""
        filled, first = 0, 0
        with self._app.app_context():
            last = database.transaction(lambda connection: connection.scalar(select(func.max(Product.id)))) or 0
            while first < last and not self._stopping.is_set():
                filled += database.transaction(partial(_fill, first))
                first += STEP
        return filled

    def _work(self) -> None:
        for seconds in (0.0, LATER_SECONDS):
            if self._stopping.wait(seconds):
                return
            try:
                if filled := self.fill():
                    log.info("filled in the search words of %s products of the previous version", filled)
            except database.AWAY as error:
                log.warning("cannot look for outdated products: %s", getattr(error, "orig", error))


def _fill(first: int, connection: Connection) -> int:
    among = Product.id.between(first + 1, first + STEP)
    outdated = among & Product.search_text.not_like(f"{words.BEFORE}%")
    columns = (Product.id, Product.sku, Product.name, Product.description, Product.version)
    rows = connection.execute(select(*columns).where(outdated)).all()
    values = [
        {
            "read_id": row.id,
            "read_version": row.version,
            "new_text": words.of_product(row.sku, row.name, row.description),
        }
        for row in rows
    ]
    if values:
        connection.execute(_UPDATE, values)
    return len(values)
