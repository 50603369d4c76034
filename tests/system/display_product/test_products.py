"""The home page, the list and a product's page."""

from datetime import datetime

import pytest

from apps import Api
from pages import Browser, Page


def names(page: Page) -> list[str]:
    return page.texts(".card h2, .card h3")


def test_an_empty_catalogue_invites_to_add_or_import(api: Api, browser: Browser) -> None:
    for address in ("/", "/products"):
        page = browser.get(address)
        assert page.status == 200
        links = {each["href"] for each in page.soup.select(".invitation a")}
        assert links == {"/products/new", "/import"}


def test_the_home_page_shows_the_newest_products(api: Api, browser: Browser) -> None:
    for number in range(10):
        api.create(name=f"Thing {number}")
    assert names(browser.get("/")) == [f"Thing {number}" for number in range(9, 1, -1)]


def test_a_price_of_zero_is_shown_everywhere(api: Api, browser: Browser) -> None:
    product = api.create(price="0")
    assert browser.get("/products").texts(".price") == ["€0.00"]
    assert browser.get(f"/products/{product['id']}").texts(".price") == ["€0.00"]
    assert browser.get(f"/products/{product['id']}/edit").fields()["price"] == "0.00"


def test_prices_are_written_as_the_language_does(api: Api, browser: Browser) -> None:
    product = api.create(price="1299.5")
    french = {"Accept-Language": "fr-CA,fr;q=0.9"}
    assert browser.get("/products").texts(".price") == ["€1,299.50"]
    assert browser.get("/products", headers=french).texts(".price") == ["1 299,50 €"]
    assert browser.get(f"/products/{product['id']}/edit", headers=french).fields()["price"] == "1299,50"


def test_times_are_there_for_people_and_for_programs(api: Api, browser: Browser) -> None:
    product = api.create()
    browser.client.set_cookie("layout", "table")
    for address, headers in (("/products", {}), (f"/products/{product['id']}", {"Accept-Language": "fr"})):
        time = browser.get(address, headers=headers).one("time")
        changed = datetime.fromisoformat(product["updated_at"])
        assert datetime.fromisoformat(str(time["datetime"])) == changed.replace(microsecond=0)
        assert time.get_text().startswith(f"{changed.day} ")
        assert time.get_text().endswith(f"{changed:%Y, %H:%M}")


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=-5", "limit=101", "limit=abc", "limit=1e2", "limit=1.5", "limit=", "limit=١٠",
        "limit=5&limit=6", "after=xyz", "sort=foo", "trail=a&trail=b", "q=" + "x" * 201, "after=xyz&trail=....",
        "q=%FF", "q=%00", "q=a+b+c+d+e+f+g+h+i+j+k",
    ],
)  # fmt: skip
def test_a_wrong_address_of_the_list_is_a_readable_page(query: str, api: Api, browser: Browser) -> None:
    page = browser.get(f"/products?{query}")
    assert page.status == 400
    assert page.one("main a[href='/products']")


def test_search_and_sort_are_kept_while_paging_and_back_works(api: Api, browser: Browser) -> None:
    api.fill([{"name": f"Chair {n}", "price": f"{n % 7}.50"} for n in range(45)])
    api.fill([{"name": f"Table {n}", "price": "9.00"} for n in range(15)])
    first = browser.get("/products?q=chair&sort=price&limit=20")
    seen, page, pages = [], first, [names(first)]
    while next_link := page.soup.select_one("a[rel=next]"):
        page = browser.get(str(next_link["href"]))
        pages.append(names(page))
        assert page.one("#q")["value"] == "chair"
        assert page.one("#sort option[selected]")["value"] == "price"
    seen = [name for each in pages for name in each]
    assert len(seen) == len(set(seen)) == 45
    assert all(name.startswith("Chair") for name in seen)
    assert "page 3" in page.title

    back = browser.get(page.attribute("a[rel=prev]", "href"))
    assert names(back) == pages[1]
    back = browser.get(back.attribute("a[rel=prev]", "href"))
    assert names(back) == pages[0]
    assert back.soup.select_one("a[rel=prev]") is None

    # A new search or sort starts at the first page: the form does not carry the position.
    sent = {each["name"] for each in page.soup.select("form.find [name]")}
    assert sent == {"q", "sort", "limit"}


def test_nothing_found_says_so_and_leads_back(api: Api, browser: Browser) -> None:
    api.create(name="Lamp")
    page = browser.get("/products?q=nowhere")
    assert page.status == 200
    assert "Nothing found" in page.text
    assert page.one("main .actions a")["href"] == "/products"


def test_the_list_has_one_address(browser: Browser) -> None:
    page = browser.get("/products/?q=a%26b")
    assert page.status == 308
    assert page.response.location == "/products?q=a%26b"


