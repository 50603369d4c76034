"""Bad input gets the right 4xx with a pointer to the fault, and nothing is written."""

import base64
import gzip
import re

import pytest

from apps import Api, etag
from read_product import cursor

PATH = "/api/v1/products"
PROBLEM = "application/problem+json"

INVALID = [
    ({"price": "1"}, "/name", "required"),
    ({"name": "x"}, "/price", "required"),
    ({"name": "", "price": "1"}, "/name", "blank"),
    ({"name": " \u00a0\u3000\t", "price": "1"}, "/name", "blank"),
    ({"name": "\u200b\u200d", "price": "1"}, "/name", "blank"),
    ({"name": "x" * 201, "price": "1"}, "/name", "too_long"),
    ({"name": 5, "price": "1"}, "/name", "type"),
    ({"name": None, "price": "1"}, "/name", "type"),
    ({"name": ["x"], "price": "1"}, "/name", "type"),
    ({"name": "a\x00b", "price": "1"}, "/name", "control_character"),
    ({"name": "a\nb", "price": "1"}, "/name", "control_character"),
    ({"name": "a\u2028b", "price": "1"}, "/name", "control_character"),
    ({"name": "a\x7fb", "price": "1"}, "/name", "control_character"),
    ({"name": "x", "price": "1", "description": "a\x00b"}, "/description", "control_character"),
    ({"name": "x", "price": "1", "description": "d" * 10_001}, "/description", "too_long"),
    ({"name": "x", "price": "1", "sku": 17}, "/sku", "type"),
    ({"name": "x", "price": "1", "sku": ""}, "/sku", "blank"),
    ({"name": "x", "price": "1", "sku": "s" * 65}, "/sku", "too_long"),
    ({"name": "x", "price": "1", "colour": "red"}, "/colour", "unknown"),
    ({"name": "x", "price": "1", "id": 5}, "/id", "unknown"),
    ({"name": "x", "price": "1", "a/b~c": 1}, "/a~1b~0c", "unknown"),
    ({"name": "x", "price": -1}, "/price", "negative"),
    ({"name": "x", "price": "-1"}, "/price", "negative"),
    ({"name": "x", "price": "-0.01"}, "/price", "negative"),
    ({"name": "x", "price": "1.005"}, "/price", "decimals"),
    ({"name": "x", "price": 1.005}, "/price", "decimals"),
    ({"name": "x", "price": "12.500"}, "/price", "decimals"),
    ({"name": "x", "price": "12345678901"}, "/price", "digits"),
    ({"name": "x", "price": 1234567890123}, "/price", "digits"),
    ({"name": "x", "price": True}, "/price", "type"),
    ({"name": "x", "price": None}, "/price", "type"),
    ({"name": "x", "price": {"amount": 1}}, "/price", "type"),
    *(
        ({"name": "x", "price": text}, "/price", "number")
        for text in (
            "1E3",
            "1e3",
            "NaN",
            "Infinity",
            "-Infinity",
            "",
            " ",
            "abc",
            "1,5",
            "1_000",
            "٢",
            "+1",
            "1.",
            ".5",
            " 1",
        )
    ),
]


@pytest.mark.parametrize(("body", "pointer", "code"), INVALID)
def test_an_invalid_field_is_named_and_nothing_is_written(api: Api, body: dict, pointer: str, code: str) -> None:
    answer = api.add.post(PATH, json=body)
    assert (answer.status_code, answer.content_type) == (422, PROBLEM)
    assert [(error["pointer"], error["code"]) for error in answer.json["errors"]] == [(pointer, code)]
    assert answer.json["request_id"]
    assert api.all() == []


@pytest.mark.parametrize("body", [body for body, _, code in INVALID if code != "required"])
def test_a_patch_is_held_to_the_same_rules(api: Api, body: dict) -> None:
    product = api.create()
    answer = api.add.patch(f"{PATH}/{product['id']}", json=body, headers={"If-Match": etag(product)})
    assert answer.status_code == 422
    assert api.get(product["id"]) == product


@pytest.mark.parametrize(
    ("body", "pointer"),
    [('{"name": "x", "price": "1.00", "price": "2.00"}', "/price"), ('{"name": "x", "price": 1, "n\\u0061me": "y"}', "/name"),
     ('{"name": "a:b", "price": 1, "sku": null, "sku": "S"}', "/sku"), ('{"name": "x", "price": 1, "price": 1}', "/price")],
)  # fmt: skip
def test_a_member_that_is_there_twice_is_refused(api: Api, body: str, pointer: str) -> None:
    product = api.create()
    path = f"{PATH}/{product['id']}"
    for answer in (
        api.add.post(PATH, data=body, content_type="application/json"),
        api.add.patch(path, data=body, content_type="application/merge-patch+json", headers={"If-Match": "*"}),
    ):
        assert answer.status_code == 422
        assert [(error["pointer"], error["code"]) for error in answer.json["errors"]] == [(pointer, "repeated_member")]
    report = api.load(body + "\n", "application/x-ndjson")
    assert [(error["field"], error["code"]) for error in report["errors"]] == [(pointer[1:], "repeated_member")]
    assert api.all() == [product]


