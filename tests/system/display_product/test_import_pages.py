"""The page of an import in each state, and files and forms that are not as they should be."""

import csv
import hashlib
import io
import socket
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from urllib3 import Timeout

import display_product
from catalog import wire
from catalog.settings import Settings
from display_product import client
from imports import REPORT, WRITTEN, Imports
from pages import Browser, Page
from processes import Running, running_services
from serving import answers

AWAY = "http://127.0.0.1:9"
STATES: tuple[wire.ImportState, ...] = ("checking", "checked", "waiting", "running", "done", "interrupted", "failed")
UNDER_WAY = ("checking", "waiting", "running")
ROWS = b"name,price\n" + b"Lamp,129.95\n" * 5000


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Services that take smaller files than their pages may."""
    directory = tmp_path_factory.mktemp("services")
    with running_services(directory, CATALOG_WORKERS="1", CATALOG_IMPORT_MAX_BYTES="300000") as found:
        yield found


@pytest.fixture
def imports(running: Running) -> Iterator[Imports]:
    """The imports of these services; at first there are none."""
    found = Imports(running)
    found.clear()
    yield found
    found.close()


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings of pages that take files of 200 kB."""
    return msgspec.structs.replace(settings, import_max_bytes=200_000)


def french(browser: Browser) -> Browser:
    """The browser of someone who has chosen French."""
    browser.client.set_cookie("language", "fr")
    return browser


def choose(browser: Browser, content: bytes = b"name,price\nLamp,1\n", name: str = "a.csv", **fields: str) -> Page:
    """Sends a file from the import page."""
    return send(browser, browser.get("/import"), content, name, **fields)


def send(browser: Browser, page: Page, content: bytes, name: str = "a.csv", **fields: str) -> Page:
    """Sends a file from this import page."""
    return browser.send(page, "/import", file=(io.BytesIO(content), name), **fields)


def press(browser: Browser, page: Page, action: str) -> Page:
    """Presses the button whose form has this action."""
    address = page.one(f"main form[action$='/{action}']")["action"]
    return Page(browser.client.post(address, data=page.fields(f"main form[action='{address}']")))


def test_a_file_is_sent_on_and_its_import_shown(imports: Imports, browser: Browser) -> None:
    answer = choose(browser, ROWS, "Prix d’été.csv", on_conflict="update")
    assert answer.status == 303
    found = imports.read(answer.response.location)
    assert (found.name, found.on_conflict, found.charset) == ("Prix d’été.csv", "update", None)
    assert (found.size, found.digest) == (len(ROWS), hashlib.sha256(ROWS).hexdigest())


def test_pressing_twice_leads_to_the_same_import_and_another_form_to_another(
    imports: Imports, browser: Browser
) -> None:
    page = browser.get("/import")
    first, second, third = (send(browser, each, ROWS) for each in (page, page, browser.get("/import")))
    assert first.response.location == second.response.location != third.response.location
    assert imports.count() == 2


def test_a_form_that_has_sent_another_file_asks_for_the_file_again(imports: Imports, browser: Browser) -> None:
    page = browser.get("/import")
    assert send(browser, page, ROWS).status == 303
    again = send(browser, page, ROWS + b"Vase,1\n")
    assert (again.status, again.one("#file-error").get_text()) == (
        422, "This form has already been used to send another file. Choose the file again.",
    )  # fmt: skip
    assert send(browser, again, ROWS + b"Vase,1\n").status == 303


Parts = tuple[tuple[str, str | bytes], ...]


def body(*parts: tuple[str, str | bytes], end: bool = True) -> bytes:
    """A multipart form; a part whose content is bytes is a file."""
    text = b""
    for name, content in parts:
        file = b'; filename="a.csv"' if isinstance(content, bytes) else b""
        content = content if isinstance(content, bytes) else content.encode()
        text += b'--x\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n' % (name.encode(), file, content)
    return text + b"--x--\r\n" if end else text


def post(browser: Browser, content: bytes, kind: str = "multipart/form-data; boundary=x") -> Page:
    """Sends a body as it stands."""
    return Page(browser.client.post("/import", data=content, content_type=kind))


