"""Deleting, and taking it back."""

from apps import Api
from pages import Browser


def test_deleting_asks_first_and_can_be_undone_once(api: Api, browser: Browser) -> None:
    product = api.create(name="Lamp & Co", sku="L-1", price="0", description="Two\nlines")
    address = f"/products/{product['id']}/delete"
    question = browser.get(address)
    assert api.all() == [product]

    done = browser.send(question, address)
    assert (done.status, api.all()) == (200, [])
    assert "“Lamp & Co” has been deleted" in done.title
    # A second click, or a reload, finds what was wanted done.
    assert browser.send(question, address).title == done.title

    first, second = browser.send(done, "/products/undo"), browser.send(done, "/products/undo")
    assert first.status == second.status == 303
    [restored] = api.all()
    assert first.response.location == second.response.location == f"/products/{restored['id']}"
    for field in ("id", "name", "sku", "price", "description", "created_at"):
        assert restored[field] == product[field]


def test_it_can_be_deleted_and_brought_back_again_and_again(api: Api, browser: Browser) -> None:
    api.create(name="Lamp", sku="L-1")
    for _ in range(3):
        [product] = api.all()
        address = f"/products/{product['id']}/delete"
        browser.send(browser.send(browser.get(address), address), "/products/undo")
    assert [product["sku"] for product in api.all()] == ["L-1"]


def test_a_product_that_somebody_changed_is_shown_again_before_it_goes(api: Api, browser: Browser) -> None:
    product = api.create(name="Lamp")
    address = f"/products/{product['id']}/delete"
    question = browser.get(address)
    api.patch(product, {"name": "Precious lamp"})
    again = browser.send(question, address)
    assert again.status == 409
    assert "Precious lamp" in again.text
    assert len(api.all()) == 1
    assert browser.send(again, address).status == 200
    assert api.all() == []


def test_undo_that_meets_a_new_product_with_the_sku_says_so(api: Api, browser: Browser) -> None:
    product = api.create(name="Lamp", sku="L-1")
    address = f"/products/{product['id']}/delete"
    done = browser.send(browser.get(address), address)
    api.create(name="Other", sku="l-1")
    form = browser.send(done, "/products/undo")
    assert form.status == 409
    assert form.fields()["name"] == "Lamp"
    assert "already has this SKU" in form.one("#sku-error").get_text()


def test_forged_contents_are_refused(api: Api, browser: Browser) -> None:
    product, other = api.create(name="Lamp"), api.create(name="Vase")
    address = f"/products/{product['id']}/delete"
    question = browser.get(address)
    assert browser.send(question, address, product="forged").status == 400
    assert browser.send(question, f"/products/{other['id']}/delete").status == 400
    assert browser.send(question, "/products/undo", product="").status == 400
    assert browser.send(question, address, csrf_token="forged").status == 403
    assert len(api.all()) == 2
