"""The report of an undo, collected while it runs."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any, Self

import msgspec

from catalog import wire
from catalog.imports import Undoing
from serving import bodies

LEFT_MAX = 1000
SAMPLE_MAX = 5
"""Products of each outcome."""
SAMPLE_TEXT_MAX = 1000


@dataclass
class Undone:
    """Counts, the first thousand products left alone, and a sample of the others."""

    dry_run: bool
    products: int
    """How many the import changed, as far as the history has them."""
    unrecorded: int
    position: tuple[datetime, int] | None = None
    done: int = 0
    deleted: int = 0
    changed: int = 0
    restored: int = 0
    left: int = 0
    left_alone: list[wire.LeftProduct] = field(default_factory=list)
    sample: list[wire.UndoneProduct] = field(default_factory=list)

    @classmethod
    def resumed(cls, earlier: wire.UndoReport, position: tuple[datetime, int] | None) -> Self:
        """Continues from the report that another process has stored."""
        names = {each.name for each in fields(cls)}
        values = {name: value for name, value in msgspec.structs.asdict(earlier).items() if name in names}
        return cls(**values, position=position)

    def copy(self) -> Self:
        """A copy that can be extended without changing this report."""
        return replace(self, left_alone=list(self.left_alone), sample=list(self.sample))

    def add(self, outcome: wire.UndoOutcome, show: Callable[[], wire.UndoneProduct]) -> None:
        """Counts a product that is changed, and shows it if the sample has room."""
        self.done += 1
        setattr(self, outcome, getattr(self, outcome) + 1)
        if getattr(self, outcome) <= SAMPLE_MAX:
            self.sample.append(show())

    def leave(self, product: wire.LeftProduct) -> None:
        """Counts a product that is left alone."""
        self.done += 1
        self.left += 1
        if len(self.left_alone) < LEFT_MAX:
            self.left_alone.append(product)

    def stored(self, before: Self | None) -> dict[str, Any]:
        """The columns of the table `import` to store, if `before` is stored already."""
        values: dict[str, Any] = {
            "rows_done": self.done,
            "created": self.restored,
            "updated": self.changed,
            "deleted": self.deleted,
            "skipped": self.left,
            "undoing": bodies.encode(Undoing(self.dry_run, self.products, self.unrecorded, self.position, self.sample)),
        }
        if before is None or len(before.left_alone) < len(self.left_alone):
            values["faults"] = bodies.encode(self.left_alone)
        return values


def shortened(values: Mapping[str, Any], names: Iterable[str]) -> wire.ChangedFields:
    """These fields, with long texts shortened."""
    fields: dict[str, Any] = {name: values[name] for name in names}
    texts = {name: value for name, value in fields.items() if isinstance(value, str)}
    shorter: dict[str, Any] = {name: bodies.shortened(value, SAMPLE_TEXT_MAX) for name, value in texts.items()}
    return wire.ChangedFields(**{**fields, **shorter})
