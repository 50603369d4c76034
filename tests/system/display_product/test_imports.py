"""Importing a file with the real services: preview, confirmation, report."""

import io
import re
import time

import pytest

import display_product
from apps import Api
from catalog.settings import Settings
from pages import Browser, Page

GOOD = 'sku,name,price,colour\nA-1,Lamp,"12,50",red\nA-2,Vase,1.00,blue\n'
MIXED = GOOD + 'A-3,,1.00,\nA-1,Lamp,1.00,\nA-4,Cup,"1,299",\n'


def choose(browser: Browser, content: str | bytes, name: str = "products.csv", **fields: str) -> Page:
    """Sends the file from the import page, and waits for what would become of it."""
    data = content.encode() if isinstance(content, str) else content
    answer = browser.send(browser.get("/import"), "/import", file=(io.BytesIO(data), name), **fields)
    return settled(browser, answer)


def confirm(browser: Browser, preview: Page, action: str = "start") -> Page:
    """Presses a button of the preview, and waits for the report."""
    form = preview.one(f"main form[action$='/{action}']")
    return settled(
        browser, Page(browser.client.post(form["action"], data=preview.fields(f"form[action='{form['action']}']")))
    )


def settled(browser: Browser, answer: Page) -> Page:
    """The page to which the answer leads, once nothing is under way there any more."""
    if answer.status != 303:
        return answer
    while (page := browser.get(answer.response.location)).soup.select("#progress"):
        assert page.status == 200
        time.sleep(0.05)
    return page


def counts(page: Page) -> list[str]:
    """New, changed, left alone, errors."""
    return page.texts(".counts dd")


def test_nothing_is_written_before_the_preview_is_confirmed(api: Api, browser: Browser) -> None:
    preview = choose(browser, GOOD)
    assert (preview.status, counts(preview), api.all()) == (200, ["2", "0", "0", "0"], [])
    done = confirm(browser, preview)
    assert (done.status, counts(done)) == (200, ["2", "0", "0", "0"])
    assert [(each["sku"], each["price"]) for each in api.all()] == [("A-1", "12.50"), ("A-2", "1.00")]
    # A second click shows the same import.
    assert counts(confirm(browser, preview)) == ["2", "0", "0", "0"]
    assert len(api.all()) == 2


def test_what_is_not_imported_is_not_there(api: Api, browser: Browser) -> None:
    stopped = confirm(browser, choose(browser, GOOD), "cancel")
    assert stopped.texts("h1") == ["The import was stopped"]
    assert api.all() == []


def test_another_encoding_is_chosen_without_choosing_the_file_again(api: Api, browser: Browser) -> None:
    content = "name,price\nCafé crème,1\nThé glacé,2\n".encode("cp850")
    asked = choose(browser, content)
    action = asked.one("form[action$='/check']")["action"]
    fields = asked.fields(f"form[action='{action}']")
    preview = settled(browser, Page(browser.client.post(action, data={**fields, "charset": "ibm850"})))
    assert {"Café crème", "Thé glacé"} <= set(preview.texts("table.sample td"))
    confirm(browser, preview)
    assert [each["name"] for each in api.all()] == ["Café crème", "Thé glacé"]


def test_a_file_in_an_encoding_that_was_chosen_with_it_is_taken_so(api: Api, browser: Browser) -> None:
    preview = choose(browser, "name;price\nЧайник;5,00\n".encode("koi8-r"), charset="koi8-r")
    assert counts(confirm(browser, preview)) == ["1", "0", "0", "0"]
    assert [each["name"] for each in api.all()] == ["Чайник"]


def test_any_replica_can_take_the_next_step(settings: Settings, api: Api, browser: Browser) -> None:
    preview = choose(browser, GOOD)
    other = Browser(display_product.create_app(settings).test_client())
    other.client.set_cookie("catalog_session", browser.client.get_cookie("catalog_session").value)
    assert counts(confirm(other, preview)) == ["2", "0", "0", "0"]


def test_the_report_names_rows_columns_and_values(api: Api, browser: Browser) -> None:
    preview = choose(browser, MIXED)
    assert counts(preview) == ["2", "0", "0", "3"]
    rows = [[cell.get_text() for cell in row.select("th, td")] for row in preview.soup.select("table.faults tbody tr")]
    assert rows == [
        ["4", "name", "–", "The name is missing."],
        ["5", "SKU", "A-1", "This is the same product as in row 2."],
        ["6", "price", "1,299", "This can mean thousands or decimals. Write it with two decimals, such as 1299.00."],
    ]
    assert "colour" in preview.one(".chip.off").get_text()
    assert counts(confirm(browser, preview)) == ["2", "0", "0", "3"]


