"""The queue of imports, as processes meet that know nothing of each other."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

import add_product
from add_product import uploads
from add_product.imports import queue
from add_product.imports.order import Order
from apps import close
from catalog import database, imports, migrate, wire
from catalog.models import Import, ImportPiece
from catalog.settings import Settings


@pytest.fixture(autouse=True)
def app(tmp_path: Path) -> Iterator[None]:
    """An app whose threads do not run: the tests are the processes."""
    settings = Settings(database_url=f"sqlite:///{tmp_path}/catalog.sqlite3")
    migrate.upgrade(settings)
    app = add_product.create_app(settings)
    with app.app_context():
        yield
    close(app)


def put(name: str = "", dry_run: bool = False) -> int:
    """Puts a file into the queue."""
    upload = uploads.receive(io.BytesIO(b"name,price\nMug,1.00\n"), 100)
    order = Order("csv", None, "fail", dry_run)
    return database.transaction(lambda connection: queue.add(connection, upload, order, name, None, ""))


def found(import_id: int) -> wire.Import:
    """The import as read-product tells it."""
    with database.reading() as connection:
        return imports.find(connection, import_id)


def change(import_id: int, **values: object) -> None:
    """Makes an import what it would be later."""
    database.transaction(
        lambda connection: connection.execute(update(Import).where(Import.id == import_id).values(values))
    )


def pieces() -> int:
    """How many pieces of files are stored."""
    with database.reading() as connection:
        return len(connection.execute(select(ImportPiece.number)).all())


def hold(taken: queue.Taken) -> None:
    """What the holder does with each batch."""
    database.transaction(lambda connection: queue.hold(connection, taken))


def test_one_import_writes_and_the_others_wait_in_order() -> None:
    first, second, third = put(), put(), put()
    taken = queue.take_turn()
    assert (taken.id, found(first).state) == (first, "running")
    assert queue.take_turn() is None
    assert [found(each).ahead for each in (second, third)] == [1, 2]
    queue.cancel(first)
    assert queue.take_turn().id == second


def test_a_check_waits_for_no_writing() -> None:
    put()
    queue.take_turn()
    check = put(dry_run=True)
    assert queue.take_check().id == check
    assert queue.take_check() is None


def test_who_was_believed_dead_writes_nothing_any_more() -> None:
    put()
    dead = queue.take_turn()
    change(dead.id, lease_until=datetime.now(UTC) - timedelta(seconds=1))
    alive = queue.take_turn()
    assert alive.id == dead.id
    with pytest.raises(queue.Lost):
        hold(dead)
    hold(alive)


def test_a_released_import_is_taken_at_once() -> None:
    put()
    queue.release(queue.take_turn())
    assert queue.take_turn() is not None


def test_a_cancelled_import_is_lost_to_its_holder() -> None:
    put()
    taken = queue.take_turn()
    queue.cancel(taken.id)
    with pytest.raises(queue.Lost):
        hold(taken)


def test_an_import_that_ends_its_process_each_time_is_given_up() -> None:
    first, second = put(), put()
    for _ in range(queue.ATTEMPTS_MAX):
        assert queue.take_turn().id == first
        change(first, lease_until=datetime.now(UTC) - timedelta(seconds=1))
    assert queue.take_turn() is None
    assert (found(first).state, found(first).problem.code) == ("failed", "gave_up")
    assert queue.take_turn().id == second


def test_a_file_that_nobody_starts_goes_after_a_day() -> None:
    checked, running = put(dry_run=True), put()
    queue.take_turn()
    uploads.receive(io.BytesIO(b"nobody's"), 100)
    day_ago = datetime.now(UTC) - queue.FILES_KEPT - timedelta(minutes=1)
    for each in (checked, running):
        change(each, created_at=day_ago)
    database.transaction(lambda connection: connection.execute(update(ImportPiece).values(created_at=day_ago)))
    queue.sweep()
    assert (found(checked).state, found(running).state, pieces()) == ("interrupted", "running", 1)


def test_imports_are_forgotten_after_90_days() -> None:
    ended, waiting = put(), put()
    queue.cancel(ended)
    for each in (ended, waiting):
        change(each, created_at=datetime.now(UTC) - queue.KEPT - timedelta(minutes=1))
    queue.sweep()
    assert (found(ended), found(waiting).state) == (None, "waiting")


def test_half_a_file_leaves_nothing() -> None:
    class Breaking(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > uploads.PIECE:
                raise ConnectionError
            return super().read(size)

    with pytest.raises(ConnectionError):
        uploads.receive(Breaking(bytes(2 * uploads.PIECE)), 4 * uploads.PIECE)
    assert pieces() == 0


def test_a_stored_file_reads_as_the_file_did() -> None:
    content = bytes(range(256)) * 10_000
    upload = uploads.receive(io.BytesIO(content), len(content))
    with uploads.open_file(upload.id, upload.size, lambda: None) as file:
        assert file.read() == content
        file.seek(uploads.PIECE - 3)
        assert file.read(6) == content[uploads.PIECE - 3 : uploads.PIECE + 3]
        uploads.remove(upload.id)
        file.seek(0)
        with pytest.raises(uploads.Gone):
            file.read(2 * uploads.PIECE)
