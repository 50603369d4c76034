"""What was measured, as it is kept in a file, printed, and drawn."""

import statistics
from collections.abc import Sequence

from msgspec import Struct


class Quartiles(Struct, frozen=True):
    """Of the ratios of the pairs; with fewer than four pairs the lowest, the middle and the greatest."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Quartiles":
        """Those of at least one value."""
        if len(values) < 4:
            return cls(min(values), statistics.median(values), max(values))
        return cls(*statistics.quantiles(values, n=4, method="inclusive"))


class Target(Struct, frozen=True):
    """What was measured, and what it should be: no more than the bound, or no less."""

    measured: float
    bound: float
    unit: str
    least: bool = False

    @property
    def met(self) -> bool:
        """Whether it is so."""
        return self.measured >= self.bound if self.least else self.measured <= self.bound


RATIO = "×"
"""Unit of a target that is a ratio."""


class Line(Struct):
    """One server, or one kind of request; what was not measured is None."""

    name: str
    rate: float | None = None
    """Requests, or rows, per second."""
    ratio: Quartiles | None = None
    """So many times the rate of this line the catalogue has."""
    p50: float | None = None
    """Milliseconds within which half of the answers came."""
    p99: float | None = None
    """Milliseconds within which 99 of 100 answers came."""
    server_cpu: float | None = None
    """Microseconds of processor time per request, or row."""
    database_cpu: float | None = None
    """The same of mysqld."""
    memory: float | None = None
    """MiB of all processes of the server, shared ones counted once."""
    growth: float | None = None
    """MiB by which that has grown from the first round to the last."""
    requests: int | None = None
    """How many were answered, in all rounds."""
    failed: int = 0
    """Answers that were errors, or did not come."""
    targets: list[Target] = []
    note: str = ""


class Table(Struct):
    """Lines of one subject; where they have ratios, the first is the catalogue's."""

    part: str
    title: str
    unit: str
    """What a line counts: requests, or rows."""
    lines: list[Line]


class Results(Struct):
    """One run of the bench."""

    machine: dict[str, str]
    quick: bool
    tables: list[Table]
