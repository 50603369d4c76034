"""What exporting the whole catalogue takes, beside reading the same columns by the driver alone."""

import statistics
import time
import urllib.request
from collections.abc import Callable, Iterator

import MySQLdb.cursors

from bench.progress import progress
from bench.results import Line, Quartiles, Table, Target
from bench.rounds import Rounds
from bench.servers import Server, Stage

PART = "exports"
RATE = 100_000
PIECE = 1 << 16


def measure(stage: Stage, rounds: Rounds) -> Iterator[Table]:
    """One table for both kinds of file."""
    read = stage.service("read_product")
    ways: dict[str, Callable[[], object]] = {
        "export as NDJSON": lambda: _export(read, "ndjson"),
        "export as CSV": lambda: _export(read, "csv"),
        "the same columns by mysqlclient, unbuffered": lambda: _fetch(stage),
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    lines = {name: Line(name, server_cpu=0.0, database_cpu=0.0, memory=0.0) for name in ways}
    for number in range(rounds.number):
        for name, way in ways.items():
            progress(f"{PART}: {name}, round {number + 1} of {rounds.number}")
            taken[name].append(_timed(stage, read, way, lines[name], rounds.number))
    for name, line in lines.items():
        line.rate = stage.size / statistics.median(taken[name])
        if name.startswith("export"):
            line.targets = [Target(line.rate, RATE, "rows/s", least=True)]
    ours, *_, alone = lines
    pairs = zip(taken[ours], taken[alone], strict=True)
    lines[alone].ratio = Quartiles.of([theirs / own for own, theirs in pairs])
    lines[alone].server_cpu = lines[alone].memory = None
    yield Table(PART, "exporting the catalogue", "rows", list(lines.values()))


def _timed(stage: Stage, read: Server, way: Callable[[], object], line: Line, rounds: int) -> float:
    """Seconds; adds to the line what the processors did for each row."""
    server, database, begin = read.cpu(), stage.database.cpu(), time.perf_counter()
    way()
    seconds = time.perf_counter() - begin
    share = 1e6 / stage.size / rounds
    line.server_cpu = (line.server_cpu or 0) + (read.cpu() - server) * share
    line.database_cpu = (line.database_cpu or 0) + (stage.database.cpu() - database) * share
    line.memory = read.memory()
    return seconds


def _export(read: Server, kind: str) -> None:
    with urllib.request.urlopen(f"{read.url}/api/v1/products/export?format={kind}", timeout=600) as answer:
        while answer.read(PIECE):
            pass


def _fetch(stage: Stage) -> None:
    connection = stage.database.connect()
    cursor = connection.cursor(MySQLdb.cursors.SSCursor)
    cursor.execute("SELECT sku, name, description, price FROM product ORDER BY id")
    while cursor.fetchmany(1000):
        pass
    connection.close()
