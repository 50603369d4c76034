"""What people do, from the first click to the last: with JavaScript, without, and under a path of an HTTPS host.

With CATALOG_TEST_PAGES_URL the journeys try the pages at that address instead; see browser/site.py. They find what they
made by a word of their own, so it does not matter what else is in the catalogue.
"""

import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Playwright, expect

from browser.gallery import sign_in
from browser.site import REMOTE_CA, REMOTE_CONNECT, REMOTE_NAME, REMOTE_PASSWORD, REMOTE_URL, Site, launch, reaching

pytestmark = pytest.mark.browser

LOCAL = {"script": ("site", True), "no script": ("site", False), "under a path": ("shop", True)}
# Another address cannot change what scripts do or leave undone.
REMOTE = {"script": ("remote", True)}
VARIANTS = REMOTE if REMOTE_URL else LOCAL

# For journeys in which addresses play no part: a path and HTTPS cannot change them.
anywhere = pytest.mark.parametrize("script", [name for name in VARIANTS if name != "under a path"], indirect=True)


@pytest.fixture(scope="module")
def remote(playwright: Playwright) -> Iterator[Site]:
    """The pages at the address that the environment names."""
    browser = launch(playwright, *reaching(REMOTE_URL, REMOTE_CONNECT, REMOTE_CA))
    yield Site(REMOTE_URL, browser)
    browser.close()


@pytest.fixture(params=VARIANTS)
def script(request: pytest.FixtureRequest) -> bool:
    """Whether the person's browser runs scripts."""
    return VARIANTS[request.param][1]


@pytest.fixture
def place(request: pytest.FixtureRequest, script: bool) -> Site:
    """The pages of this variant."""
    return request.getfixturevalue(VARIANTS[request.node.callspec.params["script"]][0])


@pytest.fixture
def page(place: Site, script: bool) -> Iterator[Page]:
    """A person's browser, at the home page."""
    with place.visit(java_script_enabled=script) as found:
        if REMOTE_URL and REMOTE_NAME:
            sign_in(found, REMOTE_NAME, REMOTE_PASSWORD)
        found.goto("")
        yield found


@pytest.fixture
def word() -> str:
    """A word that no other product has."""
    return f"w{uuid.uuid4().hex[:10]}"


def follow(page: Page, name: str) -> None:
    """Clicks a link."""
    page.get_by_role("link", name=name, exact=True).first.click()


def press(page: Page, name: str) -> None:
    """Clicks a button."""
    page.get_by_role("button", name=name, exact=True).click()


def heading(page: Page, text: str | re.Pattern[str]) -> None:
    """Waits for the page with this heading."""
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def add(page: Page, name: str, price: str = "5", **more: str) -> str:
    """Adds a product by the form, and returns its address."""
    follow(page, "Add")
    fill(page, name=name, price=price, **more)
    press(page, "Add the product")
    heading(page, name)
    return page.url


def fill(page: Page, **values: str) -> None:
    """Types into the product's form."""
    for field, value in values.items():
        page.locator(f"#{field}").fill(value)


def choose(page: Page, content: str, name: str = "products.csv") -> None:
    """Gives the import page a file."""
    follow(page, "Import")
    page.locator("#file").set_input_files({"name": name, "mimeType": "text/csv", "buffer": content.encode()})


def bring(page: Page, names: list[str]) -> None:
    """Imports products of these names; each costs as much as its place in the list."""
    choose(page, "name,price\n" + "".join(f"{name},{price}\n" for price, name in enumerate(names, 1)))
    press(page, "Check the file")
    press(page, "Import")
    heading(page, "The import is done")
    expect(counts(page).first).to_have_text(str(len(names)))


def counts(page: Page) -> Locator:
    """New, changed, left alone, errors."""
    return page.locator(".counts dd")


def search(page: Page, words: str) -> None:
    """Searches from whatever page has a search."""
    page.get_by_role("searchbox").fill(words)
    page.get_by_role("searchbox").press("Enter")
    heading(page, f"Search for “{words}”")


def names(page: Page) -> list[str]:
    """What the list shows."""
    return page.locator(".card h2, .card h3, table.products tbody th").all_inner_texts()


