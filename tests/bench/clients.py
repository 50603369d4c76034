"""Clients that ask over connections which they keep, and what their answers took."""

import http.client
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass
class Answers:
    """Milliseconds of each answer, and how many were not 200."""

    milliseconds: list[float]
    refused: int

    def percentile(self, share: float) -> float:
        """Milliseconds within which this share of the answers came."""
        return sorted(self.milliseconds)[min(len(self.milliseconds) - 1, int(share * len(self.milliseconds)))]

    @property
    def median(self) -> float:
        """Milliseconds."""
        return statistics.median(self.milliseconds)


def ask(url: str, paths: Sequence[str]) -> Answers:
    """Asks for one path after the other."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    answers = Answers([], 0)
    for path in paths:
        started = time.perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        answers.milliseconds.append((time.perf_counter() - started) * 1000)
        answers.refused += answer.status != 200
    connection.close()
    return answers


def ask_at_once(url: str, clients: Sequence[Sequence[str]]) -> Answers:
    """Each client asks for its paths, all clients at once."""
    together = Answers([], 0)
    lock = threading.Lock()

    def run(paths: Sequence[str]) -> None:
        answers = ask(url, paths)
        with lock:
            together.milliseconds += answers.milliseconds
            together.refused += answers.refused

    threads = [threading.Thread(target=run, args=(paths,)) for paths in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return together
