"""What travels: how JSON becomes a checked Struct, and back."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from catalog.wire import ChangedFields, NewProduct, Product, ProductPatch
from serving import bodies
from serving.bodies import Malformed, Rejected

NOW = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
PRODUCT = Product(7, None, "Mug", "", Decimal("0.00"), NOW, NOW, 1)


def faults(body: str, kind: type = NewProduct) -> list[tuple[str, str]]:
    """Pointer and code of each fault."""
    with pytest.raises(Rejected) as rejected:
        bodies.decode(body.encode(), kind)
    return [(error.pointer, error.code) for error in rejected.value.errors]


def test_an_answer_has_a_price_of_zero_and_a_sku_of_none() -> None:
    answer = json.loads(bodies.encode(PRODUCT))
    assert (answer["price"], answer["sku"], answer["created_at"]) == ("0.00", None, "2026-01-02T03:04:05.000006Z")


def test_an_entity_tag_is_of_one_version_of_one_product() -> None:
    assert len({PRODUCT.etag, replace(PRODUCT, version=2).etag, replace(PRODUCT, id=8).etag}) == 3
    assert replace(PRODUCT, id=1, version=11).etag != replace(PRODUCT, id=11, version=1).etag


def test_blanks_and_escapes_in_the_json_make_no_difference() -> None:
    body = b'\n{ "n\\u0061me" : "M\\u0075g" ,\r\n"price":\t12.5 , "sku" : null }\n'
    assert bodies.decode(body, NewProduct) == NewProduct(name="Mug", price=Decimal("12.50"))


@pytest.mark.parametrize(
    ("price", "code"),
    [("1e999", "number"), ("1E3", "number"), ("0.1e1", "number"), ("1" + "0" * 5000, "digits"), ("-1" + "0" * 5000, "negative"),
     ("-0", "negative"), ("12.500", "decimals"), ("0." + "0" * 400 + "1", "decimals"), ('"1e999"', "number"),
     ("true", "type"), ("null", "type"), ("[1]", "type"), ('{"a": 1}', "type")],
)  # fmt: skip
def test_a_price_of_any_size_is_read_from_its_digits_and_refused_by_name(price: str, code: str) -> None:
    assert faults(f'{{"name": "x", "price": {price}}}') == [("/price", code)]


def test_every_fault_is_named_at_once() -> None:
    body = '{"sku": 17, "description": ["x"], "~a/b": 1, "price": "x"}'
    assert faults(body) == [
        ("/sku", "type"), ("/description", "type"), ("/~0a~1b", "unknown"), ("/price", "number"), ("/name", "required"),
    ]  # fmt: skip


def test_a_patch_tells_null_from_left_out() -> None:
    assert bodies.decode(b"{}", ProductPatch) == ProductPatch()
    patch = bodies.decode(b'{"sku": null, "price": 0}', ProductPatch)
    assert (patch.sku, patch.price, patch.name, patch.description) == (None, Decimal("0.00"), UNSET, UNSET)
    assert faults('{"name": null, "price": null}', ProductPatch) == [("/name", "type"), ("/price", "type")]
    assert bodies.decode(b'{"description": null}', ProductPatch).description == ""


@pytest.mark.parametrize("body", ["[]", "null", "5", '"x"', "true", "[{}]"])
def test_json_that_is_no_object_is_refused_as_a_whole(body: str) -> None:
    assert faults(body) == [("", "type")]


@pytest.mark.parametrize(
    "body",
    [b"", b" ", b"{", b'{"name": "x",}', b"{'name': 1}", b'{"price": 1.}', b'{"price": .5}', b'{"price": 01}', b'{"price": NaN}',
     b'{"name": "\\ud83c"}', b'{"name": "\xed\xa0\x80"}', b'{"name": "\xc0\xaf"}', b"{} {}", b'{"price": ' + b"[" * 50_000],
)  # fmt: skip
def test_what_is_no_json_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        bodies.decode(body, NewProduct)


def test_the_history_has_every_field_that_clients_set() -> None:
    assert set(ChangedFields.__struct_fields__) == set(NewProduct.__struct_fields__)
