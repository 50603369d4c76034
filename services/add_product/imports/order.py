"""What is to be done with a file."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["csv", "ndjson"]
OnConflict = Literal["fail", "skip", "update"]
ON_CONFLICT: tuple[OnConflict, ...] = ("fail", "skip", "update")


@dataclass(frozen=True)
class Order:
    """How to read a file (`charset` is None where it is to be recognised), and what to do with its rows."""

    kind: Kind
    charset: str | None
    on_conflict: OnConflict
    dry_run: bool
