"""The threads that process imports: one checks files, one writes rows.

Each worker process has both threads, and they take the next import from the queue. So an import outlives the request
that created it, and the process that works on it.
"""

import io
import logging
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from functools import partial

from flask import Flask, current_app
from sqlalchemy import Connection

from add_product import uploads
from add_product.imports import importer, queue, undo
from add_product.imports.ahead import one_ahead
from add_product.imports.candidate import Candidate
from add_product.imports.queue import Lost, Taken
from add_product.imports.report import Report
from add_product.imports.undone import Undone
from catalog import counters, database
from catalog.settings import Settings
from serving import deadline
from serving.answers import FieldError

POLL_SECONDS = 2.0
"""How often to look for imports that another process has abandoned, or has accepted but cannot start."""
BEAT_SECONDS = 5.0
SWEEP_SECONDS = 300.0
STATE_SECONDS = 0.25
STOP_SECONDS = 10.0
OVER = ("checked", "done", "interrupted", "failed")

log = logging.getLogger(__name__)


class Stopped(Exception):
    """The process is shutting down; another one continues the import."""


class Runner:
    """Processes imports for one app, from `start` to `stop`."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self._app = app
        self._currency = settings.currency
        self._stopping = threading.Event()
        self._changed = threading.Condition()
        self._steps = 0
        self._threads: list[threading.Thread] = []
        self._starting = threading.Lock()
        self._waiting = threading.BoundedSemaphore(max(1, settings.threads // 2))
        self._swept_at = 0.0
        self._failing: set[Callable[[], Taken | None]] = set()

    def start(self) -> None:
        """Starts the threads, unless they are running."""
        with self._starting:
            if self._threads or self._stopping.is_set():
                return
            for name, take in (("checks imports", queue.take_check), ("writes imports", queue.take_turn)):
                thread = threading.Thread(target=self._work, args=(take,), name=name, daemon=True)
                self._threads.append(thread)
                thread.start()

    def retire(self) -> None:
        """Asks the threads to end after the current batch."""
        self._stopping.set()

    def stop(self) -> None:
        """Ends the threads, and waits until they have ended."""
        self.retire()
        self.tell()
        for thread in self._threads:
            thread.join(STOP_SECONDS)

    def tell(self) -> None:
        """Notifies the idle threads and the waiting requests that an import has changed."""
        with self._changed:
            self._steps += 1
            self._changed.notify_all()

    def wait(self, import_id: int, seconds: float) -> None:
        """Waits until an import needs no more work, for at most this many seconds.

        At most half of the request threads wait; further calls return at once.
        """
        if seconds <= 0 or not self._waiting.acquire(blocking=False):
            return
        try:
            end = time.monotonic() + seconds
            while not self._stopping.is_set():
                seen = self._steps
                deadline.renew()
                if queue.state_of(import_id) in (*OVER, None):
                    return
                left = end - time.monotonic()
                if left <= 0:
                    return
                self._sleep(seen, min(left, STATE_SECONDS))
        finally:
            self._waiting.release()

    def _sleep(self, seen: int, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._steps != seen or self._stopping.is_set(), seconds)

    def _work(self, take: Callable[[], Taken | None]) -> None:
        with self._app.app_context():
            while not self._stopping.is_set():
                seen = self._steps
                if not self._take_one(take):
                    self._sleep(seen, POLL_SECONDS)

    def _take_one(self, take: Callable[[], Taken | None]) -> bool:
        """Works on the next import; returns False if there is nothing to do now."""
        try:
            self._sweep()
            taken = take()
            if taken:
                log.info("import %s: row %s", taken.id, taken.report.rows if taken.report else 0)
                self._carry_on(taken)
            self._failing.discard(take)
            return taken is not None
        except database.AWAY as error:
            if take not in self._failing:  # Each thread logs an outage once, however long it lasts.
                log.warning("imports wait for the database: %s", getattr(error, "orig", error))
            self._failing.add(take)
            return False
        except Lost:
            log.info("import: cancelled, or taken by another process")
        except Exception:
            log.exception("imports: unhandled error")
            return False
        return True

    def _carry_on(self, taken: Taken) -> None:
        try:
            self._run(taken)
        except Stopped:
            queue.release(taken)
        except importer.UNUSABLE as fault:
            queue.fail(taken, FieldError("", fault.detail, fault.code, fault.params))
        except uploads.Gone:
            queue.fail(taken, FieldError("", "The file no longer exists; send it again.", "gone"))
        except (*database.AWAY, Lost):
            raise
        except Exception:
            log.exception("import %s: unhandled error", taken.id)
            queue.fail(taken, FieldError("", "The service failed to process this file; its log says why.", "failed"))
        finally:
            self.tell()

    def _run(self, taken: Taken) -> None:
        beat = _Beat(taken, self._stopping)
        if taken.undo_of is None:
            self._read(taken, beat)
        else:
            _take_back(taken, taken.undo_of, beat)

    def _read(self, taken: Taken, beat: "_Beat") -> None:
        with uploads.open_file(taken.upload, taken.size, beat) as file:
            candidates, report = importer.read(file, taken.order, self._currency)
            if taken.report:
                report.resume(taken.report)
            with closing(one_ahead(_batches(file, candidates, report.rows, taken))) as batches:
                for batch, bytes_done in batches:
                    beat.stop_if_asked()
                    report = _step(taken, report, batch, bytes_done)
                    beat.note()
            queue.finish(taken, report)
        if not taken.order.dry_run:
            uploads.remove(taken.upload)
            log.info("import %s: done, %s rows", taken.id, report.rows)

    def _sweep(self) -> None:
        if time.monotonic() - self._swept_at > SWEEP_SECONDS:
            self._swept_at = time.monotonic()
            queue.sweep()


class _Beat:
    """Renews the lease of an import while its file is read. Raises Lost, or Stopped if the process shuts down."""

    def __init__(self, taken: Taken, stopping: threading.Event) -> None:
        self._taken = taken
        self._stopping = stopping
        self._renewed_at = time.monotonic()

    def __call__(self) -> None:
        self.stop_if_asked()
        if time.monotonic() - self._renewed_at > BEAT_SECONDS:
            database.transaction(lambda connection: queue.hold(connection, self._taken))
            self.note()

    def note(self) -> None:
        """Notes that writing a batch has just renewed the lease."""
        self._renewed_at = time.monotonic()

    def stop_if_asked(self) -> None:
        """Raises Stopped if the process shuts down."""
        if self._stopping.is_set():
            raise Stopped


def _batches(
    file: io.BufferedReader, candidates: Iterator[Candidate], done: int, taken: Taken
) -> Generator[tuple[list[Candidate], int]]:
    """Yields the batches after the first `done` rows, prepared for writing, with the file position after each."""
    for batch in importer.batches(candidates, done):
        # In an update most products exist already and need no new row, so preparing rows would be wasted.
        if not taken.order.dry_run and taken.order.on_conflict != "update":
            importer.prepare(batch)
        yield batch, file.raw.tell()


def _step(taken: Taken, before: Report, batch: list[Candidate], bytes_done: int) -> Report:
    """Writes or checks one batch, and stores the progress of the import."""

    def write_batch(connection: Connection) -> Report:
        queue.hold(connection, taken)
        if taken.order.dry_run:
            plans = importer.plan(connection, batch, taken.order.on_conflict)
        else:
            plans = importer.write(connection, batch, taken.order.on_conflict, partial(queue.entry, taken))
        after = before.copy()
        for plan in plans:
            after.add(plan.candidate, plan.outcome, plan.errors)
        queue.note(connection, taken, before, after, bytes_done)
        return after

    after = importer.transaction(write_batch)
    if not taken.order.dry_run:
        for outcome in ("created", "updated", "skipped", "failed"):
            counters.imported_rows.labels(outcome).inc(getattr(after, outcome) - getattr(before, outcome))
    return after


def _take_back(taken: Taken, import_id: int, beat: _Beat) -> None:
    """Works on an undo until it has come to every product that the import changed."""
    dry_run = taken.order.dry_run
    undone = taken.undone or database.transaction(partial(undo.begin, import_id=import_id, dry_run=dry_run))
    more = True
    while more:
        beat.stop_if_asked()
        undone, more = _take_back_some(taken, import_id, undone)
        beat.note()
    queue.finish(taken, undone)
    if not dry_run:
        log.info("import %s: import %s is undone, %s products", taken.id, import_id, undone.done)


def _take_back_some(taken: Taken, import_id: int, before: Undone) -> tuple[Undone, bool]:
    """Writes or checks one batch of an undo, stores its progress, and returns it and whether more may follow."""

    def write_batch(connection: Connection) -> tuple[Undone, bool]:
        queue.hold(connection, taken)
        entries = undo.next_batch(connection, import_id, before.position)
        steps = undo.plan(connection, import_id, entries, lock=not taken.order.dry_run)
        if not taken.order.dry_run:
            undo.carry_out(connection, steps, partial(queue.entry, taken))
        after = undo.report(before, steps)
        queue.note(connection, taken, before if before.done else None, after)
        return after, len(entries) == undo.BATCH

    after, more = importer.transaction(write_batch)
    if not taken.order.dry_run:
        for action in ("deleted", "changed", "restored"):
            counters.products.labels(action).inc(getattr(after, action) - getattr(before, action))
    return after, more


def of_app() -> Runner:
    """Starts the app's runner and returns it."""
    runner: Runner = current_app.extensions["imports"]
    runner.start()
    return runner
