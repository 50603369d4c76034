"""Adding and changing a product through the forms."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import msgspec
import pytest

import display_product
from apps import Api
from catalog.settings import Settings
from pages import Browser, Page

FRENCH = {"Accept-Language": "fr"}


@pytest.fixture
def lonely(settings: Settings) -> Browser:
    """A browser in front of pages whose add-product is away."""
    away = msgspec.structs.replace(settings, add_url="http://127.0.0.1:9")
    return Browser(display_product.create_app(away).test_client())


def test_after_an_error_everything_typed_is_still_there(api: Api, browser: Browser) -> None:
    description = "First line\r\n\r\n  third & <last>"
    page = browser.send(
        browser.get("/products/new"), "/products/new", name="Vase", price="abc", description=description
    )
    assert page.status == 422
    kept = page.fields()
    assert (kept["name"], kept["price"], kept["description"]) == ("Vase", "abc", description)
    assert page.one("#price-error").get_text() == "Write the price in digits, such as 1299.00."
    assert api.all() == []


def test_during_an_outage_too(lonely: Browser) -> None:
    page = lonely.send(lonely.get("/products/new"), "/products/new", name="Vase", price="12,50", description="a\r\nb")
    assert page.status == 503
    assert page.response.headers["Retry-After"] == "5"
    assert "try again in a minute" in page.one(".summary").get_text()
    kept = page.fields()
    assert (kept["name"], kept["price"], kept["description"]) == ("Vase", "12,50", "a\r\nb")


def test_the_form_of_an_outage_can_be_sent_again(api: Api, browser: Browser, lonely: Browser) -> None:
    page = lonely.send(lonely.get("/products/new"), "/products/new", name="Vase", price="1")
    token = browser.get("/products/new").fields()["csrf_token"]
    assert browser.send(page, "/products/new", csrf_token=token).status == 303
    assert len(api.all()) == 1


def test_a_double_click_adds_one_product(settings: Settings, api: Api) -> None:
    app = display_product.create_app(settings)
    browser = Browser(app.test_client())
    page = browser.get("/products/new")
    cookie = browser.client.get_cookie("catalog_session")
    fields = {**page.fields(), "name": "Vase", "price": "5"}

    def click(_: int) -> str:
        client = app.test_client()
        client.set_cookie("catalog_session", cookie.value)
        answer = client.post("/products/new", data=fields)
        assert answer.status_code == 303, answer.text
        return answer.location

    with ThreadPoolExecutor(6) as clicks:
        landed = set(clicks.map(click, range(6)))
    [product] = api.all()
    assert landed == {f"/products/{product['id']}"}


def test_going_back_and_typing_another_product_adds_that_one(api: Api, browser: Browser) -> None:
    page = browser.get("/products/new")
    browser.send(page, "/products/new", name="One", price="1")
    browser.send(page, "/products/new", name="Two", price="1")
    assert [product["name"] for product in api.all()] == ["One", "Two"]


def test_two_people_edit_one_product(api: Api, browser: Browser) -> None:
    product = api.create(name="Lamp", price="10.00", description="Warm")
    address = f"/products/{product['id']}/edit"
    first, second = browser.get(address), browser.get(address)
    assert browser.send(first, address, price="12,50").status == 303

    conflict = browser.send(second, address, name="Big lamp")
    assert conflict.status == 409
    assert conflict.title.startswith("Error:")
    assert conflict.fields()["name"] == "Big lamp"
    assert conflict.texts(".stored .text") == ["Lamp", "12.50"]
    assert api.all()[0]["name"] == "Lamp"

    # Saved again, it is a decision made with both versions in view.
    assert browser.send(conflict, address).status == 303
    saved = api.all()[0]
    assert (saved["name"], saved["price"]) == ("Big lamp", "10.00")


@pytest.fixture
def editing(api: Api, browser: Browser) -> tuple[str, Page]:
    """The address of a lamp's form, and the form."""
    product = api.create(name="Lamp", price="10.00")
    address = f"/products/{product['id']}/edit"
    return address, browser.get(address)


def test_the_same_form_sent_twice_is_no_conflict_with_oneself(
    editing: tuple[str, Page], api: Api, browser: Browser
) -> None:
    address, page = editing
    for _ in range(3):
        assert browser.send(page, address, name="Big lamp").status == 303
    assert api.all()[0]["name"] == "Big lamp"


