"""Adding, reading, changing and deleting products over HTTP."""

from typing import Any

import pytest

from apps import Api, etag

PATH = "/api/v1/products"
CHANGES: list[tuple[str, dict[str, Any]]] = [("PATCH", {"json": {"name": "x"}}), ("DELETE", {})]


def test_an_added_product_is_found_again_with_all_it_was_given(api: Api) -> None:
    answer = api.add.post(PATH, json={"sku": "MUG-1", "name": "  Mug ", "description": "two\r\nlines", "price": "12.5"})
    assert answer.status_code == 201
    product = answer.json
    assert answer.headers["Location"] == f"{PATH}/{product['id']}"
    assert answer.headers["ETag"] == etag(product)
    assert product == {
        "id": product["id"], "sku": "MUG-1", "name": "Mug", "description": "two\nlines", "price": "12.50",
        "created_at": product["created_at"], "updated_at": product["created_at"], "version": 1,
    }  # fmt: skip
    assert product["created_at"].endswith("Z")
    assert api.get(product["id"]) == product


@pytest.mark.parametrize(
    "text",
    [
        "Thé vert « bio »",
        "שלום",
        "مرحبا ABC عالم",
        "茉莉花茶",
        "ชาเขียว",
        "🍃 Tea 茶 𝒯",
        "e\u0301 combined",
        "a\u200db",
        "<b>&amp;</b>",
    ],
)
def test_text_in_any_script_comes_back_unchanged(api: Api, text: str) -> None:
    sku = text.replace("\u200d", "")
    product = api.create(name=text, description=text, sku=sku)
    assert [api.get(product["id"])[field] for field in ("name", "description", "sku")] == [text, text, sku]


def test_emoji_are_stored_found_and_counted_as_characters(api: Api) -> None:
    name = "🍃 Tea 茶 𝒯"
    product = api.create(name=name)
    api.create(name="plain tea")
    assert api.names(q="🍃") == [name]
    assert api.names(q="𝒯 茶") == [name]
    assert set(api.names(sort="name")) == {name, "plain tea"}
    assert name in api.read.get(f"{PATH}/export").text
    assert api.get(product["id"])["name"] == name
    assert api.create(name="🍃" * 200)["name"] == "🍃" * 200
    refused = api.add.post(PATH, json={"name": "🍃" * 201, "price": "1"})
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/name")


def test_the_longest_description_of_four_byte_characters_fits(api: Api) -> None:
    text = "🍃" * 10_000
    assert api.get(api.create(description=text)["id"])["description"] == text
    assert api.names(q="🍃🍃🍃") == ["Thing"]


@pytest.mark.parametrize(
    ("price", "stored"),
    [('"2000"', "2000.00"), ("2000", "2000.00"), ('"2000.00"', "2000.00"), ("12.1", "12.10"), ("0.1", "0.10"),
     ("0", "0.00"), ('"0"', "0.00"), ("9999999999.99", "9999999999.99"), ('"9999999999.99"', "9999999999.99"),
     ("29.99", "29.99"), ("1.15", "1.15"), ("8.20", "8.20")],
)  # fmt: skip
def test_a_price_is_stored_exactly(api: Api, price: str, stored: str) -> None:
    answer = api.add.post(PATH, data=f'{{"name": "x", "price": {price}}}', content_type="application/json")
    assert answer.status_code == 201
    assert answer.json["price"] == stored
    assert api.get(answer.json["id"])["price"] == stored


