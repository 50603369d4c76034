"""What processes take of the machine, as Linux counts it in /proc (man 5 proc)."""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def tree(pid: int) -> Iterator[int]:
    """The process and all that it has started."""
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return
    for child in children:
        yield from tree(int(child))


def cpu(pids: Iterable[int]) -> float:
    """Seconds of processor time since they began."""
    ticks = 0
    for pid in pids:
        # The second field is the command, which may have blanks in it.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS


def memory(pids: Iterable[int]) -> float:
    """MiB, of which each process counts its share where several have the same."""
    return sum(_kilobytes(f"/proc/{pid}/smaps_rollup", "Pss") for pid in pids) / 1024


def resident(pids: Iterable[int]) -> float:
    """MiB that are not pages of files."""
    return sum(_kilobytes(f"/proc/{pid}/status", "RssAnon") for pid in pids) / 1024


def _kilobytes(file: str, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB$", Path(file).read_text(), re.MULTILINE)
    return int(found[1]) if found else 0
