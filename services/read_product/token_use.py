"""Tells add-product that a token is in use: read-product itself may not write.

Once an hour for each token, add-product is asked about it with that token, in a thread of its own. If that fails, the
time of its last use is older than it could be, and nothing else.
"""

import logging
import threading
from datetime import datetime

import urllib3
from urllib3 import Retry, Timeout

from catalog import __version__, wire
from catalog.settings import Settings

TIMEOUT = Timeout(connect=2, read=8)
TOKENS_MAX = 1000

log = logging.getLogger(__name__)


class Reporter:
    """Reports the use of tokens to the add-product of these settings."""

    def __init__(self, settings: Settings) -> None:
        self._address = settings.add_url.rstrip("/") + f"{wire.TOKENS}/self"
        self._pool = urllib3.PoolManager(1, retries=Retry(0), timeout=TIMEOUT)
        self._told: dict[int, datetime] = {}

    def note_use(self, token: str, found: wire.Token, hour: datetime) -> None:
        """Starts to report, unless this process has done so in this hour."""
        if self._told.get(found.id) == hour:
            return
        if len(self._told) >= TOKENS_MAX:
            self._told.clear()
        self._told[found.id] = hour
        threading.Thread(target=self._tell, args=(token, found.id), name="reports a token", daemon=True).start()

    def _tell(self, token: str, token_id: int) -> None:
        headers = {"Authorization": f"Bearer {token}", "User-Agent": f"read-product/{__version__}"}
        try:
            answer = self._pool.request("GET", self._address, headers=headers, redirect=False)
            if answer.status != 200:
                log.info("add-product responded %s to the use of token %s", answer.status, token_id)
        except urllib3.exceptions.HTTPError as error:
            log.info("cannot tell add-product that token %s is used: %s", token_id, type(error).__name__)
