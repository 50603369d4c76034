"""The options of an import."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["csv", "ndjson", "undo"]
OnConflict = Literal["fail", "skip", "update"]
ON_CONFLICT: tuple[OnConflict, ...] = ("fail", "skip", "update")


@dataclass(frozen=True)
class Order:
    """How to read a file (a `charset` of None means: detect it), and what to do with its rows.

    The kind "undo" has no file: it takes back what another import has done.
    """

    kind: Kind
    charset: str | None
    on_conflict: OnConflict
    dry_run: bool