def test_fields_may_stand_behind_the_file(imports: Imports, browser: Browser) -> None:
    token = browser.get("/import").fields()["csrf_token"]
    content = "name;price\nЧайник;5\n".encode("koi8-r")
    fields = (("csrf_token", token), ("on_conflict", "update"), ("charset", "koi8-r"))
    answer = post(browser, body(("file", content), *fields))
    assert answer.status == 303
    found = imports.read(answer.response.location)
    assert (found.digest, found.on_conflict) == (hashlib.sha256(content).hexdigest(), "update")
    assert found.report
    assert found.report.sample[0].values["name"] == "Чайник"


def test_the_encoding_may_be_chosen_with_the_file(imports: Imports, browser: Browser) -> None:
    assert imports.read(choose(browser, charset="koi8-r").response.location).charset == "koi8-r"
    ndjson = choose(browser, b'{"name": "Lamp", "price": "1"}\n', "PRODUCTS.JSONL", charset="koi8-r")
    assert imports.read(ndjson.response.location).charset is None
    again = choose(browser, name="", charset="koi8-r")
    assert (again.status, again.one("#charset option[selected]")["value"]) == (422, "koi8-r")
    assert again.one("footer [name=next]")["value"] == "/import?charset=koi8-r&on_conflict=skip"


@pytest.mark.parametrize(("name", "shown"), [("Thé\x01.csv", "Thé.csv"), ("\u200b", "")])
def test_a_file_may_have_any_name(name: str, shown: str, imports: Imports, browser: Browser) -> None:
    assert imports.read(choose(browser, name=name).response.location).name == shown


@pytest.mark.parametrize("place", ["before", "behind", "nowhere"])
def test_a_wrong_token_leaves_no_import(place: str, imports: Imports, browser: Browser) -> None:
    browser.get("/import")
    forged, file = ("csrf_token", "forged"), ("file", b"abc" * 50_000)
    sent: dict[str, Parts] = {"before": (forged, file), "behind": (file, forged), "nowhere": (file,)}
    answer = post(browser, body(*sent[place]))
    assert answer.status == 403
    assert imports.count() == 0


@pytest.mark.parametrize("content", [b"--x", b"--x\r\nno part", b"-" * 200_000, b"--x\r\nA: " + b"b" * 190_000])
def test_what_is_no_form_with_a_file_is_a_bad_request(content: bytes, imports: Imports, browser: Browser) -> None:
    assert post(browser, content).status == 400
    assert post(browser, content, "multipart/form-data").status == 400
    assert imports.count() == 0