def test_both_copies_of_a_double_click_are_saved(settings: Settings, api: Api) -> None:
    product = api.create(name="Lamp", price="10.00")
    app = display_product.create_app(settings)
    browser = Browser(app.test_client())
    address = f"/products/{product['id']}/edit"
    fields = {**browser.get(address).fields(), "name": "Big lamp"}
    cookie = browser.client.get_cookie("catalog_session")

    def click(_: int) -> int:
        client = app.test_client()
        client.set_cookie("catalog_session", cookie.value)
        return client.post(address, data=fields).status_code

    with ThreadPoolExecutor(4) as clicks:
        assert set(clicks.map(click, range(4))) == {303}
    assert api.all()[0]["name"] == "Big lamp"


def test_whoever_goes_back_after_saving_can_save_something_else(
    editing: tuple[str, Page], api: Api, browser: Browser
) -> None:
    address, page = editing
    assert browser.send(page, address, name="Big lamp").status == 303
    assert browser.send(page, address, name="Huge lamp").status == 303
    assert api.all()[0]["name"] == "Huge lamp"
    # Someone else comes between: now it is a conflict, for this form too.
    api.patch(api.all()[0], {"price": "11.00"})
    conflict = browser.send(page, address, name="Giant lamp")
    assert (conflict.status, conflict.texts("h1")) == (409, ["Someone else saved first"])
    assert conflict.texts(".stored .text") == ["Huge lamp", "11.00"]
    assert browser.send(conflict, address, price="11.00").status == 303
    assert (api.all()[0]["name"], api.all()[0]["price"]) == ("Giant lamp", "11.00")


def test_what_someone_else_has_made_the_same_is_saved(editing: tuple[str, Page], api: Api, browser: Browser) -> None:
    address, page = editing
    api.patch(api.all()[0], {"name": "Big lamp"})
    assert browser.send(page, address, name="Big lamp").status == 303


def test_the_first_of_two_tabs_opened_before_any_session_is_saved(settings: Settings, api: Api) -> None:
    """The second tab's answer replaces the session, to which the token of the first one belongs."""
    app = display_product.create_app(settings)
    first, second, attacker = (Browser(app.test_client()) for _ in range(3))
    page, other = first.get("/products/new"), second.get("/products/new")
    [own] = [cookie for cookie in page.response.headers.getlist("Set-Cookie") if cookie.startswith("catalog_form_")]
    assert "HttpOnly" in own
    assert "SameSite=Lax" in own
    name, _, value = own.partition(";")[0].partition("=")

    def send(fields: dict[str, str]) -> int:
        return second.client.post("/products/new", data={**fields, "name": "Vase", "price": "1"}).status_code

    assert send(page.fields()) == 403, "the cookie of the first tab is not there"
    second.client.set_cookie(name, "forged")
    assert send(page.fields()) == 403
    second.client.set_cookie(name, value)
    assert send(attacker.get("/products/new").fields()) == 403, "the cookie belongs to one form"
    assert api.all() == []
    assert send(page.fields()) == send(other.fields()) == 303
    assert len(api.all()) == 2


def test_a_page_that_is_opened_within_a_session_brings_no_further_cookie(browser: Browser) -> None:
    assert len(browser.get("/products/new").response.headers.getlist("Set-Cookie")) == 2
    assert browser.get("/products/new").response.headers.getlist("Set-Cookie") == []
    assert browser.get("/").response.headers.getlist("Set-Cookie") == []


FORGED = ("", "x", '1-1"\r\nX-Evil: 1', "1-1\r\n", "1-é", "1-\u2028", "١-١", "1-1,*", "9" * 5000, "*")


@pytest.mark.parametrize("etag", FORGED)
def test_a_forged_version_is_a_bad_request(etag: str, editing: tuple[str, Page], api: Api, browser: Browser) -> None:
    address, page = editing
    assert browser.send(page, address, name="Other", etag=etag).status == 400
    assert api.all()[0]["name"] == "Lamp"


@pytest.mark.parametrize("value", [*FORGED, "\x00", "ﬀ" * 30])
def test_other_hidden_fields_may_hold_anything(value: str, api: Api, browser: Browser) -> None:
    page = browser.get("/products/new")
    assert browser.send(page, "/products/new", name="Vase", price="1", token=value, shown=value).status == 303
    assert browser.send(page, "/products/new", name="Vase", price="1", csrf_token=value).status == 403
    assert browser.send(page, "/products/undo", product=value).status == 400
    product = api.all()[0]
    assert browser.send(page, f"/products/{product['id']}/delete", product=value).status == 400
    browser.client.set_cookie("catalog_session", value[:1000])
    assert browser.get("/products/new").status == 200


