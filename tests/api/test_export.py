"""Export: whole, exact, harmless in a spreadsheet, and importable again."""

import csv
import io

import pytest

from apps import Api, etag

PATH = "/api/v1/products/export"
NDJSON = "application/x-ndjson"
ODD = [
    {"sku": "0017", "name": '3/4" pipe, long', "description": "line one\nline two\n\n  indented", "price": "0.00"},
    {"sku": "=1+1", "name": "=2+3", "description": "@SUM(A1)", "price": "1.10"},
    {"sku": "-1", "name": "+41", "description": "'=quoted", "price": "1.20"},
    {"sku": "'plain", "name": "''=twice", "description": "-", "price": "1.30"},
    {"sku": None, "name": "＝full width", "description": "", "price": "9999999999.99"},
    {"sku": "é🍃", "name": "شاي 茶 🍃", "description": "tab\tinside", "price": "12.50"},
    {"sku": "N\u00a0B", "name": "a;b|c", "description": "NULL", "price": "2.00"},
    {"sku": "RTL", "name": "שלום", "description": "\u202bשלום a\u202c\n\u200f=1", "price": "3.00"},
    {"sku": "MARK", "name": "x\u200d", "description": "\u200b'=1\ufeff", "price": "4.00"},
    {"sku": "QUOTE", "name": '"x"', "description": '\u200f"שלום"', "price": "5.00"},
]


def fill(api: Api) -> None:
    for product in ODD:
        api.create(**product)


def bare(products: list[dict]) -> list[dict]:
    return [{name: product[name] for name in ("sku", "name", "description", "price")} for product in products]


def empty(api: Api) -> None:
    for product in api.all():
        api.add.delete(f"/api/v1/products/{product['id']}", headers={"If-Match": etag(product)})
    assert api.all() == []


@pytest.mark.parametrize(("kind", "media_type"), [("csv", "text/csv"), ("ndjson", NDJSON)])
def test_an_export_makes_the_same_catalogue_again(api: Api, kind: str, media_type: str) -> None:
    fill(api)
    before = bare(api.all())
    first = api.read.get(f"{PATH}?format={kind}").data
    report = api.load(first, media_type, on_conflict="update")
    assert (report["created"], report["updated"], report["failed"]) == (0, 0, 0)
    empty(api)
    assert api.load(first, media_type)["created"] == len(ODD)
    assert bare(api.all()) == before == ODD
    assert api.read.get(f"{PATH}?format={kind}").data == first


def test_no_cell_runs_as_a_formula(api: Api) -> None:
    fill(api)
    api.create(name="\t=1", sku="tab")
    rows = list(csv.DictReader(io.StringIO(api.read.get(PATH).data.decode("utf-8-sig"))))
    assert len(rows) == len(ODD) + 1
    for row in rows:
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝")) for cell in row.values())
    assert [row["name"] for row in rows][1:4] == ["'=2+3", "'+41", "'''=twice"]


def test_ndjson_and_the_api_stay_exact(api: Api) -> None:
    fill(api)
    import json

    lines = api.read.get(f"{PATH}?format=ndjson").data.decode().splitlines()
    assert [json.loads(line) for line in lines] == ODD == bare(api.all())


def test_an_export_has_every_product_of_a_long_catalogue(api: Api) -> None:
    api.load("sku,name,price\n" + "".join(f"S-{n},Thing {n},1.00\n" for n in range(1234)))
    lines = api.read.get(PATH).data.decode("utf-8-sig").splitlines()
    assert lines[0] == "sku,name,description,price"
    assert lines[1:] == [f"S-{n},Thing {n},,1.00" for n in range(1234)]


@pytest.mark.parametrize("kind", ["csv", "ndjson"])
def test_an_export_of_long_descriptions_comes_in_small_pieces(api: Api, kind: str) -> None:
    described = "🍃" * 10_000
    api.load("sku,name,description,price\n" + "".join(f"S-{n},Thing,{described},1.00\n" for n in range(80)))
    pieces = [len(piece) for piece in api.read.get(f"{PATH}?format={kind}").iter_encoded()]
    assert sum(pieces) > 80 * 40_000
    assert max(pieces) < 2_000_000


def test_an_empty_catalogue_exports_its_headings(api: Api) -> None:
    answer = api.read.get(PATH)
    assert answer.data.decode("utf-8-sig") == "sku,name,description,price\r\n"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="products.csv"'
    assert api.read.get(f"{PATH}?format=ndjson").data == b""
