"""Prefetches one item from a generator: the next batch is read from the file while the current one is written.

Reading takes CPU time of this process, writing mostly time of the database. A plain thread does the reading: an
executor accepts no more work once the interpreter shuts down, but an import may still have to end in order then.
"""

import threading
from collections.abc import Generator
from contextlib import closing
from contextvars import copy_context
from queue import SimpleQueue
from typing import TypeVar

T = TypeVar("T")


def one_ahead(source: Generator[T]) -> Generator[T]:
    """Yields the items of `source`, producing each while the consumer uses the previous one; re-raises its exceptions.

    `source` runs in a single thread, in the caller's context, and is closed in that thread before this generator ends.
    """
    made: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()
    wanted, over = threading.Semaphore(), threading.Event()

    def make() -> None:
        try:
            with closing(source):
                while wanted.acquire() and not over.is_set():
                    item = next(source, None)
                    made.put((item, None))
                    if item is None:
                        return
        except BaseException as error:
            made.put((None, error))

    thread = threading.Thread(target=copy_context().run, args=(make,), name="reads ahead", daemon=True)
    thread.start()
    try:
        while True:
            item, error = made.get()
            if error:
                raise error
            if item is None:
                return
            wanted.release()
            yield item
    finally:
        over.set()
        wanted.release()
        thread.join()