def test_null_clears_what_may_be_empty(api: Api) -> None:
    product = api.create(sku="S", description="d")
    changed = api.patch(product, {"description": None, "sku": None})
    assert (changed["description"], changed["sku"]) == ("", None)
    assert api.create(description=None, sku=None)["description"] == ""
    api.patch(changed, {"sku": "S", "description": "d"})
    assert api.load('{"sku": "S", "description": null}\n', "application/x-ndjson", on_conflict="update")["updated"] == 1
    assert api.get(product["id"])["description"] == ""


def test_the_faults_of_an_object_are_bounded_in_number_and_length(api: Api) -> None:
    many = "{" + ",".join(f'"k{number}": 1' for number in range(15_000)) + "}"
    long = '{"%s": 1}' % ("k" * 250_000)
    answer = api.add.post(PATH, data=many, content_type="application/json")
    assert (answer.status_code, len(answer.data) < 5000) == (422, True)
    report = api.load(f"{many}\n{long}\n" * 30, "application/x-ndjson")
    assert (report["failed"], len(report["errors"])) == (60, 30 * 21)
    assert max(len(error["field"]) for error in report["errors"]) == 80


def test_all_faults_come_in_one_answer(api: Api) -> None:
    answer = api.add.post(PATH, json={"name": "", "price": "x", "sku": 5, "more": 1})
    assert {error["pointer"] for error in answer.json["errors"]} == {"/name", "/price", "/sku", "/more"}


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"nonsense", b'{"name": "x", "price": 1', b'{"name": "\xff\xfe", "price": 1}', b'{"name": "\xc3", "price": 1}',
     b'{"name": "\\ud800", "price": 1}', b'{"name": "x", "price": NaN}', b'{"name": "x", "price": Infinity}',
     b'{"name": "x", "price": 01}', b'\xef\xbb\xbf{"name": "x", "price": 1}', b'{"name": "x", "price": 1} {}',
     b'{"name":' * 30_000],
)  # fmt: skip
def test_what_is_no_json_in_utf_8_is_malformed(api: Api, body: bytes) -> None:
    answer = api.add.post(PATH, data=body, content_type="application/json")
    assert (answer.status_code, answer.content_type) == (400, PROBLEM)
    assert api.all() == []


@pytest.mark.parametrize("price", ["1e3", "1E3", "1e-1", "0.10000000000000001", "12.500"])
def test_a_json_number_is_read_from_its_digits(api: Api, price: str) -> None:
    answer = api.add.post(PATH, data=f'{{"name": "x", "price": {price}}}', content_type="application/json")
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/price")


@pytest.mark.parametrize("body", ["[]", "null", "5", '"text"', "[{}]"])
def test_a_body_must_be_an_object(api: Api, body: str) -> None:
    answer = api.add.post(PATH, data=body, content_type="application/json")
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None])
def test_another_content_type_is_refused(api: Api, kind: str | None) -> None:
    answer = api.add.post(PATH, data=b'{"name": "x", "price": "1"}', content_type=kind)
    assert (answer.status_code, answer.content_type) == (415, PROBLEM)


@pytest.mark.parametrize("path", [PATH, f"{PATH}/import"])
@pytest.mark.parametrize("coding", ["gzip", "br", "gzip, identity", "x-unknown"])
def test_a_content_coding_is_refused_by_name(api: Api, path: str, coding: str) -> None:
    kind = "text/csv" if path != PATH else "application/json"
    answer = api.add.post(path, data=gzip.compress(b"{}"), content_type=kind, headers={"Content-Encoding": coding})
    assert (answer.status_code, answer.content_type) == (415, PROBLEM)
    assert answer.headers["Accept-Encoding"] == "identity"
    assert "Content-Encoding" in answer.json["detail"]


def test_a_content_coding_that_changes_nothing_is_taken(api: Api) -> None:
    fields = {"name": "x", "price": "1"}
    assert api.add.post(PATH, json=fields, headers={"Content-Encoding": "identity"}).status_code == 201
    assert api.read.get(PATH, headers={"Content-Encoding": "gzip"}).status_code == 200


def test_a_body_of_two_megabytes_is_refused(api: Api) -> None:
    body = b'{"name": "x", "price": "1", "description": "' + b"d" * 2_000_000 + b'"}'
    assert api.add.post(PATH, data=body, content_type="application/json").status_code == 413
    assert api.all() == []


@pytest.mark.parametrize(
    "product_id", ["0", "-1", "9223372036854775808", "99999999999999999999999", "abc", "1.5", "1e2", "%00"]
)
def test_what_is_no_id_is_not_found(api: Api, product_id: str) -> None:
    api.create()
    url = f"{PATH}/{product_id}"
    for answer in (
        api.read.get(url),
        api.add.patch(url, json={"name": "x"}, headers={"If-Match": "*"}),
        api.add.delete(url, headers={"If-Match": "*"}),
    ):
        assert (answer.status_code, answer.content_type) == (404, PROBLEM)