def test_what_was_added_is_found_from_the_home_page(page: Page, word: str) -> None:
    add(page, f"Lamp {word}", "12,50", sku=f"L-{word}", description="Warm light\nin two lines")
    expect(page.get_by_role("status")).to_have_text(f"“Lamp {word}” has been added.")
    expect(page.get_by_role("status")).to_be_focused()
    expect(page.locator(".price")).to_have_text("€12.50")
    follow(page, "Product catalogue")
    heading(page, "What are you looking for?")
    expect(page.locator(".card").first).to_contain_text(word)
    search(page, f"lamp {word}")
    assert names(page) == [f"Lamp {word}"]
    page.locator(".card").click()
    heading(page, f"Lamp {word}")
    assert page.locator(".description").inner_text() == "Warm light\nin two lines"


def test_search_sort_and_page_size_stay_while_paging(page: Page, word: str) -> None:
    made = [f"Chair no{number:02} {word}" for number in range(45)]
    bring(page, made)
    follow(page, "Products")
    search(page, word)
    page.get_by_label("Sort by").select_option("price")
    press(page, "Show")
    expect(page).to_have_url(re.compile("sort=price"))
    seen = names(page)
    for number in (2, 3):
        follow(page, "Next →")
        expect(page).to_have_title(re.compile(f"page {number} "))
        seen += names(page)
    assert seen == made
    assert page.get_by_role("link", name="Next →").count() == 0
    follow(page, "← Previous")
    expect(page).to_have_title(re.compile("page 2 "))
    assert names(page) == made[20:40]
    address = page.url
    page.goto(address)
    assert names(page) == made[20:40]
    page.get_by_label("Sort by").select_option("-price")
    page.get_by_label("Per page").select_option("50")
    press(page, "Show")
    expect(page).to_have_url(re.compile("limit=50"))
    assert names(page) == made[::-1]
    search(page, f"{word} no07")
    assert names(page) == [made[7]]


def test_cards_or_table_language_and_colours_are_remembered(page: Page, word: str) -> None:
    add(page, f"Lamp {word}")
    follow(page, "Products")
    press(page, "Table")
    expect(page.locator("table.products")).to_be_visible()
    press(page, "Dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    dark = background(page)
    press(page, "Français")
    heading(page, "Produits")
    other = page.context.new_page()
    other.goto("products")
    heading(other, "Produits")
    expect(other.locator("html")).to_have_attribute("lang", "fr")
    expect(other.locator("table.products")).to_be_visible()
    assert background(other) == dark
    press(other, "Clair")
    press(other, "English")
    heading(other, "Products")
    assert background(other) != dark
    expect(other.get_by_role("button", name="Light")).to_have_attribute("aria-pressed", "true")


def test_the_switch_keeps_what_was_typed(page: Page, word: str) -> None:
    follow(page, "Add")
    fill(page, name=f"Vase {word}", price="1,299", description="First\n\nsecond")
    press(page, "Français")
    heading(page, "Ajouter un produit")
    expect(page.locator("#name")).to_have_value(f"Vase {word}")
    press(page, "Ajouter le produit")
    expect(page.locator(".summary")).to_be_focused()
    press(page, "Sombre")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("#price-error")).to_contain_text("milliers ou des décimales")
    expect(page.locator("#description")).to_have_value("First\n\nsecond")
    fill(page, price="1299")
    press(page, "Ajouter le produit")
    heading(page, f"Vase {word}")


def background(page: Page) -> str:
    return page.evaluate("getComputedStyle(document.documentElement).backgroundColor")


@anywhere
def test_the_summary_of_errors_takes_the_focus_and_leads_to_the_fields(page: Page, word: str) -> None:
    follow(page, "Add")
    description = "First line\n\n  third & <last>"
    fill(page, name=f"Vase {word}", price="abc", description=description)
    press(page, "Add the product")
    expect(page).to_have_title(re.compile("^Error: "))
    expect(page.locator(".summary")).to_be_focused()
    expect(page.locator("#name")).to_have_value(f"Vase {word}")
    expect(page.locator("#description")).to_have_value(description)
    price = page.locator("#price")
    expect(price).to_have_value("abc")
    expect(price).to_have_attribute("aria-invalid", "true")
    expect(price).to_have_accessible_description(re.compile("Write the price in digits"))
    page.locator(".summary a").click()
    expect(price).to_be_focused()
    price.fill("3")
    press(page, "Add the product")
    heading(page, f"Vase {word}")