def test_a_known_version_is_not_sent_again(api: Api) -> None:
    product = api.create()
    url = f"{PATH}/{product['id']}"
    first = api.read.get(url)
    again = api.read.get(url, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    api.patch(product, {"price": "2"})
    assert api.read.get(url, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


@pytest.mark.parametrize(
    ("excepted", "status"),
    [("*", 412), ("{}", 412), ("W/{}", 412), ('"other", {}', 412), ('"other"', 200), ("unquoted", 400)],
)
def test_a_change_is_not_made_of_what_it_excepts(api: Api, excepted: str, status: int) -> None:
    product = api.create(name="Tea")
    url = f"{PATH}/{product['id']}"
    headers = {"If-Match": etag(product), "If-None-Match": excepted.format(etag(product))}
    assert api.add.patch(url, json={"name": "Coffee"}, headers=headers).status_code == status
    assert api.get(product["id"])["name"] == ("Coffee" if status == 200 else "Tea")
    assert api.add.delete(url, headers={"If-Match": "*", "If-None-Match": "*"}).status_code == 412


def test_another_version_than_the_one_asked_for_is_a_problem(api: Api) -> None:
    answer = api.read.get(f"{PATH}/{api.create()['id']}", headers={"If-Match": '"other"'})
    assert (answer.status_code, answer.content_type) == (412, "application/problem+json")
    assert "version" in answer.json["detail"]


def test_head_tells_what_get_would(api: Api) -> None:
    product = api.create()
    for url in (PATH, f"{PATH}/{product['id']}", f"{PATH}/export"):
        head, get = api.read.head(url), api.read.get(url)
        assert (head.status_code, head.data) == (200, b"")
        assert head.headers["Content-Type"] == get.headers["Content-Type"]


def test_a_patch_changes_what_it_names_and_nothing_else(api: Api) -> None:
    product = api.create(sku="P-1", description="long", price="7.50")
    changed = api.patch(product, {"name": "N"})
    assert (
        {**product, "name": "N", "version": 2, "updated_at": changed["updated_at"]} == changed == api.get(product["id"])
    )
    assert api.patch(changed, {}) == changed
    assert api.patch(changed, {"name": "N", "price": "7.5"}) == changed
    unknown = api.add.patch(f"{PATH}/{product['id']}", json={"colour": "red"}, headers={"If-Match": etag(changed)})
    assert unknown.status_code == 422
    assert unknown.json["errors"] == [
        {"pointer": "/colour", "detail": "is not a field; there are: name, price, sku, description", "code": "unknown"}
    ]
    assert api.get(product["id"]) == changed


def test_a_merge_patch_takes_the_sku_away(api: Api) -> None:
    product = api.create(sku="P-1")
    answer = api.add.patch(
        f"{PATH}/{product['id']}",
        data='{"sku": null}',
        content_type="application/merge-patch+json",
        headers={"If-Match": etag(product)},
    )
    assert answer.json["sku"] is None
    assert api.create(sku="P-1")["sku"] == "P-1"


@pytest.mark.parametrize("zero", ["0", 0, "0.00", 0.0])
def test_zero_is_a_price_like_any_other(api: Api, zero: object) -> None:
    product = api.create(price="5.00")
    assert api.patch(product, {"price": zero})["price"] == "0.00"
    assert api.get(product["id"])["price"] == "0.00"


def test_a_change_to_an_outdated_version_is_refused(api: Api) -> None:
    product = api.create()
    url = f"{PATH}/{product['id']}"
    api.patch(product, {"price": "2"})
    for answer in (
        api.add.patch(url, json={"name": "late"}, headers={"If-Match": etag(product)}),
        api.add.delete(url, headers={"If-Match": etag(product)}),
    ):
        assert answer.status_code == 412
    assert api.get(product["id"])["name"] == product["name"]


def test_a_condition_is_demanded_and_must_be_for_this_product(api: Api) -> None:
    product, other = api.create(), api.create()
    url = f"{PATH}/{product['id']}"
    for method, arguments in CHANGES:
        assert api.add.open(url, method=method, **arguments).status_code == 428
        for wrong in (etag(other), '""', f"W/{etag(other)}, {etag(other)}"):
            assert api.add.open(url, method=method, headers={"If-Match": wrong}, **arguments).status_code == 412
    assert api.get(product["id"]) == product


@pytest.mark.parametrize(
    "field",
    ["nonsense", "{tag}", "'{tag}'", '"{tag}', '{tag}"', 'w/"{tag}"', 'W/{tag}', '*, "{tag}"', '"{tag}" "{tag}"', '"{tag}"*', '"{tag}";', "", " ", ",",
     '"{tag}", {tag}', '" {tag}"', '"{tag}"' + ", " * 4000 + "x"],
)  # fmt: skip
def test_a_malformed_condition_is_refused_as_such(api: Api, field: str) -> None:
    product = api.create()
    headers = {"If-Match": field.format(tag=etag(product).strip('"'))}
    for method, arguments in CHANGES:
        answer = api.add.open(f"{PATH}/{product['id']}", method=method, headers=headers, **arguments)
        assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (400, "If-Match")
    assert api.get(product["id"]) == product


def test_a_weak_tag_is_refused_for_what_it_is(api: Api) -> None:
    product = api.create()
    url = f"{PATH}/{product['id']}"
    weak = api.add.delete(url, headers={"If-Match": f"W/{etag(product)}"})
    assert weak.status_code == 412
    assert "weak" in weak.json["detail"]
    assert "changed" not in weak.json["detail"]
    api.patch(product, {"name": "other"})
    outdated = api.add.delete(url, headers={"If-Match": f"W/{etag(product)}"})
    assert (outdated.status_code, "changed" in outdated.json["detail"]) == (412, True)


def test_any_of_several_tags_or_a_star_will_do(api: Api) -> None:
    product = api.create()
    url = f"{PATH}/{product['id']}"
    several = f' ,"1-99" ,, W/"x",{etag(product)},'
    assert api.add.patch(url, json={"name": "a"}, headers={"If-Match": several}).status_code == 200
    assert api.add.patch(url, json={"name": "b"}, headers={"If-Match": "*"}).json["name"] == "b"
    assert api.add.delete(url, headers={"If-Match": "*"}).status_code == 204


def test_a_deleted_product_is_gone_and_its_sku_is_free(api: Api) -> None:
    product = api.create(sku="P-1")
    url = f"{PATH}/{product['id']}"
    deleted = api.add.delete(url, headers={"If-Match": etag(product)})
    assert (deleted.status_code, deleted.data) == (204, b"")
    assert api.read.get(url).status_code == 404
    assert api.add.delete(url, headers={"If-Match": etag(product)}).status_code == 404
    assert api.names(q="Thing") == []
    assert api.create(sku="P-1")["id"] != product["id"]


def test_letter_case_does_not_make_another_sku(api: Api) -> None:
    product = api.create(sku="abc-1")
    clash = api.add.post(PATH, json={"sku": "ABC-1", "name": "x", "price": "1"})
    assert (clash.status_code, clash.json["errors"][0]["pointer"]) == (409, "/sku")
    assert api.patch(product, {"sku": "ABC-1"})["sku"] == "ABC-1"
    other = api.create(sku="other")
    clash = api.add.patch(f"{PATH}/{other['id']}", json={"sku": "aBc-1"}, headers={"If-Match": etag(other)})
    assert (clash.status_code, clash.json["errors"][0]["code"]) == (409, "exists")
    report = api.load("sku,name,price\nAbc-1,Changed,2.00\n", on_conflict="update")
    assert (report["created"], report["updated"]) == (0, 1)
    assert api.get(product["id"])["sku"] == "ABC-1", "a row says which product is meant, not how its SKU is written"


@pytest.mark.parametrize(("one", "two"), [("É-1", "é-1"), ("é", "e\u0301"), ("straße", "STRASSE"), ("ＡＢ", "ａｂ")])
def test_the_rule_holds_beyond_ascii(api: Api, one: str, two: str) -> None:
    api.create(sku=one)
    assert api.add.post(PATH, json={"sku": two, "name": "x", "price": "1"}).status_code == 409


def test_accents_do_make_another_sku(api: Api) -> None:
    api.create(sku="e-1")
    assert api.create(sku="é-1")["sku"] == "é-1"


@pytest.mark.parametrize("sku", ["0017", "0017A", "00000000", "4006381333931"])
def test_a_sku_keeps_its_zeros(api: Api, sku: str) -> None:
    assert api.get(api.create(sku=sku)["id"])["sku"] == sku


def test_products_without_a_sku_do_not_clash(api: Api) -> None:
    assert api.create()["sku"] is None
    assert api.create(sku=None)["sku"] is None


def test_every_answer_carries_the_request_id(api: Api) -> None:
    given = api.read.get(f"{PATH}/1", headers={"X-Request-ID": "abc-123"})
    assert given.headers["X-Request-ID"] == given.json["request_id"] == "abc-123"
    made_up = api.read.get(PATH, headers={"X-Request-ID": "bad id\twith blanks"})
    assert len(made_up.headers["X-Request-ID"]) == 32


def test_a_page_of_another_site_can_make_no_browser_write(api: Api) -> None:
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    product = api.create(name="Cup", price="1")
    for path in ("/api/v1/products/import", "/api/v1/imports/1/undo", f"/api/v1/products/{product['id']}/restore"):
        answer = api.add.post(path, data="name,price\nMug,1\n", content_type="text/plain", headers=elsewhere)
        assert (answer.status_code, answer.mimetype) == (403, "application/problem+json")
    assert api.names() == ["Cup"]
    assert api.read.get("/api/v1/products", headers=elsewhere).status_code == 200
