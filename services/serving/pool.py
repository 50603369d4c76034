"""Threads that take what waits, in its order: concurrent.futures without the futures, which nobody asks for."""

import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")
log = logging.getLogger(__name__)


class Pool(Generic[T]):
    """So many threads that do `work`. They begin when they are first asked, since none survives a fork."""

    def __init__(self, threads: int, work: Callable[[T], None]) -> None:
        self._waiting: SimpleQueue[T | None] = SimpleQueue()
        self._work = work
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(threads)]
        self._begun = False

    def ask(self, what: T) -> None:
        """Has a thread take this when one is free."""
        if not self._begun:
            self._begun = True
            for thread in self._threads:
                thread.start()
        self._waiting.put(what)

    @property
    def is_asked(self) -> bool:
        """Whether something waits for a thread."""
        return not self._waiting.empty()

    def shutdown(self, wait: bool = True) -> None:
        """Lets the threads end when nothing waits any more, which nobody waits for, as gunicorn asks."""
        for _ in self._threads:
            self._waiting.put(None)

    def _run(self) -> None:
        while (what := self._waiting.get()) is not None:
            try:
                self._work(what)
            except Exception:
                log.exception("A thread failed")