@anywhere
def test_a_double_click_adds_one_product_and_a_reload_adds_none(page: Page, word: str) -> None:
    follow(page, "Add")
    fill(page, name=f"Vase {word}", price="5")
    page.get_by_role("button", name="Add the product").dblclick()
    heading(page, f"Vase {word}")
    methods: set[str] = set()
    page.on("request", lambda request: methods.add(request.method))
    page.reload()
    assert methods == {"GET"}
    page.goto("")
    search(page, word)
    assert names(page) == [f"Vase {word}"]


def test_a_conflict_shows_both_versions_and_loses_neither(page: Page, word: str) -> None:
    address = add(page, f"Lamp {word}", "10.00", description="Warm")
    second = page.context.new_page()
    for each in (page, second):
        each.goto(address)
        follow(each, "Edit")
    fill(page, price="12,50")
    press(page, "Save")
    heading(page, f"Lamp {word}")
    fill(second, name=f"Big lamp {word}")
    press(second, "Save")
    heading(second, "Someone else saved first")
    expect(second.locator(".summary")).to_be_focused()
    expect(second.locator("#name")).to_have_value(f"Big lamp {word}")
    expect(second.locator(".stored .text")).to_have_text([f"Lamp {word}", "12.50"])
    fill(second, price="12.50")
    press(second, "Save my version")
    heading(second, f"Big lamp {word}")
    expect(second.locator(".price")).to_have_text("€12.50")


def test_deleting_asks_first_and_can_be_undone(page: Page, word: str) -> None:
    address = add(page, f"Lamp {word}", sku=word)
    follow(page, "Delete")
    heading(page, "Delete this product?")
    follow(page, "Cancel")
    heading(page, f"Lamp {word}")
    follow(page, "Delete")
    press(page, "Delete the product")
    heading(page, f"“Lamp {word}” has been deleted")
    with page.context.new_page() as other:
        assert other.goto(address).status == 404
    press(page, "Undo")
    heading(page, f"Lamp {word}")
    expect(page.locator(".facts")).to_contain_text(word)


def test_an_earlier_version_is_found_in_the_history_and_brought_back(page: Page, word: str) -> None:
    add(page, f"Lamp {word}", "10.00", description="Warm light")
    follow(page, "Edit")
    fill(page, price="12.50", description="Warm white light")
    press(page, "Save")
    follow(page, "History")
    heading(page, f"History of “Lamp {word}”")
    change = page.locator(".changes > li").first
    expect(change.locator("tbody td")).to_have_text(["Warm light", "Warm white light", "€10.00", "€12.50"])
    expect(change.locator("ins")).to_have_text("white ")
    page.get_by_role("link", name="Bring this version back").click()
    heading(page, "Bring this version back?")
    expect(page.locator(".difference .price")).to_have_text(["€12.50", "€10.00"])
    press(page, "Bring this version back")
    heading(page, f"Lamp {word}")
    expect(page.locator(".price")).to_have_text("€10.00")
    follow(page, "History")
    expect(page.locator(".changes > li")).to_have_count(3)


def test_a_deleted_product_is_brought_back_under_its_address(page: Page, word: str) -> None:
    address = add(page, f"Lamp {word}", sku=word)
    follow(page, "Delete")
    press(page, "Delete the product")
    heading(page, f"“Lamp {word}” has been deleted")
    follow(page, "Recent changes")
    heading(page, "Recent changes")
    follow(page, f"Lamp {word}")
    press(page, "Bring this product back")
    heading(page, f"Lamp {word}")
    expect(page.get_by_role("status")).to_have_text(f"“Lamp {word}” is back.")
    expect(page).to_have_url(address)


def test_an_import_is_undone_but_for_what_has_changed_since(page: Page, word: str) -> None:
    address = add(page, f"Vase {word}", "3", sku=f"{word}-0")
    file = f"sku,name,price\n{word}-0,Vase {word},4\n{word}-1,Lamp {word},5\n{word}-2,Mug {word},6\n"
    choose(page, file)
    page.get_by_label("Update the product from the file").check()
    press(page, "Check the file")
    press(page, "Import")
    heading(page, "The import is done")
    done = page.url
    follow(page, "Show the changes")
    expect(page.locator(".changes > li")).to_have_count(3)
    search_for = page.context.new_page()
    search_for.goto("")
    search(search_for, f"mug {word}")
    search_for.locator(".card").click()
    follow(search_for, "Edit")
    fill(search_for, price="7")
    press(search_for, "Save")
    page.goto(done)
    press(page, "Undo this import")
    heading(page, "Preview of the undo")
    expect(counts(page)).to_have_text(["1", "1", "1"])
    expect(page.locator(".left tbody td").first).to_have_text(f"Mug {word}")
    press(page, "Undo the import")
    heading(page, "The import has been undone")
    expect(counts(page)).to_have_text(["1", "1", "1"])
    page.goto(address)
    expect(page.locator(".price")).to_have_text("€3.00")
    page.goto("")
    search(page, word)
    assert sorted(names(page)) == [f"Mug {word}", f"Vase {word}"]


