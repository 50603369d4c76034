"""Verifies the tokens of programs against the database."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime

from catalog import api_tokens, wire
from catalog.database import reading
from serving.access import BadToken, Principal, Verified

log = logging.getLogger(__name__)

NoteUse = Callable[[str, wire.Token, datetime], None]
"""Notes that a token was used in this hour. Whatever it raises is logged; the request goes on."""


class Verifier:
    """Looks tokens up in the database of the current app."""

    def __init__(self, note_use: NoteUse) -> None:
        self._note_use = note_use

    def verify(self, token: str) -> Verified | None:
        """See serving.guard.Verifier. Raises what a query can raise."""
        if not token.startswith(api_tokens.PREFIX):
            return None
        if not api_tokens.is_well_formed(token):
            raise BadToken("malformed", "The token is not complete: its checksum is wrong.")
        with reading() as connection:
            found = api_tokens.find(connection, token)
        if found is None:
            raise BadToken("unknown", "There is no such token.", lasts=True)
        now = datetime.now(UTC)
        if found.revoked_at is not None:
            raise BadToken("revoked", "The token has been revoked.", lasts=True)
        if now >= found.expires_at:
            raise BadToken("expired", "The token has expired.", lasts=True)
        self._use(token, found, now.replace(minute=0, second=0, microsecond=0))
        return Verified(Principal("token", found.name, found.role), found.expires_at.timestamp())

    def _use(self, token: str, found: wire.Token, hour: datetime) -> None:
        if found.used_at is not None and found.used_at >= hour:
            return
        try:
            self._note_use(token, found, hour)
        except Exception as error:
            log.warning("cannot note that token %s is used: %s", found.id, type(error).__name__)
