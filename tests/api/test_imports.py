"""Imports as things that last: followed, checked again, started, cancelled, and found again by their key."""

import io
import time

import pytest
from werkzeug.test import TestResponse

from apps import Api, Apps

ASYNC = {"Prefer": "respond-async"}
FILE = "sku,name,price\nA-1,Café,1.00\nA-2,Mug,2.00\n"
PATH = "/api/v1/products/import"


def send(api: Api, data: bytes | str = FILE, headers: dict[str, str] | None = None, **query: str) -> TestResponse:
    """Sends a file, and returns the answer."""
    return api.add.post(PATH, data=data, content_type="text/csv", headers=headers, query_string=query)


def look(api: Api, location: str) -> dict:
    """The import at read-product."""
    answer = api.read.get(location)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    return answer.json


def change(api: Api, location: str, what: str, status: int | None = 200, **query: str) -> dict:
    """Asks add-product for a change of the import."""
    answer = api.add.post(f"{location}/{what}", query_string=query)
    assert status is None or answer.status_code == status, answer.text
    return answer.json


def wait_for_the_end(api: Api, location: str) -> None:
    """Asks for a start, which waits for the end, 18 s at most, whatever has begun the import."""
    for _ in range(5):
        if change(api, location, "start", None)["state"] == "done":
            return
    raise AssertionError(look(api, location))


def test_an_answer_tells_where_the_import_stays(api: Api) -> None:
    answer = send(api, name="spring.csv")
    found = look(api, answer.headers["Location"])
    assert (found["state"], found["name"], found["size"], found["ahead"]) == (
        "done",
        "spring.csv",
        len(FILE.encode()),
        0,
    )
    assert found["report"] == answer.json
    assert found["bytes_done"] == found["size"]


def test_who_does_not_wait_is_told_where_to_look(api: Api) -> None:
    long = send(api, "name,price\n" + "".join(f"Long {number},1.00\n" for number in range(50_000)), ASYNC)
    answer = send(api, headers=ASYNC)
    assert (answer.status_code, answer.headers["Retry-After"]) == (202, "2")
    location = answer.headers["Location"]
    assert answer.json["id"] == int(location.rpartition("/")[2])
    change(api, long.headers["Location"], "cancel")
    wait_for_the_end(api, location)
    assert look(api, location)["report"]["created"] == 2


def test_the_same_key_is_the_same_import_whatever_its_state(api: Api) -> None:
    key = {"Idempotency-Key": "one-file"}
    first = send(api, headers=key)
    again = send(api, headers=key)
    assert (again.status_code, again.json, again.headers["Location"]) == (200, first.json, first.headers["Location"])
    assert len(api.read.get("/api/v1/imports").json["items"]) == 1
    for other in (send(api, FILE + "A-3,Cup,3.00\n", key), send(api, headers=key, on_conflict="skip")):
        assert (other.status_code, other.json["errors"][0]["code"]) == (422, "reused")
    assert len(api.all()) == 2


def test_a_slow_line_takes_nothing_from_the_time_for_the_database(
    apps: Apps, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            time.sleep(0.5)
            return super().read(size)

    monkeypatch.setitem(apps.add.extensions, "answer_seconds", 0.4)
    for _ in range(2):
        answer = api.add.post(
            PATH,
            input_stream=Slow(FILE.encode()),
            content_length=len(FILE.encode()),
            content_type="text/csv",
            headers={"Idempotency-Key": "slow", **ASYNC},
        )
        assert answer.status_code in (200, 202), answer.text
    wait_for_the_end(api, answer.headers["Location"])


def test_rows_whose_letters_show_the_encoding_are_the_sample(api: Api) -> None:
    rows = [f"Tool {number}–{number}" for number in range(9)] + ["Plain", "شاي", "чай"]
    checked = send(api, "name,price\n" + "".join(f"{name},1.00\n" for name in rows), dry_run="true")
    assert [row["values"]["name"] for row in checked.json["sample"]] == [
        "شاي",
        "чай",
        "Tool 0–0",
        "Tool 1–1",
        "Tool 2–2",
    ]


def test_a_checked_file_is_written_without_being_sent_again(api: Api) -> None:
    checked = send(api, dry_run="true")
    assert (checked.json["created"], checked.json["dry_run"], api.all()) == (2, True, [])
    # The row that shows a wrong encoding comes first.
    assert [row["values"]["name"] for row in checked.json["sample"]] == ["Café", "Mug"]
    location = checked.headers["Location"]
    assert look(api, location)["state"] == "checked"
    done = change(api, location, "start")
    assert (done["state"], done["report"]["created"], done["report"]["dry_run"]) == ("done", 2, False)
    assert change(api, location, "start")["report"] == done["report"]
    change(api, location, "check", 409)
    assert len(api.all()) == 2


def test_a_file_is_read_in_another_encoding_without_being_sent_again(api: Api) -> None:
    answer = send(api, "sku,name,price\nA-1,Журнал,1.00\n".encode("windows-1251"), dry_run="true")
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (422, "encoding")
    location = answer.headers["Location"]
    assert look(api, location)["problem"]["code"] == "encoding"
    again = change(api, location, "check", charset="windows-1251")
    assert (again["state"], again["problem"], again["report"]["sample"][0]["values"]["name"]) == (
        "checked",
        None,
        "Журнал",
    )
    change(api, location, "start")
    assert api.names() == ["Журнал"]


def test_what_happens_to_products_that_exist_can_be_chosen_anew(api: Api) -> None:
    api.load(FILE)
    location = send(api, FILE.replace("2.00", "2.50"), dry_run="true").headers["Location"]
    assert look(api, location)["report"]["failed"] == 2
    assert change(api, location, "check", on_conflict="update")["report"]["updated"] == 1
    change(api, location, "start")
    assert [product["price"] for product in api.all()] == ["1.00", "2.50"]


def test_a_cancelled_import_writes_nothing_and_starts_no_more(api: Api) -> None:
    location = send(api, dry_run="true").headers["Location"]
    assert change(api, location, "cancel")["state"] == "interrupted"
    assert change(api, location, "cancel")["state"] == "interrupted"
    assert change(api, location, "start")["state"] == "interrupted"
    change(api, location, "check", 409)
    assert api.all() == []
    done = send(api).headers["Location"]
    assert change(api, done, "cancel")["state"] == "done"


def test_imports_are_listed_with_the_newest_first(api: Api) -> None:
    sent = [send(api, dry_run="true").headers["Location"] for _ in range(3)]
    page = api.read.get("/api/v1/imports?limit=2").json
    rest = api.read.get(page["next"]).json
    assert [f"/api/v1/imports/{each['id']}" for each in page["items"] + rest["items"]] == sent[::-1]
    assert rest["next"] is None
    assert page["items"][0]["report"]["created"] == 2


def test_the_list_counts_faults_and_spares_them(api: Api) -> None:
    send(api, "name,price\nMug,x\n")
    report = api.read.get("/api/v1/imports").json["items"][0]["report"]
    assert (report["errors"], report["errors_omitted"]) == ([], 1)


def test_an_unknown_import_is_not_found(api: Api) -> None:
    assert api.read.get("/api/v1/imports/999999999").status_code == 404
    for what in ("start", "check", "cancel"):
        change(api, "/api/v1/imports/999999999", what, 404)
    assert api.read.get(f"/api/v1/imports/{2**64}").status_code == 404


def test_a_column_that_every_new_product_needs_is_missed_once(api: Api) -> None:
    report = api.load("sku,name\nA-1,Mug\nA-2,Cup\n")
    assert (report["failed"], [fault["code"] for fault in report["errors"]]) == (2, ["lacking_column"])
