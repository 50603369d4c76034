"""A thread pool with a FIFO queue: concurrent.futures without the futures, which no caller needs."""

import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")
log = logging.getLogger(__name__)


class Pool(Generic[T]):
    """A fixed number of threads that run `work`. They start with the first item, as threads do not survive a fork."""

    def __init__(self, threads: int, work: Callable[[T], None]) -> None:
        self._waiting: SimpleQueue[T | None] = SimpleQueue()
        self._work = work
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(threads)]
        self._begun = False

    def submit(self, item: T) -> None:
        """Queues an item for the next free thread."""
        if not self._begun:
            self._begun = True
            for thread in self._threads:
                thread.start()
        self._waiting.put(item)

    @property
    def has_queued(self) -> bool:
        """Whether an item is waiting for a thread."""
        return not self._waiting.empty()

    def shutdown(self, wait: bool = True) -> None:
        """Ends the threads once the queue is empty, without waiting for them. gunicorn expects this signature."""
        for _ in self._threads:
            self._waiting.put(None)

    def _run(self) -> None:
        while (item := self._waiting.get()) is not None:
            try:
                self._work(item)
            except BaseException:  # A thread that ends here is never replaced.
                log.exception("A thread failed")
