"""The list: pages, sorting and search."""

from urllib.parse import parse_qs, urlsplit

import pytest

from apps import Api, etag
from read_product.listing import SORT_NAMES

PATH = "/api/v1/products"


def walk(api: Api, meanwhile: object = None, **query: object) -> list[dict]:
    """All items of a list, page by page; `meanwhile` is called after the second page."""
    answer = api.read.get(PATH, query_string=query)
    items, pages = list(answer.json["items"]), 1
    while answer.json["next"]:
        assert answer.headers["Link"] == f'<{answer.json["next"]}>; rel="next"'
        if pages == 2 and callable(meanwhile):
            meanwhile()
        answer = api.read.get(answer.json["next"])
        assert answer.status_code == 200
        assert answer.json["items"], "no page before the end is empty"
        items += answer.json["items"]
        pages += 1
    assert "Link" not in answer.headers
    return items


def shop(api: Api) -> None:
    """57 products: 40 at one price, 10 of one name."""
    rows = [f"n{n:02},{'9.99' if n < 40 else f'{n}.00'}" for n in range(47)] + [f"same,{n}.50" for n in range(10)]
    assert api.load("name,price\n" + "\n".join(rows))["created"] == 57


@pytest.mark.parametrize("sort", SORT_NAMES)
def test_every_product_comes_once_whatever_the_sort(api: Api, sort: str) -> None:
    shop(api)
    items = walk(api, sort=sort, limit=7)
    assert len(items) == len({item["id"] for item in items}) == 57
    field = sort.removeprefix("-")
    values = [float(item[field]) if field == "price" else item[field] for item in items]
    assert values == sorted(values, reverse=sort.startswith("-"))


@pytest.mark.parametrize("sort", ["price", "-price", "name", "-name"])
def test_what_stays_comes_once_while_others_come_and_go(api: Api, sort: str) -> None:
    shop(api)
    before = api.all()

    def change() -> None:
        api.create(name="n20", price="9.99")
        gone = next(item for item in before if item["name"] == "n30")
        api.add.delete(f"{PATH}/{gone['id']}", headers={"If-Match": etag(gone)})

    walked = [item["id"] for item in walk(api, change, sort=sort, limit=7)]
    assert len(walked) == len(set(walked))
    assert {item["id"] for item in before if item["name"] != "n30"} <= set(walked)


def test_a_page_that_just_fits_is_the_last(api: Api) -> None:
    for n in range(4):
        api.create(name=f"n{n}")
    assert len(api.read.get(f"{PATH}?limit=2").json["items"]) == 2
    assert len(walk(api, limit=2)) == 4
    assert api.read.get(f"{PATH}?limit=4").json["next"] is None


def test_an_empty_catalogue_is_an_empty_page(api: Api) -> None:
    assert api.read.get(PATH).json == {"items": [], "next": None}


def test_names_sort_without_regard_to_case(api: Api) -> None:
    for name in ("b", "A", "C", "a2"):
        api.create(name=name)
    assert api.names(sort="name") == ["A", "a2", "b", "C"]
    assert [item["name"] for item in walk(api, sort="-name", limit=1)] == ["C", "b", "a2", "A"]


def test_names_that_differ_in_case_only_are_not_lost_between_pages(api: Api) -> None:
    for name in ("tea", "TEA", "Tea", "teA"):
        api.create(name=name)
    assert len(walk(api, sort="name", limit=1)) == len(walk(api, sort="-name", limit=1)) == 4


def test_search_and_sort_stay_while_paging(api: Api) -> None:
    rows = [f"{'chair' if n % 4 else 'table'} {n},{n}.00" for n in range(60)]
    api.load("name,price\n" + "\n".join(rows))
    items = walk(api, q="chair", sort="-price", limit=10)
    assert len(items) == 45
    assert [item["price"] for item in items] == [f"{n}.00" for n in range(59, -1, -1) if n % 4]


def test_a_cursor_leads_through_its_own_list_only(api: Api) -> None:
    api.load("name,price\n" + "".join(f"chair {n},1.00\ntable {n},1.00\n" for n in range(5)))
    next_query = parse_qs(urlsplit(api.read.get(f"{PATH}?q=chair&sort=name&limit=2").json["next"]).query)
    after = next_query["after"][0]
    assert api.names(q="Chair", sort="name", after=after) == ["chair 2", "chair 3", "chair 4"]
    for other in ({"q": "table", "sort": "name"}, {"sort": "name"}, {"q": "chair"}, {"q": "chair", "sort": "-name"}):
        refused = api.read.get(PATH, query_string={**other, "after": after})
        assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (400, "after")


@pytest.mark.parametrize(
    ("query", "found"),
    [("100%", ["Juice 100%", "Juice 1000"]), ("A_B", ["A_B"]), ("AB", ["A_B"]), ("back/slash", ["back\\slash"]),
     ("backslash", ["back\\slash"]), ("slash", ["back\\slash"]), ("its", ["it's"]), ("it\"s", ["it's"]),
     ("3/4", ['3/4" pipe']), ('3/4"', ['3/4" pipe']), ("34", []), ("4", ['3/4" pipe']), ("OR", []), ("juice*", ["Juice 100%", "Juice 1000"]),
     ("-juice", ["Juice 100%", "Juice 1000"]), ("AXB NOT juice", []), ("axb & (", ["AXB"])],
)  # fmt: skip
def test_signs_only_part_words(api: Api, query: str, found: list[str]) -> None:
    for name in ("Juice 100%", "Juice 1000", "A_B", "AXB", "back\\slash", "it's", '3/4" pipe'):
        api.create(name=name)
    assert api.names(q=query) == found


