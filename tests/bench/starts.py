"""How soon each service is ready, and what it takes of the memory when nobody asks it."""

import statistics
import time
from collections.abc import Iterator

from bench.progress import progress
from bench.results import Line, Table, Target
from bench.rounds import Rounds
from bench.servers import Stage

PART = "starts"
READY_MILLISECONDS, MEMORY_MAX = 600, 80
SETTLING_SECONDS = 1


def measure(stage: Stage, rounds: Rounds) -> Iterator[Table]:
    """One table for all three services."""
    packages = ("add_product", "read_product", "display_product")
    yield Table(PART, "from start to ready, and memory at rest", "starts", [_line(stage, p, rounds) for p in packages])


def _line(stage: Stage, package: str, rounds: Rounds) -> Line:
    seconds, memory = [], []
    for number in range(rounds.number):
        progress(f"{PART}: {package}, {number + 1} of {rounds.number}")
        server = stage.service(package)
        seconds.append(server.seconds)
        time.sleep(SETTLING_SECONDS)
        memory.append(server.memory())
        server.stop()
    ready, rest = statistics.median(seconds), max(memory)
    return Line(
        package.replace("_", "-"),
        p50=ready * 1000,
        memory=rest,
        targets=[Target(ready * 1000, READY_MILLISECONDS, "ms"), Target(rest, MEMORY_MAX, "MiB")],
    )
