"""What a search takes, by kind of words, with each order, on the first page and deep in the list."""

import json
import threading
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlencode

from bench.catalogue import PAIR, RARE
from bench.clients import Answers, ask, ask_at_once
from bench.progress import progress
from bench.reads import UNCACHED
from bench.results import Line, Table, Target
from bench.rounds import Rounds
from bench.servers import Server, Stage

PART = "search"
LIST = "/api/v1/products"
SORTS = ("id", "-id", "name", "-name", "price", "-price", "created_at", "-created_at")
QUERIES = {
    "no search": "",
    "rare word": RARE,
    "common word": "steel",
    "two common words": "steel box",
    "rare pair of common words": " ".join(PAIR),
    "rare with common": f"{RARE} steel",
    "no hit": "nothinglikeit",
    "prefix": RARE[:4],
    "whole SKU": "AQ-00.0000000",
    "part of a SKU": "0000500",
    "SKU without signs": "aq000000000",
    "pairs of a script without spaces": "不锈钢",
    "one letter": "a",
}
MILLISECONDS = {"rare word": 10}
"""At p99; of all others 100."""
AT_ONCE = 50
ALIVE_MILLISECONDS = 50
MEMORY_MAX = 1024


def measure(stage: Stage, rounds: Rounds) -> Iterator[Table]:
    """One table for each kind of words, and one for many searches at once."""
    read = stage.service("read_product", **UNCACHED)
    lines = []
    for kind, words in QUERIES.items():
        progress(f"{PART}: {kind}")
        lines.append(_search(stage, read, kind, words, rounds.number))
    yield Table(PART, "each of 8 orders, first and second page, one after the other", "requests", lines)
    progress(f"{PART}: {AT_ONCE} at once")
    yield Table(PART, f"{AT_ONCE} at once", "requests", _search_at_once(stage, read))


def _search(stage: Stage, read: Server, kind: str, words: str, rounds: int) -> Line:
    server, database = read.cpu(), stage.database.cpu()
    together, slowest = Answers([], 0), (0.0, "")
    for sort in SORTS:
        first = f"{LIST}?{urlencode({'q': words, 'sort': sort})}"
        with urllib.request.urlopen(read.url + first) as answer:
            next_page = json.load(answer)["next"]
        answers = ask(read.url, [first, next_page or first] * rounds)
        slowest = max(slowest, (answers.median, sort))
        together.milliseconds += answers.milliseconds
        together.refused += answers.refused
    number, p99 = len(together.milliseconds), together.percentile(0.99)
    most = MILLISECONDS.get(kind, 100)
    return Line(
        kind,
        p50=together.median,
        p99=p99,
        server_cpu=(read.cpu() - server) / number * 1e6,
        database_cpu=(stage.database.cpu() - database) / number * 1e6,
        requests=number,
        failed=together.refused,
        targets=[Target(p99, most, "ms at p99")],
        note=f"slowest by {slowest[1]}: {slowest[0]:.1f} ms",
    )


def _search_at_once(stage: Stage, read: Server) -> list[Line]:
    """Many searches at once, and what /livez takes meanwhile."""
    paths = [f"{LIST}?{urlencode({'q': words, 'sort': sort})}" for words in QUERIES.values() for sort in SORTS]
    clients = [[paths[number % len(paths)], paths[number * 7 % len(paths)]] for number in range(AT_ONCE)]
    alive, ended = Answers([], 0), threading.Event()

    def look() -> None:
        while not ended.wait(0.02):
            answers = ask(read.url, ["/livez"])
            alive.milliseconds += answers.milliseconds
            alive.refused += answers.refused

    looking = threading.Thread(target=look)
    looking.start()
    answers = ask_at_once(read.url, clients)
    ended.set()
    looking.join()
    slowest, memory = alive.percentile(0.99), stage.database.memory()
    return [
        Line(
            "searches", p50=answers.median, p99=answers.percentile(0.99), requests=len(answers.milliseconds),
            failed=answers.refused, targets=[Target(answers.refused, 0, "failed")],
        ),
        Line(
            "/livez meanwhile", p50=alive.median, p99=slowest, requests=len(alive.milliseconds), failed=alive.refused,
            targets=[Target(slowest, ALIVE_MILLISECONDS, "ms at p99")],
        ),
        Line(
            "mysqld after all searches", memory=memory, targets=[Target(memory, MEMORY_MAX, "MiB")],
        ),
    ]  # fmt: skip
