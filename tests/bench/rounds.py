"""Servers that answer the same request, measured in turns, so that what else the machine does meets all of them alike."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.database import Database
from bench.load import Load, Request, put
from bench.progress import progress
from bench.results import RATIO, Line, Quartiles, Table, Target
from bench.servers import Server

WARM_UP_SECONDS = 1


@dataclass
class Turn:
    """What one server did in one round."""

    load: Load
    server_seconds: float
    database_seconds: float
    memory: float


@dataclass
class Contender:
    """A server, what it is asked, and what the catalogue's ratio to it should be."""

    name: str
    server: Server
    request: Request
    ratio: float | None = None
    calmer: bool = False
    """The catalogue's p99 should be no greater."""
    behind: Sequence[Server] = ()
    """Servers that it asks itself; their processor time and memory count."""
    turns: list[Turn] = field(default_factory=list)

    @property
    def servers(self) -> list[Server]:
        """All that work for an answer."""
        return [self.server, *self.behind]


@dataclass(frozen=True)
class Rounds:
    """How often each server has its turn, and for how long."""

    number: int
    seconds: int

    def table(self, part: str, title: str, database: Database, contenders: Sequence[Contender]) -> Table:
        """Measures; the first contender is the catalogue."""
        for contender in contenders:
            put(contender.server.url, contender.request, WARM_UP_SECONDS)
        for number in range(self.number):
            for place in range(len(contenders)):
                contender = contenders[(place + number) % len(contenders)]
                progress(f"{part}: {title}, round {number + 1} of {self.number}, {contender.name}")
                contender.turns.append(_turn(contender, database, self.seconds))
        ours = contenders[0]
        return Table(part, title, "requests", [_line(contender, ours) for contender in contenders])


def _turn(contender: Contender, database: Database, seconds: int) -> Turn:
    server_before = sum(server.cpu() for server in contender.servers)
    database_before = database.cpu()
    load = put(contender.server.url, contender.request, seconds)
    return Turn(
        load,
        sum(server.cpu() for server in contender.servers) - server_before,
        database.cpu() - database_before,
        sum(server.memory() for server in contender.servers),
    )


def _rate(turn: Turn) -> float:
    """Requests per second; at least one answer is taken to have come, since others are divided by it."""
    return max(turn.load.requests, 1) / turn.load.seconds


def _line(contender: Contender, ours: Contender) -> Line:
    turns, requests = contender.turns, sum(turn.load.requests for turn in contender.turns)
    line = Line(
        contender.name,
        rate=statistics.median(map(_rate, turns)),
        p50=statistics.median(turn.load.p50 for turn in turns),
        p99=_p99(contender),
        server_cpu=sum(turn.server_seconds for turn in turns) / max(requests, 1) * 1e6,
        database_cpu=sum(turn.database_seconds for turn in turns) / max(requests, 1) * 1e6,
        memory=turns[-1].memory,
        growth=turns[-1].memory - turns[0].memory,
        requests=requests,
        failed=sum(turn.load.failed for turn in turns),
    )
    if contender is not ours:
        line.ratio = Quartiles.of([_rate(own) / _rate(peer) for own, peer in zip(ours.turns, turns, strict=True)])
        line.targets = _targets(contender, ours, line)
    return line


def _targets(contender: Contender, ours: Contender, line: Line) -> list[Target]:
    targets = []
    if contender.ratio is not None and line.ratio is not None:
        targets.append(Target(line.ratio.median, contender.ratio, RATIO, least=True))
    if contender.calmer and line.p99 is not None:
        targets.append(Target(_p99(ours), line.p99, "ms at p99"))
    return targets


def _p99(contender: Contender) -> float:
    return statistics.median(turn.load.p99 for turn in contender.turns)
