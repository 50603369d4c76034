"""What a search takes, by kind of words, with each order, on the first page and deep in the list."""

import json
import threading
import urllib.request
from urllib.parse import urlencode

from bench.catalogue import PAIR, RARE
from bench.clients import Answers, ask, ask_at_once

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
AT_ONCE = 50


def search(url: str, rounds: int) -> list[str]:
    """Lines of a table: kind, median, 99th percentile and greatest in milliseconds over orders, pages and rounds."""
    lines = ["| search | median ms | p99 ms | greatest ms | slowest order | refused |", "|---|---|---|---|---|---|"]
    for kind, words in QUERIES.items():
        together, slowest = Answers([], 0), (0.0, "")
        for sort in SORTS:
            first = f"{LIST}?{urlencode({'q': words, 'sort': sort})}"
            with urllib.request.urlopen(url + first) as answer:
                following = json.load(answer)["next"]
            answers = ask(url, [first, following or first] * rounds)
            slowest = max(slowest, (answers.median, sort))
            together.milliseconds += answers.milliseconds
            together.refused += answers.refused
        lines.append(
            f"| {kind} | {together.median:.1f} | {together.percentile(0.99):.1f} | {max(together.milliseconds):.1f} "
            f"| {slowest[1]} ({slowest[0]:.1f}) | {together.refused} |"
        )
        print(lines[-1], flush=True)
    return lines


def search_at_once(url: str) -> str:
    """Many searches at once, and what /livez takes meanwhile."""
    paths = [f"{LIST}?{urlencode({'q': words, 'sort': sort})}" for words in QUERIES.values() for sort in SORTS]
    clients = [[paths[number % len(paths)], paths[number * 7 % len(paths)]] for number in range(AT_ONCE)]
    alive, ended = Answers([], 0), threading.Event()

    def look() -> None:
        while not ended.wait(0.02):
            answers = ask(url, ["/livez"])
            alive.milliseconds += answers.milliseconds
            alive.refused += answers.refused

    looking = threading.Thread(target=look)
    looking.start()
    answers = ask_at_once(url, clients)
    ended.set()
    looking.join()
    return (
        f"{AT_ONCE} searches at once: median {answers.median:.0f} ms, greatest {max(answers.milliseconds):.0f} ms, "
        f"{answers.refused} refused; /livez meanwhile: p99 {alive.percentile(0.99):.0f} ms, {alive.refused} refused."
    )