@pytest.mark.parametrize("body", ["[1]", '{"name": 5}', '{"name": {"a": 1}}', "null", "{"])
def test_a_body_that_is_no_form_is_a_form_without_fields(body: str, browser: Browser) -> None:
    answer = browser.client.post("/products/new", data=body, content_type="application/json")
    assert answer.status_code == 403


@pytest.mark.parametrize("name", [b"Caf%E9", b"Caf\xe9", b"%ED%A0%80", b"a%00%FF"])
def test_letters_in_another_encoding_than_the_pages_are_refused_and_not_stored(
    name: bytes, api: Api, browser: Browser
) -> None:
    body = urlencode(browser.get("/products/new").fields() | {"name": "", "price": "1"}).encode()
    body = body.replace(b"&name=", b"&name=" + name)
    answer = browser.client.post("/products/new", data=body, content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, api.all()) == (400, [])


def test_a_form_that_no_page_sends_is_refused(api: Api, browser: Browser) -> None:
    fields = browser.get("/products/new").fields() | {"name": "Vase", "price": "1"}
    answer = browser.client.post("/products/new", data=fields, content_type="multipart/form-data")
    assert (answer.status_code, api.all()) == (400, [])


def test_the_product_was_deleted_meanwhile(api: Api, browser: Browser) -> None:
    product = api.create(name="Lamp")
    address = f"/products/{product['id']}/edit"
    page = browser.get(address)
    api.delete(product)
    gone = browser.send(page, address, name="Better lamp")
    assert gone.status == 404
    assert gone.fields()["name"] == "Better lamp"
    assert browser.send(gone, gone.attribute("main form", "action")).status == 303
    assert [each["name"] for each in api.all()] == ["Better lamp"]


def test_errors_reach_a_screen_reader(browser: Browser) -> None:
    page = browser.send(browser.get("/products/new"), "/products/new")
    assert page.status == 422
    assert page.title.startswith("Error:")
    summary = page.one("main [role=alert][tabindex='-1'][autofocus]")
    assert [link["href"] for link in summary.select("a")] == ["#name", "#price"]
    assert summary.select("a")[0].get_text() == "Name: Enter a name."
    for field in ("name", "price"):
        element = page.one(f"#{field}")
        assert element["aria-invalid"] == "true"
        assert f"{field}-error" in page.attribute(f"#{field}", "aria-describedby").split()
        assert page.one(f"#{field}-error").get_text().strip()
    assert "aria-invalid" not in page.one("#sku").attrs


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", " ", "Saisissez un nom."),
        ("name", "x" * 201, "Raccourcissez le texte : 200 caractères au plus."),
        ("name", "a\x07b", "Retirez le caractère de contrôle invisible U+0007 ; de tels caractères viennent souvent d’un texte copié."),
        ("name", "a\u2028b", "Retirez le saut de ligne ; ce texte doit tenir sur une seule ligne."),
        ("sku", "a\tb", "Retirez la tabulation."),
        ("sku", "x" * 65, "Raccourcissez le texte : 64 caractères au plus."),
        ("sku", "taken-1", "Un autre produit a déjà cette référence ; les majuscules et les minuscules ne sont pas distinguées."),
        ("description", "x" * 10_001, "Raccourcissez le texte : 10 000 caractères au plus."),
        ("price", "", "Saisissez un prix, par exemple 1299,00 ; 0 est accepté."),
        ("price", "1,299", "Cela peut vouloir dire des milliers ou des décimales. Écrivez le prix avec deux décimales, "
                           "par exemple 1299,00."),
        ("price", "-1", "Le prix ne doit pas être négatif."),
        ("price", "1e3", "Écrivez le prix en chiffres, par exemple 1299,00."),
        ("price", "NaN", "Écrivez le prix en chiffres, par exemple 1299,00."),
        ("price", "1.0055", "Le prix a trop de décimales ; utilisez-en deux au plus."),
        ("price", "12345678901", "Le prix est trop élevé : 10 chiffres au plus avant les décimales."),
        ("price", "12,50 $", "Tous les prix sont dans la devise du catalogue ; saisissez seulement le montant."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_the_persons_language(
    field: str, value: str, sentence: str, api: Api, browser: Browser
) -> None:
    api.create(sku="TAKEN-1")
    page = browser.get("/products/new", headers=FRENCH)
    fields = {**page.fields(), "name": "Vase", "price": "1", field: value}
    answer = browser.client.post("/products/new", data=fields, headers=FRENCH)
    assert answer.status_code in (409, 422)
    shown = type(page)(answer)
    assert shown.one(f"#{field}-error").get_text().replace("\u00a0", " ").replace("\u202f", " ") == sentence
    assert shown.title.startswith("Erreur")
    assert len(api.all()) == 1


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("12,50", "12.50"), ("1 299,00 €", "1299.00"), ("€5", "5.00"), ("0", "0.00"), ("EUR 3.1", "3.10")],
)
def test_prices_as_people_type_them(typed: str, stored: str, api: Api, browser: Browser) -> None:
    assert browser.send(browser.get("/products/new"), "/products/new", name="Vase", price=typed).status == 303
    assert api.all()[0]["price"] == stored