def test_half_an_upload_leaves_no_import(imports: Imports, browser: Browser) -> None:
    token = browser.get("/import").fields()["csrf_token"]
    whole = body(("csrf_token", token), ("file", ROWS))
    for length in (len(whole) - 3, len(whole) - 40, len(whole) // 2, 400):
        assert post(browser, whole[:length]).status == 400
    assert imports.count() == 0
    assert post(browser, whole).status == 303


@pytest.mark.parametrize("chosen", [{"on_conflict": "destroy"}, {"charset": "klingon"}])
def test_a_choice_that_there_is_not_leaves_no_import(
    chosen: dict[str, Any], imports: Imports, browser: Browser
) -> None:
    assert choose(browser, **chosen).status == 400
    assert imports.count() == 0


@pytest.mark.parametrize("size", [200_001, 400_000])
def test_a_file_over_the_limit_is_said_to_be_too_large(size: int, imports: Imports, browser: Browser) -> None:
    page = choose(browser, b"x" * size)
    assert (page.status, page.texts("h1")) == (413, ["That is too large"])
    assert "Split the file" in page.text
    assert imports.count() == 0
    assert choose(browser, b"x" * 200_000).status == 303


def test_a_file_that_the_service_finds_too_large_is_too(settings: Settings, imports: Imports) -> None:
    more = msgspec.structs.replace(settings, import_max_bytes=1_000_000)
    browser = Browser(display_product.create_app(more).test_client())
    assert choose(browser, b"x" * 300_001).texts("h1") == ["That is too large"]
    assert imports.count() == 0


def test_no_file_is_an_error_too(browser: Browser) -> None:
    page = choose(browser, name="", on_conflict="update")
    assert (page.status, page.one("#file-error").get_text()) == (422, "Choose a file.")
    assert page.one("[name=on_conflict][checked]")["value"] == "update"
    assert page.one("footer [name=next]")["value"] == "/import?on_conflict=update"


def test_an_outage_is_said_on_the_form(settings: Settings) -> None:
    away = msgspec.structs.replace(settings, add_url=AWAY)
    page = choose(Browser(display_product.create_app(away).test_client()))
    assert page.status == 503
    assert "Retry-After" in page.response.headers
    assert "at the moment" in page.one("#file-error").get_text()


HEADINGS = {
    "checking": "Le fichier est en cours de vérification",
    "checked": "Aperçu de l’importation",
    "waiting": "L’importation est en attente",
    "running": "L’importation est en cours",
    "done": "L’importation est terminée",
    "interrupted": "L’importation a été arrêtée",
    "failed": "Le fichier n’a pas été importé",
}  # fmt: skip


@pytest.mark.parametrize("state", STATES)
def test_each_state_is_a_page_that_says_so(state: Any, imports: Imports, browser: Browser) -> None:
    address = imports.put(state, problem=answers.FieldError("", "", "empty") if state == "failed" else None)
    page = french(browser).get(address)
    assert (page.status, page.texts("h1")) == (200, [HEADINGS[state]])
    assert "thé.csv" in page.text
    refreshed = state in UNDER_WAY
    assert bool(page.soup.select("noscript meta[http-equiv=refresh]")) == refreshed
    assert bool(page.soup.select("script[src*=progress]")) == refreshed


UNDO_HEADINGS = {
    "checking": "The undo is being prepared",
    "checked": "Preview of the undo",
    "waiting": "The undo is waiting",
    "running": "The import is being undone",
    "done": "The import has been undone",
    "interrupted": "The undo was stopped",
    "failed": "The import could not be undone",
}
UNDO = wire.UndoReport(
    dry_run=False, products=12, unrecorded=1, done=9, deleted=3, changed=4, restored=0, left=2,
    left_alone=[wire.LeftProduct(7, "=Lamp", "changed")], left_omitted=1, sample=[],
)  # fmt: skip


@pytest.mark.parametrize("state", STATES)
def test_each_state_of_an_undo_is_a_page_that_says_so(state: Any, imports: Imports, browser: Browser) -> None:
    address = imports.put(state, undo_of=1, undo=UNDO, report=None)
    page = browser.get(address)
    assert (page.status, page.texts("h1")) == (200, [UNDO_HEADINGS[state]])
    assert page.one("main .file a")["href"] == "/imports/1"
    assert bool(page.soup.select("script[src*=progress]")) == (state in UNDER_WAY)
    assert "left alone: 2" in browser.get("/imports").text or state in ("checking", "failed")


def test_an_undo_shows_how_far_it_is(imports: Imports, browser: Browser) -> None:
    page = browser.get(imports.put("running", undo_of=1, undo=UNDO, report=None))
    bar = page.one("main progress")
    assert (bar["value"], bar["max"]) == ("9", "12")
    assert "9 of 12 products" in page.text


def test_what_an_undo_leaves_alone_can_be_downloaded(imports: Imports, browser: Browser) -> None:
    page = browser.get(imports.put("done", undo_of=1, undo=UNDO, report=None))
    answer = browser.get(page.attribute("main a[download]", "href"))
    rows = list(csv.reader(io.StringIO(answer.response.text.removeprefix("\ufeff"))))
    assert rows[:2] == [["Number", "Name", "Why"], ["7", "'=Lamp", "It has been changed since."]]
    assert rows[2][2] == "The first 1 of 2 products."


@pytest.mark.parametrize("state", ["done", "interrupted"])
def test_an_import_that_is_undone_says_so_and_offers_no_other_undo(
    state: Any, imports: Imports, browser: Browser
) -> None:
    address = imports.put(state, report=WRITTEN)
    assert browser.get(address).soup.select("form[action$=undo]")
    undo = imports.put("running", undo_of=int(address.rpartition("/")[2]), undo=UNDO, report=None)
    page = browser.get(address)
    assert not page.soup.select("form[action$=undo]")
    assert page.one(f"main a[href='{undo}']")


def test_an_import_that_the_history_does_not_know_says_so(imports: Imports, browser: Browser) -> None:
    page = press(browser, browser.get(imports.put("done")), "undo")
    assert page.status == 409
    assert "The history does not have what this import has changed" in page.one(".summary").get_text()


@pytest.mark.parametrize("state", UNDER_WAY)
def test_a_page_need_not_update_itself(state: Any, imports: Imports, browser: Browser) -> None:
    address = imports.put(state)
    still = browser.get(browser.get(address).attribute("main a[href$='?still=yes']", "href"))
    assert not still.soup.select("meta[http-equiv=refresh], script[src*=progress]")
    for selector, attribute in (("main .actions a", "href"), ("footer [name=next]", "value")):
        assert still.one(selector)[attribute] == f"{address}?still=yes"
    assert browser.get(still.attribute("main .hint a", "href")).soup.select("script[src*=progress]")


def test_the_progress_says_how_far_it_is_in_numbers_too(imports: Imports, browser: Browser) -> None:
    page = browser.get(imports.put("running", report=msgspec.structs.replace(WRITTEN, rows=1234)))
    bar = page.one("progress")
    assert (bar["value"], bar["max"], bar["aria-label"]) == ("1500000", "3000000", "The import is running")
    assert "1.4 MB of 2.9 MB · 1,234 rows · new: 2, changed: 0, left alone: 0, errors: 1" in page.text
    assert browser.get(imports.put("waiting")).texts("[role=status]") == ["One import is ahead of this one."]
    assert browser.get(imports.put("waiting")).texts("[role=status]") == ["2 imports are ahead of this one."]


def test_the_preview_shows_rows_as_they_would_be_stored(imports: Imports, browser: Browser) -> None:
    page = french(browser).get(imports.put("checked"))
    cells = page.texts("table.sample tbody tr > *")
    assert cells == ["3", "T-1", "Thé <noir>", "–", "1 299,50 €"]
    assert page.texts(".counts dd") == ["2", "0", "0", "1"]
    assert page.texts("table.faults tbody tr > *") == ["4", "Nom", "–", "Il manque le nom."]
    assert "Europe de l’Ouest (Windows)" in page.one("p.file").get_text()


def test_only_the_form_of_the_page_changes_an_import(imports: Imports, browser: Browser) -> None:
    address = imports.put("checked")
    fields = browser.get(address).fields(f"main form[action='{address}/check']")
    for wrong in ({"charset": "x"}, {"on_conflict": "destroy"}):
        assert browser.client.post(f"{address}/check", data={**fields, **wrong}).status_code == 400
    for action in ("start", "check", "cancel"):
        assert browser.client.post(f"{address}/{action}").status_code == 403
    assert imports.read(address).state == "checked"


def test_the_encoding_is_asked_for_where_it_cannot_be_told(imports: Imports, browser: Browser) -> None:
    fault = answers.FieldError("", "", "encoding", {"line": 3, "candidates": "ibm850, macintosh"})
    page = browser.get(imports.put("failed", problem=fault))
    assert "line 3 in a text editor" in page.one("[role=alert]").get_text()
    options = [option["value"] for option in page.soup.select("#charset option")]
    assert options[0] == ""
    assert {"utf-8", "windows-1252", "ibm850", "macintosh"} <= set(options)
    workbook = imports.put("failed", problem=answers.FieldError("", "", "workbook"))
    assert not browser.get(workbook).soup.select("#charset")


@pytest.mark.parametrize(
    ("skipped", "on_conflict", "why"),
    [
        (0, "skip", "nothing in this file to import"),
        (2, "skip", "to update them, choose that below"),
        (2, "update", "the catalogue already has everything in the file"),
    ],
)
def test_a_file_with_nothing_to_import_offers_no_import_and_says_why(
    skipped: int, on_conflict: str, why: str, imports: Imports, browser: Browser
) -> None:
    report = msgspec.structs.replace(REPORT, created=0, skipped=skipped)
    page = browser.get(imports.put("checked", report=report, on_conflict=on_conflict))
    assert not page.soup.select("form[action$='/start']")
    assert why in page.text


def test_a_heading_that_cannot_be_read_is_told_from_a_file_that_is_no_table(imports: Imports, browser: Browser) -> None:
    fault = answers.FieldError("", "", "quotation_marks", {"first": 1, "last": 1})
    assert "quotation marks in the heading row" in browser.get(imports.put("failed", problem=fault)).text


@pytest.mark.parametrize("state", ["interrupted", "failed"])
@pytest.mark.parametrize("report", [REPORT, WRITTEN])
def test_what_was_written_before_a_stop_is_told(
    state: Any, report: wire.ImportReport, imports: Imports, browser: Browser
) -> None:
    page = browser.get(imports.put(state, report=report, problem=answers.FieldError("", "", "gave_up")))
    assert bool(page.texts(".counts dd")) == (report is WRITTEN)
    assert ("Nothing was saved" in page.text) == (report is REPORT)


def test_the_errors_file_says_how_many_it_leaves_out(imports: Imports, browser: Browser) -> None:
    fault = wire.ImportFault(2, 2, "=cmd()", "price", "x", "", "number")
    report = msgspec.structs.replace(WRITTEN, errors=[fault] * 1000, errors_omitted=2000, failed=3000)
    page = browser.get(imports.put("done", report=report))
    said = "Only the first 1,000 of 3,000 errors are listed here."
    assert "The first 50 of 3,000." in page.text
    assert said in page.text
    answer = browser.get(page.attribute("a[download]", "href")).response
    rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert rows[0] == ["Row", "Column", "Value", "What is wrong"]
    assert rows[1] == ["2", "'=cmd()", "x", "Write the price in digits, such as 1299.00."]
    assert len(rows) == 1002
    assert rows[-1][:3] == ["", "", ""]
    assert rows[-1][3].startswith(said)
    assert "Only the first" not in browser.get(f"{imports.put('done')}/errors.csv").response.text
    assert browser.get(f"{imports.put('checking')}/errors.csv").status == 404


def test_what_comes_too_late_is_said_on_the_page_of_the_import(imports: Imports, browser: Browser) -> None:
    address = imports.put("checked")
    page = browser.get(address)
    imports.change(address, state="running")
    late = press(browser, page, "check")
    assert (late.status, late.texts("h1")) == (409, ["The import is running"])
    assert "no longer possible" in late.one("[role=alert]").get_text()
    # The switch, and what comes next, lead to the import's own address, not to the button's.
    assert late.one("footer [name=next]")["value"] == address
    assert late.one("noscript meta")["content"] == f"3; url={address}"
    assert late.one("#progress")["data-address"] == address


def test_an_outage_loses_nothing(
    settings: Settings, imports: Imports, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "CHANGE_TIMEOUT", Timeout(0.2))
    address = imports.put("checked")
    page = browser.get(address)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for add_url in (AWAY, f"http://127.0.0.1:{silent.getsockname()[1]}"):
            app = display_product.create_app(msgspec.structs.replace(settings, add_url=add_url))
            lonely = Browser(app.test_client())
            lonely.client.set_cookie("catalog_session", browser.client.get_cookie("catalog_session").value)
            said = press(lonely, page, "start")
            assert (said.status, said.texts("h1")) == (503, ["Preview of the import"])
            assert said.response.headers["Retry-After"] == "5"
    app = display_product.create_app(msgspec.structs.replace(settings, read_url=AWAY))
    away = Browser(app.test_client()).get(address)
    assert (away.status, away.attribute("main .actions a", "href")) == (503, address)


def test_an_import_that_there_is_not(imports: Imports, browser: Browser) -> None:
    address = imports.put("checked")
    page = browser.get(address)
    imports.clear()
    for answer in (browser.get(address), browser.get(f"{address}/errors.csv"), press(browser, page, "start")):
        assert (answer.status, answer.texts("h1")) == (404, ["There is no such import"])
    assert browser.get("/imports/0").status == 404


def test_all_imports_are_listed_with_their_state(imports: Imports, browser: Browser) -> None:
    first = browser.get(browser.get("/import").attribute("main a[href='/imports']", "href"))
    assert "No file has been imported yet." in first.text
    addresses = [imports.put("checked"), imports.put("failed"), *(imports.put("done") for _ in range(19))]
    page = browser.get("/imports")
    next_page = browser.get(page.attribute("a[rel=next]", "href"))
    assert [each["href"] for shown in (page, next_page) for each in shown.soup.select(".card a")] == addresses[::-1]
    assert next_page.texts(".card .state") == ["checked, not started"]
    assert page.texts(".card .state") == ["done"] * 19 + ["not imported"]


def test_scripts_in_an_import_come_out_as_text(imports: Imports, browser: Browser) -> None:
    script = "<script>alert('x')</script><b onclick=alert(1)>&amp;"
    fault = wire.ImportFault(2, 2, script, "name", script, script, "x")
    report = msgspec.structs.replace(
        REPORT, encoding=script, columns={"name": script}, ignored_columns=[script], errors=[fault], warnings=[fault],
        sample=[wire.SampleRow(2, 2, {"name": script})],
    )  # fmt: skip
    for state in STATES:
        page = browser.get(imports.put(state, name=script, report=report))
        assert script in page.text
        assert not page.soup.select("script:not([src]), [onclick]")