@pytest.mark.parametrize("query", ["%", "_", "\\", "'", '"', "*", "+", "-", "(", "&" * 200, "% _ '"])
def test_signs_alone_find_nothing(api: Api, query: str) -> None:
    api.create(name="Signs", description=query)
    assert api.names(q=query) == []


@pytest.mark.parametrize(
    ("query", "found"),
    [("TV", ["TV 55"]), ("tv", ["TV 55"]), ("A-315", ["A-315 valve"]), ("315", ["A-315 valve"]), ("55", ["TV 55"]),
     ("ice tea", ["Ice tea"]), ("tea ice", ["Ice tea"]), ("  tea \u3000 ICE ", ["Ice tea"]), ("tea tv", []),
     ("a", ["A-315 valve", "Café au lait"]), ("the", []), ("oth", ["Other"]), ("cafe", ["Café au lait"]),
     ("CAFÉ", ["Café au lait"]), ("lait caf", ["Café au lait"]), ("茉莉", ["茉莉花茶 (tea)"]), ("茶", ["茉莉花茶 (tea)"]),
     ("花茶 tea", ["茉莉花茶 (tea)"]), ("ther", []), ("☕", ["☕ to go"]),
     ("𠮷野", ["𠮷野家"]), ("𠮷", ["𠮷野家"]), ("野家", ["𠮷野家"]), ("कि", ["किताब"]), ("कत", [])],
)  # fmt: skip
def test_every_word_is_found_by_its_beginning(api: Api, query: str, found: list[str]) -> None:
    for name in (
        "TV 55",
        "A-315 valve",
        "Ice tea",
        "Café au lait",
        "Other",
        "茉莉花茶 (tea)",
        "☕ to go",
        "𠮷野家",
        "किताब",
    ):
        api.create(name=name, price="1")
    assert api.names(q=query) == found


@pytest.mark.parametrize(
    "spellings",
    [("O’Brien", "o'brien", "O´BRIEN"), ("Pipe 3″", 'pipe 3"', "PIPE 3''"), ("Coca\u2011Cola", "coca-cola", "Coca–Cola"),
     ("Co\u00adop\u200berate", "cooperate", "co\u00adoperate"), ("Œuf", "oeuf", "ŒUF"), ("Ærø", "aero"), ("Łódź", "lodz", "ŁÓDŹ"),
     ("Kahvaltı", "KAHVALTI", "kahvaltı"), ("Straße", "STRASSE"), ("Þór", "thor"), ("شَاي أحمر", "شاي احمر", "شـاي احمَر"),
     ("שָׁלוֹם", "שלום"), ("1½", "1 1/2"), ("10×15", "10x15")],
)  # fmt: skip
def test_a_word_is_found_in_each_of_its_spellings(api: Api, spellings: tuple[str, ...]) -> None:
    api.create(name="Other")
    for name in spellings:
        product = api.create(name=name)
        for query in spellings:
            assert api.names(q=query) == [name]
        api.add.delete(f"{PATH}/{product['id']}", headers={"If-Match": etag(product)})


@pytest.mark.parametrize(
    ("sku", "query"),
    [("NOR.0707-60", "nor070760"), ("nor070760", "NOR.0707-60"), ("NOR070760", "nor 0707/60"), ("A-1", "a1"), ("a1", "A-1"),
     ("AB/2024/0017", "2024-0017"), ("#77 x", "77x"), ("É.1", "e1"), ("茶-1", "茶1")],
)  # fmt: skip
def test_a_sku_is_found_whatever_its_signs(api: Api, sku: str, query: str) -> None:
    api.create(name="Found", sku=sku)
    api.create(name="Other", sku="NOR.0808-60")
    assert api.names(q=query) == api.names(q=f"{query} found") == ["Found"]


def test_signs_aside_a_sku_matches_only_itself(api: Api) -> None:
    api.create(name="34 pipes", sku="12349")
    assert api.names(q="3/4") == api.names(q="1.234.9 nothing") == api.names(q="2349") == []


def test_a_blank_search_is_no_search(api: Api) -> None:
    api.create(name="one")
    assert api.names(q="  ") == api.names(q="") == api.names() == ["one"]


def test_words_may_stand_in_different_fields(api: Api) -> None:
    api.create(name="Valve", description="Made of brass,\nwith thread", sku="V-77")
    assert api.names(q="brass valve v-77 thread") == ["Valve"]
    assert api.names(q="brass valve v-78") == []


def test_a_search_follows_every_change(api: Api) -> None:
    product = api.patch(api.create(name="old word"), {"name": "new word"})
    assert (api.names(q="old"), api.names(q="new")) == ([], ["new word"])
    product = api.patch(product, {"description": "special"})
    assert api.names(q="special new") == ["new word"]
    api.load("name,price,sku\nimported brass,1.00,B-1\n")
    api.load("name,price,sku\nimported steel,1.00,B-1\n", on_conflict="update")
    assert (api.names(q="brass"), api.names(q="steel")) == ([], ["imported steel"])


@pytest.mark.parametrize(
    "longest", ["0" * 200, "ab-" * 65 + "c", " ".join("ﷺ" * 65 + str(n) for n in range(3)), "x" * 190 + " y z"]
)
def test_the_longest_searches_find_what_holds_them(api: Api, longest: str) -> None:
    api.create(name="Found", description=longest)
    api.create(name="Not found", description=longest[:40])
    assert api.names(q=longest) == ["Found"]
