"""The token that a request to another service bears: who is at the page, signed for a minute."""

import threading
import time
from collections import OrderedDict

from catalog import page_tokens
from catalog.settings import Settings
from serving.access import Principal
from serving.bearer import LIFETIME_SECONDS

KEPT = 1000
RENEWED_SECONDS = 20
"""A token is not sent when it has less time left: the request may wait, and clocks differ."""


class Tokens:
    """The tokens of the people who were here last, each signed once for many requests. Thread-safe."""

    def __init__(self, settings: Settings) -> None:
        """Raises SettingError if there is no usable key."""
        self._signer = page_tokens.signer(settings)
        self._lock = threading.Lock()
        self._kept: OrderedDict[Principal, tuple[str, float]] = OrderedDict()

    def of(self, principal: Principal) -> str:
        """A token that is valid for another RENEWED_SECONDS at least."""
        now = time.monotonic()
        with self._lock:
            token, until = self._kept.get(principal, ("", now))
        if until - now > RENEWED_SECONDS:
            return token
        token = self._signer.sign(principal)
        with self._lock:
            self._kept[principal] = token, now + LIFETIME_SECONDS
            self._kept.move_to_end(principal)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return token
