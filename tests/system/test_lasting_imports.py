"""An import goes on whatever becomes of the processes that hold it."""

import os
import signal
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import urllib3

from processes import Running, running_services

ROWS = 4000
http = urllib3.PoolManager(retries=False, maxsize=50)


def workers(running: Running) -> list[int]:
    """The worker processes of add-product."""
    parent = running.processes["add_product"].pid
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def look(running: Running, location: str) -> dict:
    """The import as it is now."""
    return http.request("GET", running.urls["read_product"] + location).json()


def wait_until(reached: Callable[[], bool]) -> None:
    """Returns when this is so; fails when it never is."""
    deadline = time.monotonic() + 120
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def wait_for(running: Running, location: str, state: str, rows: int) -> dict:
    """The import once it is in this state and has so many rows."""
    found: dict = {}

    def reached() -> bool:
        found.update(look(running, location))
        return found["state"] == state and (found["report"] or {"rows": 0})["rows"] >= rows

    wait_until(reached)
    return found


def end(running: Running, database: sqlite3.Connection, ending: signal.Signals) -> None:
    """Ends the processes that import."""
    for pid in workers(running):
        os.kill(pid, ending)
    if ending == signal.SIGKILL:
        # As if their lease had run out.
        database.execute("UPDATE import SET lease_until = '2000-01-01 00:00:00.000000'")
        database.commit()


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
def test_an_import_survives_the_end_of_its_process(tmp_path: Path, ending: signal.Signals) -> None:
    with running_services(tmp_path) as running:
        # Rows without SKU: written twice, they would be there twice.
        body = "name,price\n" + "".join(f"Mug {number},1.00\n" for number in range(ROWS))
        url = f"{running.urls['add_product']}/api/v1/products/import"
        headers = {"Content-Type": "text/csv", "Prefer": "respond-async"}
        answer = http.request("POST", url, body=body.encode(), headers=headers)
        assert answer.status == 202
        location = answer.headers["Location"]
        wait_for(running, location, "running", 1)
        with closing(sqlite3.connect(tmp_path / "catalog.sqlite3", timeout=30)) as database:
            end(running, database, ending)
            done = wait_for(running, location, "done", ROWS)
            assert (done["report"]["created"], done["report"]["failed"]) == (ROWS, 0)
            assert database.execute("SELECT COUNT(*) FROM product").fetchone() == (ROWS,)
            # The file goes behind the end of the import.
            wait_until(lambda: database.execute("SELECT COUNT(*) FROM import_piece").fetchone() == (0,))


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
def test_an_undo_survives_the_end_of_its_process(tmp_path: Path, ending: signal.Signals) -> None:
    with running_services(tmp_path) as running:
        body = "name,price\n" + "".join(f"Mug {number},1.00\n" for number in range(ROWS))
        url = running.urls["add_product"]
        answer = http.request(
            "POST", f"{url}/api/v1/products/import", body=body.encode(), headers={"Content-Type": "text/csv"}
        )
        location = answer.headers["Location"]
        wait_for(running, location, "done", ROWS)
        answer = http.request("POST", f"{url}{location}/undo", headers={"Prefer": "respond-async"})
        undo = answer.headers["Location"]
        wait_until(lambda: (look(running, undo)["undo"] or {"done": 0})["done"] > 0)
        with closing(sqlite3.connect(tmp_path / "catalog.sqlite3", timeout=30)) as database:
            end(running, database, ending)
            wait_until(lambda: look(running, undo)["state"] == "done")
            done = look(running, undo)["undo"]
            assert (done["products"], done["deleted"], done["left"]) == (ROWS, ROWS, 0)
            assert database.execute("SELECT COUNT(*) FROM product").fetchone() == (0,)
            deletions = "SELECT COUNT(DISTINCT product_id), COUNT(*) FROM product_change WHERE kind = 'deleted'"
            assert database.execute(deletions).fetchone() == (ROWS, ROWS)


def test_fifty_imports_at_once_each_have_their_answer_and_their_turn(tmp_path: Path) -> None:
    with running_services(tmp_path) as running:
        url = f"{running.urls['add_product']}/api/v1/products/import"
        headers = {"Content-Type": "text/csv", "Prefer": "respond-async"}

        def send(number: int) -> urllib3.BaseHTTPResponse:
            body = "sku,name,price\n" + "".join(f"F{number}-{row},Mug,1.00\n" for row in range(20))
            return http.request("POST", url, body=body.encode(), headers=headers)

        with ThreadPoolExecutor(50) as pool:
            answers = list(pool.map(send, range(50)))
        taken = [answer.headers["Location"] for answer in answers if answer.status == 202]
        # On a very slow machine, SQLite may keep some waiting for too long: they are told when to come again.
        refused = [answer for answer in answers if answer.status != 202]
        assert {(answer.status, "Retry-After" in answer.headers) for answer in refused} <= {(503, True)}
        assert taken
        for location in taken:
            done = wait_for(running, location, "done", 20)
            assert (done["report"]["created"], done["report"]["failed"]) == (20, 0)