def test_an_unused_id_is_not_found(api: Api) -> None:
    for product_id in (1, 2**63 - 1):
        answer = api.read.get(f"{PATH}/{product_id}")
        assert (answer.status_code, answer.json["detail"]) == (404, "There is no such product.")


def test_an_unknown_address_and_method_say_so(api: Api) -> None:
    assert api.read.get("/nothing").status_code == 404
    wrong = api.read.post(PATH, json={})
    assert (wrong.status_code, wrong.content_type) == (405, PROBLEM)
    assert "GET" in wrong.headers["Allow"]
    assert "POST" in api.add.get(PATH).headers["Allow"]


@pytest.mark.parametrize(
    "query",
    [f"limit={text}" for text in ("0", "-5", "101", "abc", "x", "1e2", "1.5", "", "١٠", "%2010", "+5", "1%00", "9" * 50)]
    + ["limit=5&limit=6", "after=xyz", "after=", "after=%F0%9F%8D%83", "sort=foo", "sort=", "sort=--id", "sort=name,id",
       "q=a&q=b", "q=" + "x" * 201, "q=" + "+".join(f"w{n}" for n in range(11)), "q=%00", "page=2"],
)  # fmt: skip
def test_a_parameter_out_of_range_is_named(api: Api, query: str) -> None:
    answer = api.read.get(f"{PATH}?{query}")
    assert (answer.status_code, answer.content_type) == (400, PROBLEM)
    assert [error["pointer"] for error in answer.json["errors"]] == [query.partition("=")[0]]


def test_a_query_that_is_not_utf_8_is_refused(api: Api) -> None:
    answer = api.read.get(f"{PATH}?q=%ff")
    assert (answer.status_code, answer.json["detail"]) == (400, "The query is not in UTF-8.")


@pytest.mark.parametrize(
    ("sort", "value", "product_id"),
    [
        ("id", "99999999999999999999999", 1),
        ("id", "1", 2**63),
        ("id", "1", 0),
        ("id", "x", 1),
        ("price", "NaN", 1),
        ("price", "1e999999", 1),
        ("created_at", "0001-01-01T00:00:00+14:00", 1),
        ("created_at", "yesterday", 1),
    ],
)
def test_a_forged_cursor_is_refused(api: Api, sort: str, value: str, product_id: int) -> None:
    after = cursor.write(sort, [], value, product_id)
    answer = api.read.get(PATH, query_string={"sort": sort, "after": after})
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (400, "after")


@pytest.mark.parametrize("forged", ['["id","1",1]', '["id"]', '{"sort":"id"}', "[]", "null"])
def test_a_cursor_without_its_parts_is_refused(api: Api, forged: str) -> None:
    after = base64.urlsafe_b64encode(forged.encode()).rstrip(b"=")
    answer = api.read.get(PATH, query_string={"after": after})
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (400, "after")


def test_no_page_is_longer_than_a_hundred(api: Api) -> None:
    api.load("name,price\n" + "".join(f"n{n},1.00\n" for n in range(105)))
    assert len(api.names(limit=100)) == 100
    assert len(api.names()) == 20


@pytest.mark.parametrize("key", ["", "x" * 256, "with blank", "é"])
def test_a_useless_idempotency_key_is_refused(api: Api, key: str) -> None:
    answer = api.add.post(PATH, json={"name": "x", "price": "1"}, headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (400, "Idempotency-Key")
    assert api.all() == []


@pytest.mark.parametrize(
    ("query", "name"), [("dry_run=maybe", "dry_run"), ("on_conflict=merge", "on_conflict"), ("dryrun=true", "dryrun"),
                        ("dry_run=true&dry_run=false", "dry_run")],
)  # fmt: skip
def test_a_wrong_import_option_writes_nothing(api: Api, query: str, name: str) -> None:
    answer = api.add.post(f"{PATH}/import?{query}", data=b"name,price\na,1.00\n", content_type="text/csv")
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (400, name)
    assert api.all() == []


@pytest.mark.parametrize("query", ["format=xlsx", "format=", "format=csv&format=csv"])
def test_an_unclear_export_format_is_refused(api: Api, query: str) -> None:
    answer = api.read.get(f"{PATH}/export?{query}")
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (400, "format")


def test_no_address_takes_a_parameter_that_it_does_not_know(api: Api) -> None:
    product = api.create()
    tried = 0
    for client in (api.add, api.read):
        for path, methods in client.get("/api/v1/openapi.json").json["paths"].items():
            for method in methods if path.startswith("/api/") else ():
                url = re.sub("{.*?}", str(product["id"]), path)
                answer = client.open(f"{url}?foo=1", method=method.upper(), headers={"If-Match": "*"})
                assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (400, "foo"), (method, url)
                tried += 1
    assert tried >= 7
    assert api.all() == [product]


def test_a_probe_may_carry_what_it_likes(api: Api) -> None:
    assert api.read.get("/livez?verbose").status_code == api.add.get("/readyz?a=1&a=2").status_code == 200
