"""The history of products: who changed what and when, and what it was before."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, func, select, update
from werkzeug.test import TestResponse

from add_product import idempotency
from add_product.imports import queue
from apps import Api, Apps, etag
from catalog import retention
from catalog.models import Import, Product, ProductChange, db
from serving import access
from serving.access import Principal

PRODUCTS = "/api/v1/products"
CHANGES = "/api/v1/changes"
ANN, BOB = Principal("person", "Ann", "editor"), Principal("token", "warehouse", "editor")
WHOLE = {"sku": "M-1", "name": "Mug", "description": "Blue", "price": "1.00"}


@contextmanager
def acting(who: Principal) -> Iterator[None]:
    """Lets this principal send the requests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(access, "current", lambda: who)
        yield


def changes(api: Api, **query: object) -> list[dict]:
    """The entries of one page."""
    answer = api.read.get(CHANGES, query_string=query)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store"), answer.text
    return answer.json["items"]


def of_product(api: Api, product: dict) -> list[dict]:
    """The entries of a product, oldest first."""
    answer = api.read.get(f"{PRODUCTS}/{product['id']}/changes", query_string={"limit": 100})
    assert answer.status_code == 200, answer.text
    return answer.json["items"][::-1]


def restore(api: Api, product: dict) -> TestResponse:
    """Asks for a deleted product."""
    return api.add.post(f"{PRODUCTS}/{product['id']}/restore")


def entries(apps: Apps) -> int:
    """How many entries the table has."""
    with apps.add.app_context(), db.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(ProductChange)) or 0


def test_each_change_names_who_made_it_when_and_what_it_was_before(api: Api) -> None:
    with acting(ANN):
        product = api.create(**WHOLE)
    with acting(BOB):
        changed = api.patch(product, {"price": "2.00", "name": "Cup", "description": "Blue"})
        answer = api.add.delete(
            f"{PRODUCTS}/{product['id']}", headers={"If-Match": etag(changed), "X-Request-ID": "del-1"}
        )
    assert answer.status_code == 204
    created, edited, deleted = of_product(api, product)
    assert (created["kind"], created["before"], created["after"]) == ("created", None, WHOLE)
    assert (created["actor"], created["version"], created["at"]) == (
        {"kind": "person", "name": "Ann"}, 1, product["created_at"],
    )  # fmt: skip
    assert (edited["kind"], edited["version"], edited["at"]) == ("changed", 2, changed["updated_at"])
    assert (edited["before"], edited["after"]) == ({"name": "Mug", "price": "1.00"}, {"name": "Cup", "price": "2.00"})
    assert edited["actor"] == deleted["actor"] == {"kind": "token", "name": "warehouse"}
    assert (deleted["kind"], deleted["version"], deleted["request_id"]) == ("deleted", 2, "del-1")
    assert (deleted["before"], deleted["after"]) == ({**WHOLE, "name": "Cup", "price": "2.00"}, None)
    assert len({created["request_id"], edited["request_id"], "del-1"}) == 3
    assert {each["product_name"] for each in (edited, deleted)} == {"Cup"}
    assert {(each["product_id"], each["import_id"], each["products"]) for each in (created, edited, deleted)} == {
        (product["id"], None, None)
    }
    assert changes(api) == [deleted, edited, created]


def test_what_changes_nothing_has_no_entry(api: Api, apps: Apps) -> None:
    key = {"Idempotency-Key": "once"}
    first = api.add.post(PRODUCTS, json=WHOLE, headers=key)
    assert api.add.post(PRODUCTS, json=WHOLE, headers=key).json == first.json
    assert api.patch(first.json, {"price": "1.00"}) == first.json
    assert api.add.post(PRODUCTS, json=WHOLE).status_code == 409
    other = {"If-Match": '"0-1"'}
    address = f"{PRODUCTS}/{first.json['id']}"
    assert api.add.patch(address, json={"price": "9"}, headers=other).status_code == 412
    assert api.add.delete(address, headers=other).status_code == 412
    api.load("sku,name,price\nM-1,Mug,9.00\n", on_conflict="skip")
    api.load("sku,name,price\nM-2,Cup,9.00\n", dry_run="true")
    assert [each["kind"] for each in changes(api)] == ["created"]
    assert entries(apps) == 1


