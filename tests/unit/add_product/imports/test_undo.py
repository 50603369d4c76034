"""An undo that several processes work on, one after the other."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

import add_product
from add_product import uploads
from add_product.imports import queue, runner, undo
from add_product.imports.order import Order
from add_product.imports.runner import Runner
from add_product.imports.undone import Undone
from apps import close
from catalog import database, imports, migrate, wire
from catalog.models import Import, Product, ProductChange
from catalog.settings import Settings

ROWS = 5


@pytest.fixture(autouse=True)
def process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runner]:
    """A process whose threads do not run, and whose batches are small: the tests do its work."""
    monkeypatch.setattr(undo, "BATCH", 2)
    settings = Settings(database_url=f"sqlite:///{tmp_path}/catalog.sqlite3")
    migrate.upgrade(settings)
    app = add_product.create_app(settings)
    with app.app_context():
        yield app.extensions["imports"]
    close(app)


@pytest.fixture
def imported(process: Runner) -> int:
    """An import that has created products."""
    rows = "".join(f"Mug {number},1.00\n" for number in range(ROWS))
    upload = uploads.receive(io.BytesIO(f"name,price\n{rows}".encode()), 1000)
    order = Order("csv", None, "fail", False)
    number = database.transaction(lambda connection: queue.add(connection, upload, order, "", None, ""))
    process._run(turn())
    return number


def turn() -> queue.Taken:
    """What another process takes to write."""
    taken = queue.take_turn()
    assert taken
    return taken


def one_batch(taken: queue.Taken) -> Undone:
    """What a process does before it ends."""
    assert taken.undo_of
    before = taken.undone or database.transaction(lambda connection: undo.begin(connection, taken.undo_of, False))
    return runner._take_back_some(taken, taken.undo_of, before)[0]


def expire(import_id: int) -> None:
    """Lets the lease on an import run out."""
    past = datetime.now(UTC) - timedelta(seconds=1)
    database.transaction(
        lambda connection: connection.execute(update(Import).where(Import.id == import_id).values(lease_until=past))
    )


def found(import_id: int) -> wire.Import:
    """The import as read-product tells it."""
    with database.reading() as connection:
        item = imports.find(connection, import_id)
    assert item
    return item


def count(*conditions: object) -> tuple[int, int]:
    """How many products there are, and how many deletions in the history."""
    with database.reading() as connection:
        products = connection.scalar(select(func.count()).select_from(Product))
        deletions = connection.scalar(select(func.count()).where(ProductChange.kind == "deleted"))
    return products or 0, deletions or 0


def test_another_process_goes_on_where_a_dead_one_stopped(process: Runner, imported: int) -> None:
    undo_id = queue.undo(imported, dry_run=False)
    dead = turn()
    assert one_batch(dead).done == 2
    expire(undo_id)
    alive = turn()
    assert (alive.id, alive.undone and alive.undone.done) == (undo_id, 2)
    with pytest.raises(queue.Lost):
        one_batch(dead)
    assert count() == (ROWS - 2, 2)
    process._run(alive)
    assert count() == (0, ROWS)
    report = found(undo_id).undo
    assert report
    assert (found(undo_id).state, report.products, report.done, report.deleted) == ("done", ROWS, ROWS, ROWS)


def test_a_process_that_shuts_down_hands_the_undo_over_at_once(process: Runner, imported: int) -> None:
    undo_id = queue.undo(imported, dry_run=False)
    process.retire()
    process._carry_on(turn())
    assert found(undo_id).state == "running"
    assert turn().id == undo_id


def test_a_cancelled_undo_keeps_what_it_did_and_another_does_the_rest(process: Runner, imported: int) -> None:
    undo_id = queue.undo(imported, dry_run=False)
    taken = turn()
    one_batch(taken)
    queue.cancel(undo_id)
    with pytest.raises(queue.Lost):
        one_batch(taken)
    assert (found(undo_id).state, count()) == ("interrupted", (ROWS - 2, 2))
    again = queue.undo(imported, dry_run=False)
    process._run(turn())
    report = found(again).undo
    assert report
    assert (report.deleted, report.left, count()) == (ROWS - 2, 2, (0, ROWS))
    assert {each.reason for each in report.left_alone} == {"undone"}


def test_a_preview_that_is_started_is_lost_to_whoever_prepares_it(imported: int) -> None:
    preview = queue.undo(imported, dry_run=True)
    taken = queue.take_check()
    assert taken
    assert queue.undo(imported, dry_run=False) == preview
    with pytest.raises(queue.Lost):
        one_batch(taken)
    assert count() == (ROWS, 0)


def test_a_preview_that_nobody_starts_goes_after_a_day(imported: int) -> None:
    preview = queue.undo(imported, dry_run=True)
    long_ago = datetime.now(UTC) - queue.FILES_KEPT - timedelta(minutes=1)
    database.transaction(
        lambda connection: connection.execute(update(Import).where(Import.id == preview).values(created_at=long_ago))
    )
    queue.sweep()
    assert found(preview).state == "interrupted"


def test_undos_and_imports_wait_for_each_other(imported: int) -> None:
    undo_id = queue.undo(imported, dry_run=False)
    turn()
    with pytest.raises(queue.NotUndoable):
        queue.undo(undo_id, dry_run=False)
    assert queue.take_turn() is None