@pytest.mark.parametrize("token", ["", "forged", None])
def test_a_wrong_csrf_token_writes_nothing_and_keeps_what_was_typed(
    token: str | None, api: Api, browser: Browser
) -> None:
    page = browser.get("/products/new")
    fields = {**page.fields(), "name": "Vase", "price": "1", "csrf_token": token}
    answer = type(page)(browser.client.post("/products/new", data={k: v for k, v in fields.items() if v is not None}))
    assert answer.status == 403
    assert answer.fields()["name"] == "Vase"
    assert "cookies" in answer.one(".summary").get_text()
    assert api.all() == []
    # What it shows can be sent as it stands.
    assert browser.send(answer, "/products/new").status == 303


def test_a_body_over_the_limit_is_a_page(browser: Browser) -> None:
    page = browser.send(browser.get("/products/new"), "/products/new", name="x", description="x" * 600_000)
    assert page.status == 413
    assert "too large" in page.title


def test_a_price_can_be_changed_to_zero(api: Api, browser: Browser) -> None:
    product = api.create(price="5.00")
    address = f"/products/{product['id']}/edit"
    assert browser.send(browser.get(address), address, price="0").status == 303
    assert api.all()[0]["price"] == "0.00"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("2000", "2000.00"), ("2000.00", "2000.00"), ("12.1", "12.10"), ("0.1", "0.10"), ("29.99", "29.99")],
)
def test_round_and_short_prices_are_taken(typed: str, stored: str, api: Api, browser: Browser) -> None:
    assert browser.send(browser.get("/products/new"), "/products/new", name="Vase", price=typed).status == 303
    assert api.all()[0]["price"] == stored


@pytest.mark.parametrize("typed", ["1E3", "12.500", "1.005"])
def test_prices_that_would_have_to_be_rounded_are_refused(typed: str, api: Api, browser: Browser) -> None:
    page = browser.send(browser.get("/products/new"), "/products/new", name="Vase", price=typed)
    assert page.status == 422
    assert page.fields()["price"] == typed
    assert api.all() == []


def test_a_change_leaves_alone_what_was_not_changed(api: Api, browser: Browser) -> None:
    product = api.create(name="Lamp", sku="L-1", price="5.00", description="Warm\n\nlight")
    address = f"/products/{product['id']}/edit"
    browser.send(browser.get(address), address, name="Big lamp")
    changed = api.all()[0]
    assert {**changed, "version": 0, "updated_at": ""} == {
        **product, "name": "Big lamp", "version": 0, "updated_at": ""
    }  # fmt: skip


def test_scripts_in_every_field_come_out_as_text(api: Api, browser: Browser) -> None:
    script = "</title></textarea><script>alert('x')</script><b onclick=alert(1)>\"'&amp;"
    fields = {"name": script, "description": script, "sku": script[:64], "price": script}
    page = browser.get("/products/new")
    tokens = page.fields()
    pages = [
        browser.send(page, "/products/new", **fields),
        browser.send(page, "/products/new", **{**fields, "csrf_token": script, "token": script, "etag": script}),
    ]
    added = browser.send(page, "/products/new", **{**fields, "price": "1", "csrf_token": tokens["csrf_token"]})
    address = added.response.location
    pages += [browser.get(address), browser.get(f"{address}/edit"), browser.get(f"{address}/delete")]
    stale = browser.get(f"{address}/edit")
    api.patch(api.all()[0], {"name": f"{script}!"})
    pages += [browser.send(stale, f"{address}/edit", name="other")]
    question = browser.get(f"{address}/delete")
    pages += [browser.send(question, f"{address}/delete"), browser.get("/products", query_string={"q": script})]
    for each in pages:
        assert script in each.text or script in each.fields().values() or script in each.title
        assert not each.soup.select("script:not([src]), [onclick]")
