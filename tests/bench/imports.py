"""What importing a file takes, beside LOAD DATA of the same products into the same table."""

import csv
import json
import statistics
import time
import urllib.request
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.catalogue import Item, items
from bench.filling import fill
from bench.progress import progress
from bench.results import RATIO, Line, Quartiles, Table, Target
from bench.rounds import Rounds
from bench.servers import Server, Stage

PART = "imports"
ROWS_MAX = 50_000
ROWS_A_ROUND = 10_000
"""A short bench imports shorter files."""
LARGE = 1_000_000
"""Rows of the file whose memory is looked at, on a stage of that size."""
PAIRS_MAX = 5
LOOK_SECONDS = 0.2
MYSQL_RATE, SQLITE_RATE, LOAD_DATA_SHARE, MEMORY_MAX = 15_000, 20_000, 0.8, 60
UNBOUNDED = {"CATALOG_IMPORT_MAX_BYTES": str(1 << 30)}


@dataclass
class Done:
    """One import: seconds from sending until all was committed, processor seconds, and MiB beyond those at rest."""

    seconds: float
    server_seconds: float
    database_seconds: float
    memory: float


def measure(stage: Stage, rounds: Rounds) -> Iterator[Table]:
    """One table: MySQL, LOAD DATA, SQLite, and a large file."""
    add, read = stage.service("add_product", **UNBOUNDED), stage.service("read_product")
    connection = stage.database.connect()
    number, rows = min(rounds.number, PAIRS_MAX), min(rounds.number * ROWS_A_ROUND, ROWS_MAX)
    imported, loaded = [], []
    for pair in range(number):
        progress(f"{PART}: {rows:,} rows, pair {pair + 1} of {number}")
        imported.append(_import(stage, add, read, _rows(f"I{pair}", rows)))
        before = stage.database.cpu()
        seconds = fill(connection, _rows(f"L{pair}", rows))
        loaded.append(Done(seconds, 0, stage.database.cpu() - before, 0))
    connection.close()
    ratio = Quartiles.of([data.seconds / own.seconds for own, data in zip(imported, loaded, strict=True)])
    ours = _line(f"import of {rows:,} rows, MySQL", rows, imported, MYSQL_RATE)
    theirs = _line("LOAD DATA, the same rows, commits of 10,000", rows, loaded)
    theirs.ratio, theirs.targets = ratio, [Target(ratio.median, LOAD_DATA_SHARE, RATIO, least=True)]
    theirs.growth = theirs.server_cpu = None
    yield Table(PART, "importing CSV", "rows", [ours, theirs, _sqlite(stage, number, rows), *_large(stage, add, read)])


def _sqlite(stage: Stage, number: int, rows: int) -> Line:
    url = f"sqlite:///{stage.directory}/imports.sqlite3"
    settings = {"CATALOG_DATABASE_URL": url, "CATALOG_DATABASE_PASSWORD_FILE": ""}
    stage.migrate(url)
    add, read = stage.service("add_product", **settings), stage.service("read_product", **settings)
    done = [_import(stage, add, read, _rows(f"S{pair}", rows)) for pair in range(number)]
    line = _line(f"import of {rows:,} rows, SQLite", rows, done, SQLITE_RATE)
    line.database_cpu = None
    return line


def _large(stage: Stage, add: Server, read: Server) -> Iterator[Line]:
    if stage.size < LARGE:
        return
    progress(f"{PART}: {LARGE:,} rows")
    done = _import(stage, add, read, _rows("M", LARGE))
    line = _line(f"import of {LARGE:,} rows, MySQL", LARGE, [done])
    line.targets = [Target(done.memory, MEMORY_MAX, "MiB more")]
    yield line


def _line(name: str, rows: int, done: list[Done], rate: float | None = None) -> Line:
    reached = statistics.median(rows / each.seconds for each in done)
    return Line(
        name,
        rate=reached,
        server_cpu=sum(each.server_seconds for each in done) / rows / len(done) * 1e6,
        database_cpu=sum(each.database_seconds for each in done) / rows / len(done) * 1e6,
        growth=max(each.memory for each in done),
        targets=[Target(reached, rate, "rows/s", least=True)] if rate else [],
    )


def _rows(prefix: str, number: int) -> Iterator[Item]:
    """Products that no other import has: each has a SKU of its own, so that none is looked for by its name."""
    for place, item in enumerate(items(number)):
        yield item._replace(sku=f"{prefix}-{place:07}")


def _import(stage: Stage, add: Server, read: Server, rows: Iterable[Item]) -> Done:
    file = stage.directory / "import.csv"
    _write(file, rows)
    rest = add.memory()
    peak, server, database = rest, add.cpu(), stage.database.cpu()
    begin = time.perf_counter()
    location = _send(add, file)
    while True:
        with urllib.request.urlopen(read.url + location) as answer:
            state = json.load(answer)
        peak = max(peak, add.memory())
        if state["state"] not in ("waiting", "running"):
            break
        time.sleep(LOOK_SECONDS)
    seconds = time.perf_counter() - begin
    report = state["report"]
    if state["state"] != "done" or report["created"] != report["rows"]:
        raise RuntimeError(f"the import has not written all of its rows: {state}")
    return Done(seconds, add.cpu() - server, stage.database.cpu() - database, peak - rest)


def _write(file: Path, rows: Iterable[Item]) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        lines = csv.writer(out)
        lines.writerow(("sku", "name", "description", "price"))
        lines.writerows((item.sku, item.name, item.description, item.price) for item in rows)


def _send(add: Server, file: Path) -> str:
    with file.open("rb") as content:
        request = urllib.request.Request(
            f"{add.url}/api/v1/products/import",
            content,
            {"Content-Type": "text/csv", "Prefer": "respond-async", "Content-Length": str(file.stat().st_size)},
            method="POST",
        )
        with urllib.request.urlopen(request, timeout=300) as answer:
            return str(answer.headers["Location"])
