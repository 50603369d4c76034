"""Who changed what, and the way back."""

from apps import Api
from pages import Browser, Page


def entries(page: Page) -> list[list[str]]:
    """The texts of the cells of each entry's table, row by row."""
    return [
        [" ".join(cell.get_text().split()) for cell in entry.select("tbody th, tbody td")]
        for entry in page.soup.select(".changes > li")
    ]


def bring_back(browser: Browser, page: Page) -> Page:
    """Sends the form of the page that asks whether to bring a version back."""
    return browser.send(page, page.attribute("main form[method=post]", "action"))


def test_the_history_shows_who_when_and_both_values_newest_first(api: Api, browser: Browser) -> None:
    product = api.create(name="Lamp", price="12.50", description="Warm light")
    product = api.patch(product, {"price": "13.5", "description": "Warm white light"})
    page = browser.get(browser.get(f"/products/{product['id']}").attribute("main a[href$=history]", "href"))
    assert page.title == "History of “Lamp” – Product catalogue"
    assert page.texts(".changes h2") == ["Change version 2", "New product version 1"]
    changed, added = entries(page)
    assert changed == ["Description", "Warm light", "Warm white light", "Price", "€12.50", "€13.50"]
    assert added == ["SKU", "–", "Name", "Lamp", "Description", "Warm light", "Price", "€12.50"]
    assert page.texts("ins") == ["white"]
    assert "someone who was not signed in" in page.texts(".changes .hint")[0]
    french = browser.get(page.response.request.path, headers={"Accept-Language": "fr"})
    assert entries(french)[0][-2:] == ["12,50 €", "13,50 €"]


def test_an_earlier_version_comes_back_as_a_new_one(api: Api, browser: Browser) -> None:
    product = api.create(name="Lamp", sku="L-1", price="1", description="First\n\nsecond")
    for fields in ({"price": "2"}, {"name": "Big lamp", "sku": None}, {"description": None}):
        product = api.patch(product, fields)
    history = f"/products/{product['id']}/history"
    links = browser.get(history).soup.select(".changes .actions a")
    assert [link["href"] for link in links] == [f"{history}/{version}" for version in (3, 2, 1)]
    question = browser.get(f"{history}/2")
    assert question.texts("main tbody th") == ["SKU", "Name", "Description"]
    assert question.texts("main tbody td") == ["–", "L-1", "Big lamp", "Lamp", "–", "First second"]
    assert api.get(product["id"]) == product
    assert bring_back(browser, question).status == 303
    back = api.get(product["id"])
    assert (back["version"], back["name"], back["sku"], back["price"]) == (5, "Lamp", "L-1", "2.00")
    assert back["description"] == "First\n\nsecond"
    # A second click finds what was wanted done.
    assert bring_back(browser, question).status == 303
    assert api.get(product["id"]) == back
    same = browser.get(f"{history}/2")
    assert "nothing would change" in same.text
    assert not same.soup.select("main form[method=post]")


def test_a_price_comes_back_in_french_too(api: Api, browser: Browser) -> None:
    product = api.patch(api.create(price="1299.50"), {"price": "5"})
    browser.client.set_cookie("language", "fr")
    bring_back(browser, browser.get(f"/products/{product['id']}/history/1"))
    assert api.get(product["id"])["price"] == "1299.50"


def test_a_change_in_the_meantime_is_a_conflict_as_in_editing(api: Api, browser: Browser) -> None:
    product = api.patch(api.create(name="Lamp"), {"name": "Big lamp"})
    question = browser.get(f"/products/{product['id']}/history/1")
    api.patch(product, {"name": "Biggest lamp", "price": "9"})
    conflict = bring_back(browser, question)
    assert (conflict.status, conflict.fields()["name"]) == (409, "Lamp")
    assert conflict.texts(".stored .text") == ["Biggest lamp", "9.00"]
    assert bring_back(browser, conflict).status == 303
    assert api.get(product["id"])["name"] == "Lamp"


def test_an_sku_that_another_product_has_now_is_said_on_the_form(api: Api, browser: Browser) -> None:
    product = api.patch(api.create(sku="L-1"), {"sku": "L-2"})
    api.create(sku="l-1")
    form = bring_back(browser, browser.get(f"/products/{product['id']}/history/1"))
    assert (form.status, form.fields()["sku"]) == (409, "L-1")
    assert "already has this SKU" in form.one("#sku-error").get_text()