def test_an_entry_and_its_change_are_both_written_or_neither(
    api: Api, apps: Apps, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = api.create()

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(idempotency._STORE_RESPONSE, "change", fail)
        assert api.add.post(PRODUCTS, json=WHOLE, headers={"Idempotency-Key": "k"}).status_code == 500
    with monkeypatch.context() as patch:
        patch.setattr(queue, "note", fail)
        api.load("name,price\nCup,1.00\n", status=422)
    assert (entries(apps), len(api.all())) == (1, 1)
    with monkeypatch.context() as patch:
        patch.setattr("catalog.history._ADD.insert", fail)
        assert api.add.post(PRODUCTS, json=WHOLE).status_code == 500
        headers = {"If-Match": "*"}
        assert api.add.patch(f"{PRODUCTS}/{product['id']}", json={"price": "9"}, headers=headers).status_code == 500
        assert api.add.delete(f"{PRODUCTS}/{product['id']}", headers=headers).status_code == 500
    assert api.all() == [product]


def test_an_import_is_one_entry_and_lists_its_products_on_request(api: Api) -> None:
    old = api.create(sku="M-1", name="Mug", description="Blue")
    same = api.create(sku="M-2", name="Cup", price="2.00")
    file = "sku,name,price\nM-1,Mug,3.00\nM-2,Cup,2.00\nM-3,Jug,4.00\nM-4,Pot,x\n"
    with acting(ANN):
        answer = api.add.post(
            f"{PRODUCTS}/import?on_conflict=update", data=file, content_type="text/csv", headers={"X-Request-ID": "imp"}
        )
    assert answer.json["failed"] == 1
    number = int(answer.headers["Location"].rpartition("/")[2])
    entry, *others = changes(api)
    assert [each["kind"] for each in others] == ["created", "created"]
    assert (entry["kind"], entry["import_id"], entry["products"], entry["product_id"]) == ("import", number, 2, None)
    parts = {each["product_name"]: each for each in changes(api, **{"import": number})}
    assert parts.keys() == {"Mug", "Jug"}
    for part in (entry, *parts.values()):
        assert (part["actor"]["name"], part["request_id"], part["import_id"]) == ("Ann", "imp", number)
    assert (parts["Mug"]["kind"], parts["Mug"]["before"], parts["Mug"]["after"]) == (
        "changed", {"price": "1.00"}, {"price": "3.00"},
    )  # fmt: skip
    assert parts["Jug"]["after"] == {"sku": "M-3", "name": "Jug", "description": "", "price": "4.00"}
    assert of_product(api, old)[1:] == [parts["Mug"]]
    assert [each["kind"] for each in of_product(api, same)] == ["created"]
    for product in api.all():
        assert of_product(api, product)[-1]["at"] == product["updated_at"]


def test_each_of_many_new_products_has_its_entry(api: Api) -> None:
    api.load("sku,name,description,price\n" + "".join(f"S-{n},N{n},{'long ' * 300},1.00\n" for n in range(1300)))
    (entry,) = changes(api)
    assert entry["products"] == 1300
    found, page = [], f"{CHANGES}?import={entry['import_id']}&limit=100"
    while page:
        answer = api.read.get(page).json
        found += answer["items"]
        page = answer["next"]
    assert sorted(each["product_id"] for each in found) == [product["id"] for product in api.all()]
    assert {each["after"]["name"] for each in found} == {f"N{number}" for number in range(1300)}


def test_whoever_starts_an_import_made_its_changes(api: Api) -> None:
    with acting(ANN):
        checked = api.add.post(f"{PRODUCTS}/import?dry_run=true", data="name,price\nA,1\n", content_type="text/csv")
    with acting(BOB):
        api.add.post(f"{checked.headers['Location']}/start", headers={"X-Request-ID": "start"})
    assert [(each["actor"], each["request_id"]) for each in changes(api)] == [
        ({"kind": "token", "name": "warehouse"}, "start")
    ]


def test_a_new_product_is_shown_as_it_was_whatever_follows(api: Api) -> None:
    api.load("sku,name,description,price\nA,Alpha,First,1.00\nB,Beta,Second,2.00\n")
    alpha, beta = api.all()
    alpha = api.patch(alpha, {"price": "5.00"})
    alpha = api.patch(alpha, {"name": "Omega", "sku": None})
    api.delete(beta)
    first, *others = of_product(api, alpha)
    assert first["after"] == {"sku": "A", "name": "Alpha", "description": "First", "price": "1.00"}
    assert [(each["before"], each["after"]) for each in others] == [
        ({"price": "1.00"}, {"price": "5.00"}),
        ({"sku": "A", "name": "Alpha"}, {"sku": None, "name": "Omega"}),
    ]
    assert of_product(api, beta)[0]["after"] == of_product(api, beta)[1]["before"]


def test_changes_of_the_version_before_are_not_taken_for_others(api: Api, apps: Apps) -> None:
    product = api.create(**WHOLE)
    with apps.add.app_context(), db.engine.begin() as connection:
        connection.execute(update(Product).values(name="Unseen", version=2))
    assert of_product(api, product)[0]["after"] is None
    api.patch({**product, "version": 2}, {"price": "3.00"})
    created, changed = of_product(api, product)
    assert (created["after"], changed["before"], changed["version"]) == (None, {"price": "1.00"}, 3)
    with apps.add.app_context(), db.engine.begin() as connection:
        connection.execute(delete(ProductChange))
    assert of_product(api, product) == []
    with apps.add.app_context(), db.engine.begin() as connection:
        connection.execute(delete(Product))
    assert restore(api, product).status_code == 404


def test_pages_show_each_entry_once_while_others_are_written(api: Api) -> None:
    product = api.create()
    for price in range(2, 8):
        product = api.patch(product, {"price": f"{price}.00"})
    everything = [each["id"] for each in changes(api)]
    for address in (CHANGES, f"{PRODUCTS}/{product['id']}/changes"):
        found, page = [], f"{address}?limit=2"
        while page:
            answer = api.read.get(page).json
            found += [each["id"] for each in answer["items"]]
            page = answer["next"]
            product = api.patch(product, {"name": f"{product['name']}x"})
        assert found[-len(everything) :] == everything
        assert sorted(found, reverse=True) == found


def test_a_cursor_of_another_list_is_refused(api: Api) -> None:
    product = api.create()
    api.patch(product, {"price": "2"})
    following = api.read.get(f"{CHANGES}?limit=1").json["next"]
    cursor = following.partition("after=")[2]
    for address in (f"{PRODUCTS}/{product['id']}/changes?", f"{CHANGES}?actor=&", f"{PRODUCTS}?"):
        answer = api.read.get(f"{address}after={cursor}")
        assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (400, "after")


def test_filters_find_by_who_product_import_and_time(api: Api) -> None:
    with acting(ANN):
        mug = api.create(**WHOLE)
    with acting(BOB):
        mug = api.patch(mug, {"price": "2.00"})
        report = api.add.post(
            f"{PRODUCTS}/import?on_conflict=update", data="sku,name,price\nM-1,Mug,3\nM-2,Cup,3\n",
            content_type="text/csv",
        )  # fmt: skip
    number = int(report.headers["Location"].rpartition("/")[2])
    api.delete(api.get(mug["id"]))
    deleted, imported, changed, created = changes(api)

    def found(**query: object) -> list[int]:
        return [each["id"] for each in changes(api, **query)]

    assert found(actor="Ann") == [created["id"]]
    assert found(actor="warehouse") == [imported["id"], changed["id"]]
    assert found(actor="Nobody") == found(actor="ann") == []
    assert found(actor_kind="anonymous") == [deleted["id"]]
    assert found(actor="Ann", actor_kind="token") == []
    assert found(since=changed["at"]) == [deleted["id"], imported["id"], changed["id"]]
    assert found(until=changed["at"]) == [created["id"]]
    assert found(since=created["at"].replace("Z", "+00:00"), until=changed["at"], actor="Ann") == [created["id"]]
    whole = changes(api, product=mug["id"])
    assert [each["kind"] for each in whole] == ["deleted", "changed", "changed", "created"]
    assert [each["import_id"] for each in whole] == [None, number, None, None]
    assert found(product=mug["id"], actor="warehouse") == [each["id"] for each in whole[1:3]]
    assert found(product=mug["id"], **{"import": number}) == [whole[1]["id"]]
    assert found(**{"import": number, "actor": "warehouse"}) == found(**{"import": number})
    assert found(**{"import": number, "actor": "Ann"}) == found(**{"import": number + 1}) == []
    assert found(product=2**63 - 1) == found(**{"import": 2**63 - 1}) == []


@pytest.mark.parametrize("moment", ["yesterday", "2026-01-31", "2026-01-31T12:00:00", "2026-02-30T12:00:00Z", ""])
def test_a_moment_that_is_none_is_refused_by_name(api: Api, moment: str) -> None:
    for name in ("since", "until"):
        answer = api.read.get(CHANGES, query_string={name: moment})
        assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (400, name)


def test_a_moment_of_any_year_is_understood(api: Api) -> None:
    (created,) = [api.create()]
    assert [each["product_id"] for each in changes(api, since="0001-01-01T00:00:00+14:00")] == [created["id"]]
    assert [each["product_id"] for each in changes(api, until="9999-12-31t23:59:59.999999999z")] == [created["id"]]
    assert changes(api, until="1000-01-01T00:00:00-05:00") == []


def test_only_what_never_was_has_no_history(api: Api) -> None:
    product = api.create()
    api.delete(product)
    assert [each["kind"] for each in of_product(api, product)] == ["created", "deleted"]
    for number in (product["id"] + 1, 2**63 - 1, 2**70):
        assert api.read.get(f"{PRODUCTS}/{number}/changes").status_code == 404
        assert api.add.post(f"{PRODUCTS}/{number}/restore").status_code == 404


def test_a_deleted_product_comes_back_as_it_was(api: Api) -> None:
    product = api.patch(api.create(**WHOLE), {"price": "2.00"})
    api.delete(product)
    with acting(ANN):
        answer = restore(api, product)
    assert answer.status_code == 201
    back = answer.json
    assert back == {**product, "version": 3, "updated_at": back["updated_at"]} == api.get(product["id"])
    assert (answer.headers["Location"], answer.headers["ETag"]) == (f"{PRODUCTS}/{product['id']}", etag(back))
    assert api.names(q="mug") == ["Mug"]
    *_, deleted, restored = of_product(api, product)
    assert (restored["kind"], restored["version"], restored["before"]) == ("restored", 3, None)
    assert (restored["after"], restored["actor"]["name"]) == (deleted["before"], "Ann")
    again = restore(api, product)
    assert (again.status_code, again.json["errors"][0]["code"]) == (409, "exists")
    api.delete(api.patch(back, {"name": "Cup"}))
    assert (restore(api, product).json["name"], restore(api, product).status_code) == ("Cup", 409)
    assert api.create()["id"] > product["id"]


def test_a_restored_product_takes_no_sku_from_another(api: Api) -> None:
    product = api.create(**WHOLE)
    api.delete(product)
    other = api.create(sku="m-1")
    answer = restore(api, product)
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (409, "/sku")
    assert [each["kind"] for each in of_product(api, product)] == ["created", "deleted"]
    api.delete(other)
    assert restore(api, product).status_code == 201


def age(apps: Apps, days: int, *numbers: int) -> None:
    """Makes entries older, all of them if none is named."""
    with apps.add.app_context(), db.engine.begin() as connection:
        older = update(ProductChange).values(at=datetime.now(UTC) - timedelta(days=days))
        connection.execute(older.where(ProductChange.id.in_(numbers)) if numbers else older)


def test_old_entries_are_deleted_in_small_steps(api: Api, apps: Apps, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "STEP", 3)
    api.load("name,price\n" + "".join(f"Old {number},1.00\n" for number in range(10)))
    kept = api.create()
    age(apps, 401)
    kept = api.patch(kept, {"price": "2.00"})
    api.create()
    assert (retention.delete_old(api.settings, 402), retention.delete_old(api.settings, 400)) == (0, 12)
    assert [each["kind"] for each in changes(api)] == ["created", "changed"]
    assert of_product(api, kept)[0]["before"] == {"price": "1.00"}
    assert retention.delete_old(api.settings, 400) == 0


@pytest.mark.parametrize("days", ["0", "-1", "many", "1.5", "36501"])
def test_days_that_are_none_delete_nothing(api: Api, days: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        retention.main(["--keep-days", days])
    assert "must be a whole number from 1 to 36500" in capsys.readouterr().err


def test_an_import_whose_entry_is_old_shows_none_of_its_products(api: Api, apps: Apps) -> None:
    api.load("name,price\nOld,1.00\n")
    (entry,) = changes(api)
    (product,) = api.all()
    age(apps, 401, entry["id"])
    assert retention.delete_old(api.settings, 400) == 1
    assert changes(api) == changes(api, **{"import": entry["import_id"]}) == of_product(api, product) == []


def test_an_import_stays_as_long_as_the_history_has_its_entry(api: Api, apps: Apps) -> None:
    for file in ("name,price\nOld,1.00\n", "name,price\nFailed,x\n"):
        api.load(file)
    with apps.add.app_context(), db.engine.begin() as connection:
        connection.execute(update(Import).values(created_at=datetime.now(UTC) - timedelta(days=100)))
    with apps.add.app_context():
        queue.sweep()
    (left,) = api.read.get("/api/v1/imports").json["items"]
    assert left["report"]["created"] == 1
    age(apps, 401)
    retention.delete_old(api.settings, 400)
    with apps.add.app_context():
        queue.sweep()
    assert api.read.get("/api/v1/imports").json["items"] == []