def test_a_file_is_previewed_then_imported_and_its_errors_can_be_downloaded(page: Page, word: str) -> None:
    file = f'sku,name,price,colour\n{word}-1,Lamp {word},"12,50",red\n{word}-2,Vase {word},"1,299",\n'
    choose(page, file)
    press(page, "Check the file")
    heading(page, "Preview of the import")
    expect(counts(page)).to_have_text(["1", "0", "0", "1"])
    expect(page.locator(".faults tbody tr > *")).to_have_text(
        ["3", "price", "1,299", re.compile("thousands or decimals")]
    )
    with page.context.new_page() as other:
        other.goto(f"products?q={word}")
        heading(other, f"Search for “{word}”")
        assert names(other) == []
    with page.expect_download() as download:
        follow(page, "Download the errors as CSV")
    assert "1,299" in Path(download.value.path()).read_text(encoding="utf-8-sig")
    press(page, "Import the rows without errors")
    heading(page, "The import is done")
    expect(counts(page)).to_have_text(["1", "0", "0", "1"])
    page.goto("")
    search(page, word)
    assert names(page) == [f"Lamp {word}"]


@anywhere
def test_a_file_that_cannot_be_used_is_explained(page: Page) -> None:
    choose(page, "a,b\n1,2\n")
    press(page, "Check the file")
    heading(page, "The file was not imported")
    expect(page.locator(".summary")).to_be_focused()
    expect(page.locator(".summary")).to_contain_text("The first row must hold the headings")


def test_the_catalogue_can_be_taken_away(page: Page, word: str) -> None:
    add(page, f"=Lamp {word}")
    follow(page, "Products")
    for link, text in (("CSV for spreadsheets", f"'=Lamp {word}"), ("NDJSON for programs", f'"=Lamp {word}"')):
        with page.expect_download() as download:
            follow(page, link)
        assert text in Path(download.value.path()).read_text(encoding="utf-8-sig")


@anywhere
def test_the_status_page_shows_every_service(page: Page) -> None:
    follow(page, "Status of the services")
    heading(page, "Status of the services")
    expect(page.locator(".card h2")).to_have_text(["display-product", "read-product", "add-product"])
    expect(page.locator(".card .state")).to_have_text(["works"] * 3)


def test_errors_lead_back(page: Page) -> None:
    for address, status in (("products/999999999999", 404), ("nowhere", 404), ("products?limit=0", 400)):
        assert page.goto(address).status == status
        expect(page.locator("main code")).to_have_text(re.compile(r"^[\w-]{8,}$"))
        follow(page, "Home page")
        heading(page, "What are you looking for?")


@anywhere
def test_everything_can_be_done_with_the_keyboard(page: Page, word: str) -> None:
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.goto("")
    walk(page, page.get_by_role("link", name="Add", exact=True))
    page.keyboard.press("Enter")
    heading(page, "Add a product")
    for field, value in (("name", f"Lamp {word}"), ("price", "3"), ("sku", ""), ("description", "Warm")):
        walk(page, page.locator(f"#{field}"))
        page.keyboard.type(value)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    heading(page, f"Lamp {word}")
    walk(page, page.get_by_role("link", name="Delete"))
    page.keyboard.press("Enter")
    heading(page, "Delete this product?")
    walk(page, page.get_by_role("button", name="Delete the product"))
    page.keyboard.press("Enter")
    walk(page, page.get_by_role("button", name="Undo"))
    page.keyboard.press("Enter")
    heading(page, f"Lamp {word}")


def walk(page: Page, target: Locator) -> None:
    """Presses Tab until the target has the focus."""
    expect(target).to_be_visible()
    for _ in range(60):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    pytest.fail(f"no way to {target} by Tab")
