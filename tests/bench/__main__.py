"""Measures the catalogue on MySQL: `make bench`.

QUICK=1 measures less and shorter; ONLY=reads,search some parts; the results are in build/bench.json as well.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from bench import exports, imports, machine, markdown, pages, reads, searching, starts, writes
from bench.catalogue import items
from bench.database import LIMITED, WITHOUT_DISK, Database
from bench.filling import analyze, fill
from bench.progress import progress
from bench.results import Results, Table
from bench.rounds import Rounds
from bench.servers import Stage

SMALL, MIDDLE, LARGE = 1_000, 100_000, 1_000_000
QUICK = bool(os.environ.get("QUICK"))
ROUNDS = Rounds(2, 1) if QUICK else Rounds(6, 2)
RESULTS = Path("build/bench.json")

Part = Callable[[Stage, Rounds], Iterator[Table]]
# What changes the table comes last.
PARTS: dict[str, tuple[Part, Sequence[int]]] = {
    "starts": (starts.measure, [SMALL]),
    "reads": (reads.measure, [SMALL] if QUICK else [SMALL, LARGE]),
    "pages": (pages.measure, [SMALL]),
    "search": (searching.measure, [SMALL, MIDDLE] if QUICK else [SMALL, MIDDLE, LARGE]),
    "exports": (exports.measure, [MIDDLE]),
    "writes": (writes.measure, [SMALL]),
    "imports": (imports.measure, [SMALL] if QUICK else [SMALL, LARGE]),
}


def main() -> None:
    """Measures the parts that were asked for, and prints each table as soon as it is there."""
    parts = _chosen(os.environ.get("ONLY", ""))
    _require_wrk()
    results = Results(machine.facts(), QUICK, [])
    RESULTS.parent.mkdir(exist_ok=True)
    print(markdown.facts(results.machine), flush=True)
    for size in sorted({size for part in parts for size in PARTS[part][1]}):
        due = [PARTS[part][0] for part in parts if size in PARTS[part][1]]
        for table in _at_size(size, due):
            table.title += f", {size:,} products"
            progress("")
            print(f"\n### {table.part}: {table.title}\n\n{markdown.table(table)}", flush=True)
            results.tables.append(table)
            # At once, so that what goes wrong later costs nothing that is there already.
            RESULTS.write_bytes(msgspec.json.format(msgspec.json.encode(results)) + b"\n")


def _at_size(size: int, due: Sequence[Part]) -> Iterator[Table]:
    with tempfile.TemporaryDirectory() as directory:
        progress("starting MySQL")
        database = Database(Path(directory), WITHOUT_DISK if size == SMALL else LIMITED)
        try:
            connection = database.connect()
            fill(connection, items(size))
            analyze(connection)
            connection.close()
            for measure in due:
                with Stage(database, Path(directory), size) as stage:
                    yield from measure(stage, ROUNDS)
        finally:
            database.remove()


def _chosen(only: str) -> list[str]:
    chosen = only.split(",") if only else list(PARTS)
    if unknown := set(chosen) - set(PARTS):
        sys.exit(f"ONLY names {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    return [part for part in PARTS if part in chosen]


def _require_wrk() -> None:
    if shutil.which("wrk") is None:
        sys.exit("wrk, which makes the load, is not on this machine; on Debian: apt-get install wrk")
    if shutil.which("nginx") is None:
        print("left out: nginx, which is not on this machine; on Debian: apt-get install nginx-light\n")


if __name__ == "__main__":
    main()