def test_cards_or_table_is_remembered(api: Api, browser: Browser) -> None:
    api.create(name="Lamp", sku=None)
    answer = browser.client.post("/preferences", data={"layout": "table", "next": "/products?q=lamp"})
    assert (answer.status_code, answer.location) == (303, "/products?q=lamp")
    page = browser.get("/products")
    assert page.texts("table.products tbody th") == ["Lamp"]


def test_texts_come_out_exactly_as_typed(api: Api, browser: Browser) -> None:
    name = 'Salt & "Pepper" <mill> &amp;'
    description = "<script>alert(1)</script>\n  indented & 'quoted'\n\n&lt;end"
    page = browser.get("/products/new")
    shown = browser.get(
        browser.send(page, "/products/new", name=name, price="1", description=description).response.location
    )
    assert shown.texts("h1") == [name]
    assert shown.title.startswith(name)
    assert shown.one(".notice").get_text() == f"“{name}” has been added."
    assert shown.one(".description").get_text() == description
    assert names(browser.get("/products")) == [name]
    product = api.all()[0]
    address = f"/products/{product['id']}/edit"
    for _ in range(3):
        assert browser.send(browser.get(address), address).status == 303
    assert api.all() == [product]
    assert (product["name"], product["description"]) == (name, description)


def test_unknown_products_are_a_page(browser: Browser) -> None:
    for address in ("/products/0", "/products/999999", f"/products/{2**63}", "/products/abc", "/products/1/x"):
        page = browser.get(address)
        assert page.status == 404
        assert page.one("main a[href='/products']")


def test_the_whole_catalogue_can_be_downloaded(api: Api, browser: Browser) -> None:
    api.create(name="=1+1", sku="A-1", price="2.00")
    answer = browser.client.get("/export/products.csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="products.csv"'
    assert answer.get_data() == "\ufeffsku,name,description,price\r\nA-1,'=1+1,,2.00\r\n".encode()
    assert b'"name":"=1+1"' in browser.client.get("/export/products.ndjson").get_data()
    assert browser.client.get("/export/products.xls").status_code == 404


@pytest.mark.parametrize("sort", ["price", "-price", "name", "-name"])
def test_equal_prices_and_names_come_once_each(sort: str, api: Api, browser: Browser) -> None:
    things = [(f"Thing {n}" if n % 5 else "Same", "9.99" if n % 4 else f"{n}") for n in range(57)]
    api.fill([{"sku": f"S-{n}", "name": name, "price": price} for n, (name, price) in enumerate(things)])
    seen, page = [], browser.get("/products", query_string={"sort": sort, "limit": 7})
    while True:
        seen += [each["href"] for each in page.soup.select(".card a")]
        next_link = page.soup.select_one("a[rel=next]")
        if next_link is None:
            break
        page = browser.get(str(next_link["href"]))
    assert len(seen) == len(set(seen)) == 57


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("100%", ["Juice 1000", "Juice 100%"]), ("%", []), ("_", []), ("A_B", ["A_B"]), ("TV", ["TV 55"]),
        ("A-315", ["A-315 valve"]), ("tea ice", ["Ice tea"]), ("🍃", ["🍃 Tea 茶"]), ("the", []),
    ],
)  # fmt: skip
def test_signs_and_short_words_are_searched(words: str, found: list[str], api: Api, browser: Browser) -> None:
    for name in ("Juice 100%", "Juice 1000", "A_B", "AXB", "TV 55", "A-315 valve", "Ice tea", "🍃 Tea 茶"):
        api.create(name=name)
    page = browser.get("/products", query_string={"q": words})
    assert names(page) == found
    assert page.one("#q")["value"] == words
    assert page.title.startswith(f"Search for “{words}”")


def test_blanks_are_no_search(api: Api, browser: Browser) -> None:
    api.create(name="Lamp")
    page = browser.get("/products?q=%20%20")
    assert names(page) == ["Lamp"]
    assert page.texts("h1") == ["Products"]


def test_a_long_way_forward_keeps_an_address_that_servers_take(api: Api, browser: Browser) -> None:
    api.fill([{"name": f"Thing {n}", "price": "1"} for n in range(120)])
    page = browser.get("/products?limit=1")
    for _ in range(110):
        next_address = page.attribute("a[rel=next]", "href")
        assert len(next_address) < 6000
        page = browser.get(next_address)
    back = browser.get(page.attribute("a[rel=prev]", "href"))
    assert names(back) == ["Thing 10"]
    assert names(browser.get(back.attribute(".pages a:not([rel])", "href"))) == ["Thing 119"]