def test_what_happens_to_known_skus_is_the_persons_choice(api: Api, browser: Browser) -> None:
    api.create(sku="A-1", name="Lamp", price="5.00")
    assert counts(choose(browser, GOOD)) == ["1", "0", "1", "0"]
    assert counts(choose(browser, GOOD, on_conflict="fail")) == ["1", "0", "0", "1"]
    preview = choose(browser, GOOD, on_conflict="update")
    assert counts(preview) == ["1", "1", "0", "0"]
    confirm(browser, preview)
    assert api.all()[0]["price"] == "12.50"
    assert choose(browser, GOOD, on_conflict="destroy").status == 400


def test_ndjson_goes_by_the_name_of_the_file(api: Api, browser: Browser) -> None:
    assert counts(choose(browser, '{"name": "Lamp", "price": "1.00"}\n', "PRODUCTS.JSONL")) == ["1", "0", "0", "0"]


FILES = {
    "empty": (b"", "products.csv", "Le fichier est vide."),
    "blank": (b"\n\n", "products.csv", "Le fichier est vide."),
    "binary": (bytes(range(256)), "products.csv", "Le fichier n’est pas du texte."),
    "workbook": (b"PK\x03\x04 anything", "products.xlsx", "Le fichier est un classeur."),
    "json": (b'[{"name": "x"}]', "products.json", "Le fichier entier est un seul document JSON."),
    "json called csv": (b'[{"name": "x"}]', "products.csv", "Le fichier entier est un seul document JSON."),
    "headings": (b"a,b\n1,2\n", "products.csv", "La première ligne doit contenir les en-têtes"),
    "twins": (b"name,Name,price\n1,2,3\n", "products.csv", "Les colonnes « name » et « Name » ont le même nom"),
    "damaged": ("name,price\nThé,1\nCafé,2\nÉté,3\n".encode() + b"\xe9\xff,1\n", "products.csv", "mais la ligne 5 (dans un éditeur de texte) est endommagée"),
    "long line": (b"name,price\n" + b"x" * 1_100_000, "products.csv", "plus d’un million de caractères"),
}  # fmt: skip


@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_cannot_be_used_is_explained_in_the_persons_language(kind: str, api: Api, browser: Browser) -> None:
    content, name, sentence = FILES[kind]
    browser.client.set_cookie("language", "fr")
    page = choose(browser, content, name)
    assert page.title.startswith("Erreur")
    assert sentence in page.one("[role=alert]").get_text().replace("\u00a0", " ")
    assert api.all() == []


def test_ten_megabytes_are_imported_once_however_often_the_button_is_pressed(api: Api, browser: Browser) -> None:
    content = "sku,name,price,description\n" + "".join(f"{n:06},Näme {n},1.00,{'text ' * 2000}\n" for n in range(1_010))
    assert len(content) > 10_000_000
    preview = choose(browser, content)
    assert counts(preview)[0] == "1,010"
    for _ in range(2):
        assert counts(confirm(browser, preview))[0] == "1,010"


def test_every_fault_of_a_row_has_a_sentence_in_french(api: Api, browser: Browser) -> None:
    api.create(sku="HERE", name="Here", price="1.00")
    api.create(name="Bare", price="1.00")
    browser.client.set_cookie("language", "fr")
    rows = [
        "here,x,1.00", ",Bare,1.00", "S1,,1.00", "S2,n,", "S3,n,1e3", "S4,n,-1", 'S5,n,"1,299"', "S6,n,1.0055",
        "S7,n,12345678901", f"S8,{'x' * 201},1", "S9,n\x07,1", "S0,n,$1.00", "a,b", 'q,"n" x,1',
    ]  # fmt: skip
    sentences = choose(browser, "sku,name,price\n" + "\n".join(rows), on_conflict="fail").texts(
        "table.faults td:last-child"
    )
    ndjson = '{"name": 1, "price": "1", "size": 2}\n{broken\n'
    sentences += choose(browser, ndjson, "products.ndjson").texts("table.faults td:last-child")
    for choice in ("fail", "update"):
        sentences += choose(browser, "sku,name\nS1,n\n", on_conflict=choice).texts("table.faults td:last-child")
    assert len(sentences) == len(rows) + 3 + 4
    assert not [each for each in sentences if "Cette valeur" in each or re.search(r"\b(the|is|has)\b", each)]