def test_a_deleted_product_keeps_its_history_and_comes_back_under_its_number(api: Api, browser: Browser) -> None:
    product = api.patch(api.create(name="Lamp & Co", sku="L-1"), {"price": "3"})
    api.delete(product)
    recent = browser.get("/changes")
    link = recent.one(".changes h2 a")
    assert (link.get_text(), recent.texts(".changes h2")[0]) == ("Lamp & Co", "Deletion: Lamp & Co")
    history = browser.get(str(link["href"]))
    assert history.texts("h1") == ["History of “Lamp & Co”"]
    assert not history.soup.select(".changes .actions a")
    restored = browser.send(history, history.attribute("main form[method=post]", "action"))
    assert (restored.status, restored.response.location) == (303, f"/products/{product['id']}")
    assert "“Lamp & Co” is back." in browser.get(restored.response.location).text
    back = api.get(product["id"])
    assert (back["sku"], back["price"], back["version"]) == ("L-1", "3.00", 3)
    # A second click finds what was wanted done.
    assert browser.send(history, f"/products/{product['id']}/restore").status == 303
    assert api.get(product["id"]) == back
    bring_back(browser, browser.get(f"/products/{product['id']}/history/1"))
    assert api.get(product["id"])["price"] == "1.00"


def test_a_deleted_product_whose_sku_is_taken_says_so(api: Api, browser: Browser) -> None:
    product = api.create(name="Lamp", sku="L-1")
    api.delete(product)
    api.create(sku="L-1")
    address = f"/products/{product['id']}"
    page = browser.send(browser.get(f"{address}/history"), f"{address}/restore")
    assert page.status == 409
    assert "already has this SKU" in page.one(".summary").get_text()
    assert page.one("footer [name=next]")["value"] == f"{address}/history"


def test_a_product_that_never_was_has_no_history(api: Api, browser: Browser) -> None:
    product = api.create()
    assert browser.get("/products/999999999999/history").status == 404
    assert browser.get("/products/999999999999/history/1").status == 404
    assert browser.get(f"/products/{product['id']}/history/7").status == 404
    token = browser.get("/products/new").fields()["csrf_token"]
    answer = browser.client.post("/products/999999999999/restore", data={"csrf_token": token})
    assert answer.status_code == 404
    assert browser.client.post(f"/products/{product['id']}/restore").status_code == 403


def test_a_long_history_has_pages(api: Api, browser: Browser) -> None:
    product = api.create()
    for price in range(2, 45):
        product = api.patch(product, {"price": price})
    page = browser.get(f"/products/{product['id']}/history")
    seen = page.texts(".changes h2")
    for _ in range(2):
        page = browser.get(page.attribute("a[rel=next]", "href"))
        seen += page.texts(".changes h2")
    assert [text.rpartition(" ")[2] for text in seen] == [str(version) for version in range(44, 0, -1)]
    assert not page.soup.select("a[rel=next]")
    assert browser.get(page.attribute("a[rel=prev]", "href")).texts(".changes h2") == seen[20:40]
    bring_back(browser, browser.get(f"/products/{product['id']}/history/1"))
    assert api.get(product["id"])["price"] == "1.00"


def test_recent_changes_name_the_products_and_count_those_of_an_import(api: Api, browser: Browser) -> None:
    api.create(name="Lamp", sku="L-1")
    api.load("sku,name,price\nL-1,Big lamp,2\nL-2,Vase,3\n", on_conflict="update")
    page = browser.get(browser.get("/").attribute("footer a[href$=changes]", "href"))
    imported, added = page.soup.select(".changes > li")[:2]
    assert "2 products changed" in imported.get_text()
    assert (added.h2.get_text().strip(), str(added.a["href"]).endswith("/history")) == ("New product: Big lamp", True)
    parts = browser.get(str(imported.select_one("p a")["href"]))
    assert sorted(parts.texts(".changes h2")) == ["Change: Big lamp", "New product: Vase"]
    filtered = browser.get("/changes", query_string={"who": "nobody"})
    assert "There are no such changes." in filtered.text


def test_recent_changes_can_be_asked_for_by_day(api: Api, browser: Browser) -> None:
    api.create(name="Lamp")
    day = browser.get("/changes").attribute(".changes time", "datetime")[:10]
    for asked, found in (
        ({"from": day, "to": day}, True),
        ({"to": "2001-01-31"}, False),
        ({"from": "2999-12-31"}, False),
    ):
        page = browser.get("/changes", query_string=asked)
        assert bool(page.soup.select(".changes")) == found
        for name, value in asked.items():
            assert page.one(f"#{name}")["value"] == value


def test_filters_that_are_none_are_ignored(api: Api, browser: Browser) -> None:
    api.create(name="Lamp")
    page = browser.get("/changes", query_string={"from": "yesterday", "to": "2026-02-31", "import": "x"})
    assert (page.status, bool(page.soup.select(".changes"))) == (200, True)
    assert browser.get("/changes?after=x").status == 400
