"""Makes the next of some items while the one before is used: a batch is read from its file while another is written.

Reading costs this process its time, writing mostly the database. A thread does the reading, not an executor, which
takes no more work once the interpreter ends, while an import may still have to end in order.
"""

import threading
from collections.abc import Generator
from contextlib import closing
from contextvars import copy_context
from queue import SimpleQueue
from typing import TypeVar

T = TypeVar("T")


def one_ahead(source: Generator[T]) -> Generator[T]:
    """The items of `source`, each made while the one before is used; whatever it raises comes in its place.

    All of `source` runs in one thread, in the caller's context; it is closed there before this generator is.
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
