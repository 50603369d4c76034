"""Whichever way the planner goes, a search finds the same; and it never takes the database more than its share."""

import csv
import io
from collections.abc import Callable

import pytest
from sqlalchemy.exc import InternalError

from api.test_list import walk
from apps import Api
from bench.catalogue import PAIR, RARE, items
from catalog import words
from catalog.words import Word
from read_product import listing, planner, search

NUMBER = 300
QUERIES = [
    "steel",
    "Steel box",
    "zi",
    "a",
    "2",
    f"{RARE} steel",
    " ".join(PAIR),
    "théière",
    "чайник",
    "锈钢",
    "茶",
    "AQ-00",
    "00.0000",
    "nothing like it",
]
WAYS: dict[str, Callable[..., list[Word]]] = {
    "planned": planner.narrow,
    "never rare": planner.narrow,
    "scanning on": lambda *_: [],
    "looking up one word": lambda _, query_words, *__: query_words[-1:],
    "looking up all words": lambda _, query_words, *__: query_words,
}


@pytest.fixture(scope="module")
def stored() -> dict[str, str]:
    """The words of each product, by its name."""
    return {item.name: words.of_product(item.sku, item.name, item.description) for item in items(NUMBER)}


def load(api: Api) -> None:
    """A small catalogue of many words."""
    out = io.StringIO()
    rows = [(item.sku, item.name, item.description, item.price) for item in items(NUMBER)]
    csv.writer(out).writerows([("sku", "name", "description", "price"), *rows])
    assert api.load(out.getvalue())["created"] == NUMBER


def found_in(stored: dict[str, str], query: str) -> set[str]:
    """Names of the products that the rules of words give for this query."""
    query_words = words.of_search(query)
    return {
        name
        for name, text in stored.items()
        if all(any(all(f" {token}" in text for token in alternative) for alternative in word) for word in query_words)
    }


@pytest.mark.parametrize("way", WAYS)
def test_every_way_finds_what_the_words_say(
    api: Api, stored: dict[str, str], monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(listing, "GLANCE", 10)
    monkeypatch.setattr(listing, "SCAN", 20)
    monkeypatch.setattr(planner, "narrow", WAYS[way])
    if way != "planned":
        monkeypatch.setattr(planner, "rare", lambda *_: [])
    load(api)
    for query in QUERIES:
        for sort in ("id", "-price", "name"):
            found = [item["name"] for item in walk(api, q=query, sort=sort, limit=30)]
            assert len(found) == len(set(found))
            assert set(found) == found_in(stored, query), query


def test_the_index_is_asked_for_rare_words_only(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "GLANCE", 10)
    monkeypatch.setattr(listing, "SCAN", 20)
    looked_up: list[list[Word]] = []
    real = search.lookup

    def lookup(found: list[Word], dialect: str) -> object:
        looked_up.append(found)
        return real(found, dialect)

    monkeypatch.setattr(search, "lookup", lookup)
    load(api)
    api.create(name="One of steel and osmium")
    assert api.names(q="steel osmium") == ["One of steel and osmium"]
    assert looked_up.pop() == words.of_search("osmium")
    assert len(api.names(q="steel", limit=3)) == 3
    assert looked_up == [], "a scan fills the page of a common word"


@pytest.mark.parametrize("number", [188, 3024])
def test_a_search_that_is_too_much_is_503_and_says_so(api: Api, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def exceed(*_: object) -> None:
        raise InternalError("SELECT", {}, RuntimeError(number, "too much"))

    monkeypatch.setattr(listing, "_rows", exceed)
    answer = api.read.get("/api/v1/products?q=steel")
    assert answer.status_code == 503
    assert answer.json["errors"][0]["pointer"] == "q"
    assert "longer words" in answer.json["detail"]
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    "query",
    [
        "a" * 200,
        "the of a in to and for with on by",
        "&" * 200,
        "☕",
        "不锈钢水壶茶杯红色大",
        " ".join("abcdefghij"),
        "1 2 3 4 5 6 7 8 9 0",
    ],
)
def test_whatever_is_typed_has_its_answer(api: Api, query: str) -> None:
    load(api)
    for sort in listing.SORT_NAMES:
        assert api.read.get("/api/v1/products", query_string={"q": query, "sort": sort}).status_code == 200