def test_scripts_in_a_file_come_out_as_text(api: Api, browser: Browser) -> None:
    script = "<script>alert('x')</script><b onclick=alert(1)>&amp;"
    file = f"sku,name,price,{script}\n{script},{script},{script},{script}\n{script},x,1.00,\n"
    preview = choose(browser, file, f"{script}.csv")
    done = confirm(browser, preview)
    for page in (preview, done):
        assert script in page.one("td.value").get_text()
        assert page.one(".chip.off").get_text() == script
        assert f"{script}.csv" in page.text
        assert not page.soup.select("script:not([src]), [onclick]")


def test_what_spreadsheets_write_goes_in_unchanged(api: Api, browser: Browser) -> None:
    rows = [
        ("0017", 'Pipe 3/4" x 2 m', "Cut, threaded\nsecond line", "7.10"),
        ("茶-1", "Thé « noir » €", "“Fin”", "4.20"),
    ]
    table = "\r\n".join('"' + '"\t"'.join(cell.replace('"', '""') for cell in row) + '"' for row in rows)
    for encoding in ("utf-8-sig", "utf-16"):
        for product in api.all():
            api.delete(product)
        content = f'"SKU"\t Name \tDescription\tPrice\r\n{table}\r\n'.encode(encoding)
        assert counts(confirm(browser, choose(browser, content, "Book1.txt"))) == ["2", "0", "0", "0"]
        found = [(each["sku"], each["name"], each["description"], each["price"]) for each in api.all()]
        assert found == rows


SHAPES = {
    "French Excel": (
        "Référence;Nom;Description;Prix\r\nT-1;Thé noir;“Grand” – 100 g;1\u00a0234,50 €\r\nT-2;Œufs;;2,4\r\n".encode("cp1252"),
        ["2", "0", "0", "0"], [("T-1", "Thé noir", "1234.50"), ("T-2", "Œufs", "2.40")],
    ),
    "four decimals": (
        b"sku,name,price\nA-1,Cap,8.6442\nA-2,Bike,1431.5000\nA-3,Tube,.5000\n",
        ["2", "0", "0", "1"], [("A-2", "Bike", "1431.50"), ("A-3", "Tube", "0.50")],
    ),
    "Shopify, variants in further rows": (
        b"Handle,Title,Body (HTML),Variant SKU,Variant Price,Image Src\n"
        b"mug,Mug,<p>Holds <b>0.3 l</b></p>,MUG-S,9.00,a.jpg\nmug,,,,,b.jpg\n",
        ["1", "0", "1", "0"], [("MUG-S", "Mug", "9.00")],
    ),
    "one price a currency": (
        b"Product Title,Variant Sku,Variant Price DKK,Variant Price EUR,Variant Price USD\nShirt,SH-1,80,12.50,14\n",
        ["1", "0", "0", "0"], [("SH-1", "Shirt", "12.50")],
    ),
    "codes of digits": (
        b"Code,Locale,Name,Price\n0042,en_US,Sticker,100\n",
        ["1", "0", "0", "0"], [("0042", "Sticker", "100.00")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_files_as_other_systems_write_them(shape: str, api: Api, browser: Browser) -> None:
    content, expected, products = SHAPES[shape]
    preview = choose(browser, content)
    assert counts(preview) == expected
    assert counts(confirm(browser, preview)) == expected
    assert [(each["sku"], each["name"], each["price"]) for each in api.all()] == products


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"1+|Bike+|text&|2+|Tube+|text&|", "models.csv"),
        (b"9780;Book;NULL;1.00\n9781;Other; with ; signs;NULL\n9782\n", "books.csv"),
    ],
)  # fmt: skip
def test_what_is_no_table_with_headings_is_refused_politely(
    content: bytes, name: str, api: Api, browser: Browser
) -> None:
    page = choose(browser, content, name)
    assert "headings" in page.one("[role=alert]").get_text()
    assert api.all() == []


def test_a_file_can_change_a_price_to_zero(api: Api, browser: Browser) -> None:
    api.create(sku="Z0", price="5.00")
    assert counts(confirm(browser, choose(browser, "sku,price\nZ0,0\n", on_conflict="update"))) == ["0", "1", "0", "0"]
    assert api.all()[0]["price"] == "0.00"
