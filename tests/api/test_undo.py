"""Taking back what an import did: what is as the import left it, and nothing else."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, update
from werkzeug.test import TestResponse

from add_product.imports import queue
from apps import Api, Apps, etag
from catalog.models import Import, db

PATH = "/api/v1/products/import"
COUNTS = ("products", "unrecorded", "deleted", "changed", "restored", "left")
FIELDS = ("id", "sku", "name", "description", "price", "created_at")


def bring(api: Api, *rows: str, **options: str) -> str:
    """Imports these rows, and returns the address of the import."""
    data = "\n".join(("sku,name,description,price", *rows))
    answer = api.add.post(PATH, data=data, content_type="text/csv", query_string={"on_conflict": "update", **options})
    assert answer.status_code == 200, answer.text
    return answer.headers["Location"]


def undo(api: Api, location: str, dry_run: bool = False) -> TestResponse:
    """Asks for the undo of an import."""
    return api.add.post(f"{location}/undo", query_string={"dry_run": str(dry_run).lower()})


def done(api: Api, location: str, dry_run: bool = False) -> dict:
    """The report of the undo of an import."""
    answer = undo(api, location, dry_run)
    assert answer.status_code == 200, answer.text
    return answer.json


def counts(report: dict) -> dict[str, int]:
    """Those counts of a report that are not 0."""
    return {name: report[name] for name in COUNTS if report[name]}


def look(api: Api, location: str) -> dict:
    """The import at read-product."""
    return api.read.get(location).json


def fields(api: Api) -> list[dict]:
    """What people see of each product."""
    return [{name: product[name] for name in FIELDS} for product in api.all()]


def test_new_products_go_changed_ones_are_as_before_and_skipped_ones_stay(api: Api) -> None:
    api.create(sku="OLD-1", name="Mug", description="Blue\nand round", price="5.00")
    api.create(sku="OLD-2", name="Cup", price="3.00")
    api.create(sku="OTHER", name="Vase", price="7.00")
    before = fields(api)
    location = bring(api, "OLD-1,Red mug,Red,6.00", "OLD-2,Cup,,3.00", "NEW-1,Lamp,,9.00", "NEW-2,Desk,Oak,99.00")
    assert (len(api.all()), api.get(before[0]["id"])["name"]) == (5, "Red mug")
    report = done(api, location)
    assert counts(report) == {"products": 3, "deleted": 2, "changed": 1}
    assert (report["done"], report["dry_run"], report["left_alone"]) == (3, False, [])
    assert fields(api) == before
    assert api.names(q="blue mug") == ["Mug"]
    assert api.names(q="lamp") == []


def test_a_preview_says_what_would_happen_and_writes_nothing(api: Api) -> None:
    old = api.create(sku="OLD-1", name="Mug", price="5.00", description="x" * 5000)
    location = bring(api, "OLD-1,Red mug,,6.00", "NEW-1,Lamp,,9.00")
    before = api.all()
    report = done(api, location, dry_run=True)
    assert (report["dry_run"], counts(report)) == (True, {"products": 2, "deleted": 1, "changed": 1})
    sample = {each["name"]: each for each in report["sample"]}
    changed, deleted = sample["Red mug"], sample["Lamp"]
    assert (changed["product_id"], changed["outcome"]) == (old["id"], "changed")
    assert changed["before"] == {"name": "Red mug", "description": "", "price": "6.00"}
    assert (changed["after"]["name"], changed["after"]["price"]) == ("Mug", "5.00")
    assert len(changed["after"]["description"]) == 1000
    assert (deleted["outcome"], deleted["after"]) == ("deleted", None)
    assert deleted["before"] == {"sku": "NEW-1", "name": "Lamp", "description": "", "price": "9.00"}
    assert api.all() == before
    assert look(api, location)["undone_by"] is None


def test_a_preview_is_started_as_a_checked_file_is(api: Api) -> None:
    location = bring(api, "NEW-1,Lamp,,9.00")
    preview = undo(api, location, dry_run=True).headers["Location"]
    again = undo(api, location, dry_run=True).headers["Location"]
    assert (again, look(api, preview)["state"]) == (preview, "checked")
    started = api.add.post(f"{preview}/start")
    assert (started.status_code, started.json["state"], started.json["undo"]["deleted"]) == (200, "done", 1)
    assert api.all() == []
    assert look(api, location)["undone_by"] == started.json["id"]
    assert look(api, preview)["undo_of"] == int(location.rpartition("/")[2])


def test_what_has_changed_since_is_left_alone_and_reported(api: Api) -> None:
    kept, gone, same = (api.create(sku=f"OLD-{n}", name=f"Mug {n}", price="5.00") for n in (1, 2, 3))
    location = bring(api, *(f"OLD-{n},Mug,,6.00" for n in (1, 2, 3)), "NEW-1,Lamp,,9.00", "NEW-2,Desk,,8.00")
    lamp, desk = api.all()[3:]
    api.patch(api.get(kept["id"]), {"description": "by hand"})
    api.delete(gone)
    api.patch(lamp, {"price": "10.00"})
    api.delete(desk)
    report = done(api, location)
    assert counts(report) == {"products": 5, "changed": 1, "left": 4}
    left = {each["product_id"]: (each["name"], each["reason"]) for each in report["left_alone"]}
    assert left == {
        kept["id"]: ("Mug", "changed"),
        gone["id"]: ("", "deleted"),
        lamp["id"]: ("Lamp", "changed"),
        desk["id"]: ("", "deleted"),
    }
    now = {product["id"]: product for product in api.all()}
    assert now.keys() == {kept["id"], same["id"], lamp["id"]}
    assert (now[kept["id"]]["description"], now[kept["id"]]["price"]) == ("by hand", "6.00")
    assert (now[same["id"]]["name"], now[same["id"]]["price"]) == ("Mug 3", "5.00")


def test_a_change_by_hand_that_was_taken_back_by_hand_is_a_change_too(api: Api) -> None:
    product = api.create(sku="OLD-1", price="5.00")
    location = bring(api, "OLD-1,Thing,,6.00")
    for price in ("7.00", "6.00"):
        product = api.patch(api.get(product["id"]), {"price": price})
    assert counts(done(api, location)) == {"products": 1, "left": 1}


def test_an_import_over_another_is_undone_first(api: Api) -> None:
    first = bring(api, "NEW-1,Lamp,,9.00")
    second = bring(api, "NEW-1,Lamp,,10.00")
    assert counts(done(api, first, dry_run=True)) == {"products": 1, "left": 1}
    assert counts(done(api, second)) == {"products": 1, "changed": 1}
    assert api.all()[0]["price"] == "9.00"


def test_an_undo_is_on_record_and_can_be_undone(api: Api) -> None:
    api.create(sku="OLD-1", name="Mug", price="5.00")
    location = bring(api, "OLD-1,Red mug,,6.00", "NEW-1,Lamp,Bright,9.00")
    imported = fields(api)
    undone = undo(api, location).headers["Location"]
    assert counts(done(api, undone)) == {"products": 2, "changed": 1, "restored": 1}
    assert fields(api) == imported
    assert [product["version"] for product in api.all()] == [4, 2]
    assert api.names(q="bright lamp") == ["Lamp"]
    assert look(api, undone)["undone_by"] > int(undone.rpartition("/")[2])


def test_a_product_whose_sku_is_taken_now_stays_away(api: Api) -> None:
    undone = undo(api, bring(api, "NEW-1,Lamp,,9.00", "NEW-2,Desk,,8.00")).headers["Location"]
    other = api.create(sku="new-1", name="Other")
    report = done(api, undone)
    assert counts(report) == {"products": 2, "restored": 1, "left": 1}
    assert [each["reason"] for each in report["left_alone"]] == ["sku_taken"]
    assert sorted(api.names()) == ["Desk", "Other"]
    assert api.get(other["id"]) == other


def test_an_import_is_undone_once(api: Api) -> None:
    location = bring(api, "NEW-1,Lamp,,9.00")
    first = undo(api, location).headers["Location"]
    for dry_run in (True, False):
        again = undo(api, location, dry_run)
        assert (again.status_code, again.json["errors"][0]["code"]) == (409, "undone")
        assert again.headers["Location"] == first


@pytest.mark.parametrize(
    ("dry_run", "code"), [("true", "not_finished"), ("false", "nothing_recorded")], ids=["checked", "nothing written"]
)
def test_what_has_written_nothing_cannot_be_undone(api: Api, dry_run: str, code: str) -> None:
    api.create(sku="A-1", name="Mug", price="1.00")
    answer = undo(api, bring(api, "A-1,Mug,,1.00", dry_run=dry_run))
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (409, code)


def test_an_unknown_import_cannot_be_undone(api: Api) -> None:
    assert undo(api, "/api/v1/imports/999999999").status_code == 404
    assert undo(api, f"/api/v1/imports/{2**64}").status_code == 404


def test_a_large_import_is_undone_in_batches(api: Api) -> None:
    api.fill([{"sku": f"OLD-{n}", "name": f"Mug {n}", "price": "5"} for n in range(700)])
    before = fields(api)
    location = bring(api, *(f"OLD-{n},Cup {n},,6" for n in range(700)), *(f"NEW-{n},Lamp {n},,9" for n in range(900)))
    for product in api.all()[:1100:2]:
        api.patch(product, {"description": "by hand"})
    report = done(api, location)
    assert counts(report) == {"products": 1600, "changed": 350, "deleted": 700, "left": 550}
    assert (len(report["left_alone"]), report["left_omitted"], len(report["sample"])) == (550, 0, 10)
    after = {product["id"]: product for product in fields(api)}
    assert [after[each["id"]] for each in before[1::2]] == before[1::2]
    assert len(after) == 700 + 200


def test_a_product_that_somebody_changes_meanwhile_is_left_alone(api: Api) -> None:
    location = bring(api, "NEW-1,Lamp,,9.00", "NEW-2,Desk,,8.00")
    preview = undo(api, location, dry_run=True).headers["Location"]
    lamp = api.all()[0]
    changed = api.patch(lamp, {"price": "1.00"})
    assert api.add.post(f"{preview}/start").json["undo"]["left"] == 1
    assert api.all() == [changed]
    assert etag(changed) != etag(lamp)


@pytest.mark.parametrize("checked_again", [False, True])
def test_the_undo_of_an_import_that_is_gone_touches_nothing(api: Api, apps: Apps, checked_again: bool) -> None:
    api.patch(api.create(sku="HAND-1", name="Mug"), {"name": "Red mug"})
    api.create(sku="HAND-2", name="Cup")
    location = bring(api, "NEW-1,Lamp,,9.00")
    preview = undo(api, location, dry_run=True).headers["Location"]
    before = api.all()
    with apps.add.app_context(), db.engine.begin() as connection:
        connection.execute(delete(Import).where(Import.id == int(location.rpartition("/")[2])))
    if checked_again:
        assert api.add.post(f"{preview}/check").status_code == 200
    assert counts(api.add.post(f"{preview}/start").json["undo"]) == {}
    assert api.all() == before


def test_an_import_that_has_written_is_not_run_again_under_the_same_entry(api: Api, apps: Apps) -> None:
    """The entry names who ran it, and may have been taken back."""
    location = bring(api, "NEW-1,Lamp,,9.00")
    set_import(apps, location, state="failed", upload="f" * 32)
    assert api.add.post(f"{location}/check").status_code == 409
    set_import(apps, location, state="checked")
    assert api.add.post(f"{location}/start").status_code == 409


def test_an_import_is_kept_for_as_long_as_its_undo_has_not_ended(api: Api, apps: Apps) -> None:
    location = bring(api, "NEW-1,Lamp,,9.00")
    undoing = undo(api, location, dry_run=True).headers["Location"]
    old = datetime.now(UTC) - timedelta(days=1000)
    set_import(apps, location, created_at=old, change_id=None)
    for expected in (200, 404):
        with apps.add.app_context():
            queue.sweep()
        assert api.read.get(location).status_code == expected
        set_import(apps, undoing, state="interrupted")


def set_import(apps: Apps, location: str, **values: object) -> None:
    """Changes columns of an import as only time or a fault would."""
    with apps.add.app_context(), db.engine.begin() as connection:
        connection.execute(update(Import).where(Import.id == int(location.rpartition("/")[2])).values(values))
