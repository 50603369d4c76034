"""Signing in and out of the pages by name and password, and what an attacker tries there."""

import logging
import re
import time
from concurrent.futures import ThreadPoolExecutor
from http.cookies import SimpleCookie
from pathlib import Path
from threading import Event, Semaphore
from typing import Any
from urllib.parse import urlsplit

import bcrypt
import pytest
from msgspec.structs import replace

import display_product
import people
from catalog.settings import Settings
from display_product.web import door
from pages import Browser, Page
from people import EDITOR, PASSWORDS, READER, sign_in
from serving import access

SESSION = "catalog_session"


def of(settings: Settings, **changed: object) -> Browser:
    """A browser in front of pages with other settings."""
    return Browser(display_product.create_app(replace(settings, **changed)).test_client())


def signed_in(browser: Browser) -> bool:
    return bool(browser.get("/").soup.select("header .who bdi"))


def session_cookie(browser: Browser) -> str:
    cookie = browser.client.get_cookie(SESSION)
    return cookie.value if cookie else ""


def test_whoever_signs_in_goes_on_to_where_they_wanted_to_go(guarded_browser: Browser) -> None:
    sent = guarded_browser.get("/products/new?x=1")
    assert sent.status == 303
    address = sent.response.headers["Location"]
    assert sign_in(guarded_browser, EDITOR, address=address).response.headers["Location"] == "/products/new?x=1"
    page = guarded_browser.get("/products/new")
    assert page.status == 200
    assert page.texts("header .who") == [EDITOR]


def test_a_wrong_password_and_an_unknown_name_look_the_same(guarded_browser: Browser) -> None:
    pages = [sign_in(guarded_browser, name, "wrong") for name in (EDITOR, "Nobody")]
    for page in pages:
        assert page.status == 422
        assert page.texts("[role=alert]") == ["Name or password is wrong."]
        assert page.one("#password").get("value") is None
    assert [page.attribute("#name", "value") for page in pages] == [EDITOR, "Nobody"]
    assert not signed_in(guarded_browser)


def test_a_password_that_bcrypt_would_cut_is_refused_with_a_reason(guarded_browser: Browser) -> None:
    page = sign_in(guarded_browser, EDITOR, "x" * 73)
    assert (page.status, page.texts("[role=alert]")) == (422, ["A password can have 72 bytes at most."])


def test_signing_out_ends_it_and_leaves_language_and_colours(guarded_browser: Browser) -> None:
    for choice in ({"language": "fr"}, {"theme": "dark"}):
        guarded_browser.client.post("/preferences", data={"next": "/", **choice})
    sign_in(guarded_browser, EDITOR)
    out = guarded_browser.send(guarded_browser.get("/account"), "/sign-out")
    assert (out.status, out.response.headers["Location"]) == (303, "/")
    assert out.response.headers["Clear-Site-Data"] == '"cache"'
    home = guarded_browser.get("/")
    assert home.texts("[role=status]") == ["Vous êtes déconnecté."]
    assert (home.attribute("html", "lang"), home.attribute("html", "data-theme")) == ("fr", "dark")
    assert guarded_browser.get("/products/new").status == 303
    assert guarded_browser.client.post("/sign-out").headers["Location"] == "/"


def test_a_reader_is_told_so_and_sees_no_button_that_would_be_refused(guarded_browser: Browser) -> None:
    sign_in(guarded_browser, READER)
    page = guarded_browser.get("/products/new")
    assert page.status == 403
    assert page.texts("h1") == ["You may look, but not change anything"]
    for address in ("/", "/products", "/imports"):
        links = {link["href"] for link in guarded_browser.get(address).soup.select("a")}
        assert not links & {"/products/new", "/import"}


def test_without_anonymous_reading_nothing_is_shown_before_the_sign_in(guarded_settings: Settings) -> None:
    browser = of(guarded_settings, anonymous_read=False)
    for address in ("/", "/products", "/products/1", "/imports", "/export/products.csv", "/status"):
        page = browser.get(address)
        assert (page.status, page.response.headers["Location"]) == (303, f"/sign-in?next={address}")
    for address in ("/sign-in", "/livez", "/readyz"):
        assert browser.get(address).status == 200
    sign_in(browser, READER)
    assert browser.get("/products").status == 200


LEADING_OUT = [
    "https://evil.example", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "http:evil.example",
    "/\t/evil.example", "/\n/evil.example", "\t//evil.example", " //evil.example", "javascript:alert(1)", "/%0d%0aX: y/..//",
    "/%5cevil.example/../..", "evil.example", "/..//evil.example", "/%2e%2e//evil.example", "/./evil", "/a\r\nSet-Cookie: x=y",
    "/\u2028/evil", "data:text/html,x", "/" * 7000, "https:/evil.example", "?next=//evil.example", "",
    "/sign-in", "/sign-in?next=/x", "/sign-out",
]  # fmt: skip


def test_no_target_leads_out_of_the_pages_or_back_to_the_form(guarded_browser: Browser) -> None:
    for target in LEADING_OUT:
        page = sign_in(guarded_browser, EDITOR, next=target)
        assert page.status == 303
        assert page.response.headers["Location"] in ("/", "/sign-out"), target
        assert "Set-Cookie: x" not in str(page.response.headers)


def test_a_target_on_the_pages_is_kept(guarded_browser: Browser) -> None:
    for target in ("/products?q=%2F%2Fevil&sort=name", "/products/1/edit", "/import", "/%2F%2Fevil.example"):
        assert sign_in(guarded_browser, EDITOR, next=target).response.headers["Location"] == target


def test_pages_below_a_path_lead_to_no_neighbour(guarded_settings: Settings) -> None:
    browser = of(guarded_settings, public_url="http://localhost/shop")
    for target, location in (("/shop/import", "/shop/import"), ("/admin", "/shop/"), ("/shop/../admin", "/shop/")):
        page = browser.get("/shop/sign-in")
        fields = {**page.fields(), "name": EDITOR, "password": PASSWORDS[EDITOR], "next": target}
        assert browser.client.post("/shop/sign-in", data=fields).headers["Location"] == location


def test_a_session_that_was_prepared_is_not_the_one_that_is_signed_in(guarded_browser: Browser) -> None:
    """Session fixation: an attacker gives the victim a session whose form tokens the attacker knows."""
    planted = guarded_browser.get("/sign-in")
    token = planted.fields()["csrf_token"]
    before = session_cookie(guarded_browser)
    cookies = [(cookie.key, cookie.value) for cookie in guarded_browser.client._cookies.values()]
    sign_in(guarded_browser, EDITOR)
    after = session_cookie(guarded_browser)
    assert before != after
    for key, value in cookies:
        if key != SESSION:
            guarded_browser.client.set_cookie(key, value)
    fields = {"csrf_token": token, "name": "Forged", "price": "1"}
    page = Page(guarded_browser.client.post("/products/new", data=fields))
    assert page.status == 403
    assert guarded_browser.client.post("/products/undo", data={"csrf_token": token}).status_code == 403
    # The session of before has not become one that is signed in.
    guarded_browser.client.set_cookie(SESSION, before)
    assert not signed_in(guarded_browser)


def test_nobody_can_be_signed_in_or_out_by_another_site(guarded_browser: Browser) -> None:
    fields = {"name": EDITOR, "password": PASSWORDS[EDITOR]}
    for forged in ({}, {"csrf_token": ""}, {"csrf_token": "x" * 90}):
        page = Page(guarded_browser.client.post("/sign-in", data={**fields, **forged}))
        assert page.status == 403
        assert page.attribute("#name", "value") == EDITOR
    assert not signed_in(guarded_browser)
    sign_in(guarded_browser, EDITOR)
    for forged in ({}, {"csrf_token": "x" * 90}):
        assert guarded_browser.client.post("/sign-out", data=forged).status_code == 403
    assert signed_in(guarded_browser)


def test_a_form_at_another_site_neither_writes_nor_replaces_the_session(guarded_browser: Browser) -> None:
    """A browser sends such a request without the cookies, and would keep those of the response."""
    sign_in(guarded_browser, EDITOR)
    elsewhere = guarded_browser.client.application.test_client()
    for path in ("/sign-in", "/sign-out", "/products/new"):
        answer = elsewhere.post(path, data={"name": "x"}, headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403
        assert "Set-Cookie" not in answer.headers
    assert signed_in(guarded_browser)


def test_a_token_of_another_browser_is_not_accepted(guarded_settings: Settings) -> None:
    app = display_product.create_app(guarded_settings)
    mine, theirs = Browser(app.test_client()), Browser(app.test_client())
    token = theirs.get("/sign-in").fields()["csrf_token"]
    mine.get("/sign-in")
    fields = {"name": EDITOR, "password": PASSWORDS[EDITOR], "csrf_token": token}
    assert mine.client.post("/sign-in", data=fields).status_code == 403


def test_a_session_ends_after_eight_idle_hours_and_after_seven_days(
    guarded_browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_800_000_000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    sign_in(guarded_browser, EDITOR)
    hours = 0
    while signed_in(guarded_browser):
        now[0] += 7 * 3600
        hours += 7
    assert hours == 24 * 7
    sign_in(guarded_browser, EDITOR)
    now[0] += 8 * 3600 - 1
    assert signed_in(guarded_browser)
    now[0] += 8 * 3600
    page = guarded_browser.get("/")
    assert page.texts("[role=status]")[0].startswith(
        "You have been signed out because you did nothing here for 8 hours"
    )
    assert guarded_browser.get("/products/new").status == 303


@pytest.mark.parametrize(("ahead", "believed"), [(299, True), (400, False)])
def test_a_session_from_a_replica_whose_clock_is_a_little_ahead_is_believed(
    ahead: int, believed: bool, guarded_browser: Browser
) -> None:
    sign_in(guarded_browser, EDITOR)
    with guarded_browser.client.session_transaction() as session:
        session["person"] |= {"started": int(time.time()) + ahead, "seen": int(time.time()) + ahead}
    assert signed_in(guarded_browser) is believed


def test_the_last_use_is_noted_now_and_then_only(guarded_browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_800_000_000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    sign_in(guarded_browser, EDITOR)
    assert "Set-Cookie" not in guarded_browser.get("/products").response.headers
    address = guarded_browser.get("/sign-in").attribute("link[rel=stylesheet]", "href")
    now[0] += 400
    # A shared cache may keep a style sheet, and must not give one person's session to another.
    style = guarded_browser.get(address)
    assert "public" in style.response.headers["Cache-Control"]
    assert "Set-Cookie" not in style.response.headers
    assert SESSION in SimpleCookie(guarded_browser.get("/products").response.headers["Set-Cookie"])


@pytest.mark.parametrize("change", ["removed", "password"])
def test_whoever_is_removed_or_gets_a_new_password_is_signed_out_at_once(
    change: str, guarded_settings: Settings
) -> None:
    browser = of(guarded_settings)
    sign_in(browser, EDITOR)
    assert signed_in(browser)
    content = "" if change == "removed" else people.line(EDITOR, "another one")
    Path(guarded_settings.editors_file).write_text(content)
    page = browser.get("/")
    assert "your account, or how people sign in, has changed" in page.texts("[role=status]")[0]
    assert browser.get("/products/new").status == 303
    Path(guarded_settings.editors_file).write_text(people.line(EDITOR, PASSWORDS[EDITOR]))
    assert not signed_in(browser)


def test_a_new_role_applies_at_once(guarded_settings: Settings) -> None:
    browser = of(guarded_settings)
    sign_in(browser, EDITOR)
    editors, readers = Path(guarded_settings.editors_file), Path(guarded_settings.readers_file)
    account = editors.read_text()
    editors.write_text("")
    readers.write_text(account)
    assert browser.get("/products/new").status == 403


def test_a_new_generation_signs_everybody_out(guarded_settings: Settings) -> None:
    browser = of(guarded_settings)
    sign_in(browser, EDITOR)
    cookie = session_cookie(browser)
    other = of(guarded_settings, session_generation=2)
    other.client.set_cookie(SESSION, cookie)
    assert not signed_in(other)


def test_a_key_can_be_replaced_without_signing_anybody_out(guarded_settings: Settings, tmp_path: Path) -> None:
    old, new = "o" * 40, "n" * 40
    key = tmp_path / "key"
    cookies, pages = {}, {}
    for step, content in (("old", f"{old}\n"), ("new", f"{new}\n{old}\n"), ("gone", f"{new}\n")):
        key.write_text(content)
        browser = pages[step] = of(guarded_settings, secret_key_file=str(key))
        sign_in(browser, EDITOR)
        cookies[step] = session_cookie(browser)

    def accepts(step: str, cookie: str) -> bool:
        pages[step].client.set_cookie(SESSION, cookies[cookie])
        return signed_in(pages[step])

    assert accepts("new", "old")
    assert accepts("gone", "new")
    assert not accepts("gone", "old")
    assert not accepts("old", "new")
    form = pages["new"]
    form.client.set_cookie(SESSION, cookies["old"])
    assert form.send(form.get("/products/new"), "/products/new", name="Kept", price="1").status == 303


def test_a_short_key_among_several_stops_the_start(guarded_settings: Settings, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("o" * 40 + "\nshort\n")
    with pytest.raises(SystemExit, match="CATALOG_SECRET_KEY_FILE"):
        of(guarded_settings, secret_key_file=str(key))


OTHERS: list[dict[str, Any]] = [
    {"csrf_token": "x", "saved": {}},
    {"person": EDITOR},
    {"person": {"method": "account", "name": EDITOR, "role": "editor"}},
    {"person": {"method": "magic", "name": EDITOR, "role": "editor", "fingerprint": "", "generation": 1, "started": 0, "seen": 0}},
    {"person": None},
]  # fmt: skip


def test_a_session_of_another_version_is_simply_not_signed_in(guarded_browser: Browser) -> None:
    for held in OTHERS:
        with guarded_browser.client.session_transaction() as session:
            session.clear()
            session.update(held)
        assert guarded_browser.get("/").status == 200
        assert guarded_browser.get("/products/new").status == 303


def test_text_typed_into_a_form_survives_the_end_of_the_session(guarded_settings: Settings) -> None:
    browser = of(guarded_settings)
    sign_in(browser, EDITOR)
    form = browser.get("/products/new")
    kept = Path(guarded_settings.editors_file).read_text()
    Path(guarded_settings.editors_file).write_text("")
    page = browser.send(form, "/products/new", name="Half an hour of typing", price="3")
    assert page.status == 403
    assert page.attribute("#name", "value") == "Half an hour of typing"
    assert "You are no longer signed in" in page.text
    Path(guarded_settings.editors_file).write_text(kept)
    other_tab = browser
    sign_in(other_tab, EDITOR)
    again = browser.send(page, "/products/new", name="Half an hour of typing", price="3")
    if again.status != 303:
        again = browser.send(again, "/products/new")
    assert again.status == 303


def test_a_name_with_every_odd_character_is_shown_escaped_and_breaks_no_header(guarded_settings: Settings) -> None:
    name = "<script>alert('Zoë')</script> \"李雷\" %0d%0aX-Evil= 1 \u202e"
    Path(guarded_settings.editors_file).write_text(people.line(name, "x"), encoding="utf-8")
    browser = of(guarded_settings)
    sign_in(browser, name, "x")
    page = browser.get("/account")
    assert name.split()[0] not in page.response.text
    assert page.texts("main bdi") == [" ".join(name.split())]
    assert "X-Evil" not in page.response.headers
    made = browser.send(browser.get("/products/new"), "/products/new", name="By an odd name", price="3")
    assert made.status == 303


def test_pages_of_different_people_never_mix(guarded_settings: Settings) -> None:
    app = display_product.create_app(guarded_settings)
    editor, reader, nobody = (Browser(app.test_client()) for _ in range(3))
    sign_in(editor, EDITOR)
    sign_in(reader, READER)
    for _ in range(2):
        pages = [browser.get("/products") for browser in (editor, reader, nobody)]
        assert [page.texts("header .who") for page in pages] == [[EDITOR], [READER], ["Sign in"]]
        assert len({page.response.headers["ETag"] for page in pages}) == 3
        for page in pages:
            assert "private" in page.response.headers["Cache-Control"]
            assert "Cookie" in page.response.headers["Vary"]
    etag = pages[0].response.headers["ETag"]
    assert reader.get("/products", headers={"If-None-Match": etag}).status == 200
    assert editor.get("/products", headers={"If-None-Match": etag}).status == 304


def test_whoever_has_not_signed_in_sees_a_product_without_an_empty_row_of_buttons(guarded_settings: Settings) -> None:
    app = display_product.create_app(guarded_settings)
    editor, nobody = Browser(app.test_client()), Browser(app.test_client())
    sign_in(editor, EDITOR)
    made = editor.send(editor.get("/products/new"), "/products/new", name="Lamp", price="3")
    address = urlsplit(made.response.headers["Location"]).path
    assert editor.get(address).texts(".actions a") == ["Edit", "History", "Delete"]
    assert not nobody.get(address).soup.select(".actions")


def test_after_some_failures_a_name_has_to_wait_wherever_they_came_from(
    guarded_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "PER_NAME", (3, 3600.0))
    browser = of(guarded_settings)
    assert [sign_in(browser, EDITOR, "wrong").status for _ in range(3)] == [422] * 3
    page = sign_in(browser, EDITOR)
    assert page.status == 429
    assert 3000 < int(page.response.headers["Retry-After"]) <= 3600
    assert "There were too many attempts" in page.text
    assert not signed_in(browser)
    assert sign_in(browser, READER).status == 303


def test_whoever_guesses_elsewhere_does_not_lock_the_owner_of_a_name_out(
    guarded_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "PER_NAME", (3, 3600.0))
    app = display_product.create_app(guarded_settings)
    owner, other = Browser(app.test_client()), Browser(app.test_client())
    sign_in(owner, EDITOR)
    owner.send(owner.get("/account"), "/sign-out")
    assert [sign_in(other, EDITOR, "wrong").status for _ in range(4)] == [422] * 3 + [429]
    assert sign_in(owner, EDITOR).status == 303
    # Nor does that browser let anybody guess without end, or other names.
    assert [sign_in(owner, EDITOR, "wrong").status for _ in range(4)] == [422] * 3 + [429]
    known = owner.client.get_cookie("catalog_known").value
    assert [sign_in(other, READER, "wrong").status for _ in range(3)] == [422] * 3
    other.client.set_cookie("catalog_known", known)
    assert sign_in(other, READER).status == 429
    other.client.set_cookie("catalog_known", known[:-1] + "x")
    assert sign_in(other, EDITOR).status == 429


def test_signing_in_often_is_no_failure(guarded_browser: Browser) -> None:
    assert {sign_in(guarded_browser, EDITOR).status for _ in range(12)} == {303}


def test_an_address_has_to_wait_whatever_names_it_tries(
    guarded_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "PER_ADDRESS", (5, 3600.0))
    browser = of(guarded_settings)

    def attempt(number: int, address: str) -> int:
        fields = {**browser.get("/sign-in").fields(), "name": f"name {number}", "password": "x"}
        headers = {"X-Forwarded-For": f"6.6.6.{number}, {address}"}
        return browser.client.post("/sign-in", data=fields, headers=headers).status_code

    assert [attempt(number, "203.0.113.7") for number in range(7)] == [422] * 5 + [429] * 2
    assert attempt(9, "203.0.113.8") == 422


def test_a_thousand_sign_ins_leave_the_pages_their_threads(
    guarded_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While passwords are checked, two threads of eight wait at most; all others are told to come back later."""
    app = display_product.create_app(guarded_settings)
    begun, over = Semaphore(0), Event()

    def wait(*_: bytes) -> bool:
        begun.release()
        over.wait()
        return False

    monkeypatch.setattr(bcrypt, "checkpw", wait)
    entrance: door.Door = app.extensions["door"]
    page = Browser(app.test_client())
    fields = {**page.get("/sign-in").fields(), "name": "Nobody", "password": "x"}
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(entrance.enter, "a", "x", "203.0.113.1")
        begun.acquire()
        # The second waits for its turn; until it does, others may still take its place.
        second = pool.submit(entrance.enter, "b", "x", "203.0.113.2")
        while entrance._places._value:
            time.sleep(0)
        for number in range(1000):
            with pytest.raises(door.Busy):
                entrance.enter(f"name {number}", "x", "203.0.113.3")
        assert page.client.post("/sign-in", data=fields).status_code == 503
        assert page.get("/products").status == 200
        over.set()
        assert (first.result(), second.result()) == (None, None)
    assert begun.acquire(blocking=False)
    assert not begun.acquire(blocking=False)


def test_whoever_is_told_that_others_sign_in_learns_when_to_try_again(
    guarded_browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise door.Busy

    monkeypatch.setattr(door.Door, "enter", busy)
    page = sign_in(guarded_browser, EDITOR)
    assert (page.status, page.response.headers["Retry-After"]) == (503, "2")
    assert page.attribute("#name", "value") == EDITOR


def test_each_sign_in_is_in_the_audit_log_and_no_password_is(
    guarded_browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sign_in(guarded_browser, EDITOR, "not this one")
    # As it happens: the password in the field of the name.
    sign_in(guarded_browser, "hunter two", "")
    sign_in(guarded_browser, EDITOR)
    guarded_browser.send(guarded_browser.get("/account"), "/sign-out")
    lines = [vars(record) for record in caplog.records if record.name == "audit"]
    assert [(line["event"], line["who"]) for line in lines] == [
        ("sign_in_failed", ""),
        ("sign_in_failed", ""),
        ("sign_in", EDITOR),
        ("sign_out", EDITOR),
    ]
    assert (lines[0]["name_given"], lines[0]["reason"], lines[0]["address"]) == (EDITOR, "refused", "127.0.0.1")
    logged = " ".join(str(vars(record)) for record in caplog.records)
    for secret in ("not this one", "hunter two", PASSWORDS[EDITOR], "$2y$"):
        assert secret not in logged


def test_the_metrics_count_sign_ins(guarded_browser: Browser) -> None:
    from catalog import counters

    def counted(result: str) -> float:
        return counters.sign_ins.labels("account", result)._value.get()

    before = counted("success"), counted("refused")
    sign_in(guarded_browser, EDITOR, "wrong")
    sign_in(guarded_browser, EDITOR)
    assert (counted("success"), counted("refused")) == (before[0] + 1, before[1] + 1)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"editors_file": None, "readers_file": None}, "nobody could sign in"),
        ({"editors_file": "/nowhere"}, "/nowhere"),
        ({"signing_key_file": None}, "CATALOG_SIGNING_KEY_FILE"),
        ({"oidc_issuer": "https://login.example"}, "CATALOG_OIDC_CLIENT_ID"),
        ({"oidc_issuer": "https://login.example", "oidc_client_id": "x"}, "CATALOG_OIDC_EDITOR_GROUPS"),
    ],
)
def test_what_cannot_work_stops_the_start_with_a_sentence(
    changed: dict, sentence: str, guarded_settings: Settings
) -> None:
    with pytest.raises(SystemExit, match=re.escape(sentence)):
        of(guarded_settings, **changed)


def test_pages_whose_key_the_services_do_not_know_say_that_the_fault_is_not_the_persons(
    guarded_settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    browser = of(guarded_settings, signing_key_file=people.files(other)["signing_key_file"])
    sign_in(browser, EDITOR)
    page = browser.send(browser.get("/products/new"), "/products/new", name="Lamp", price="3")
    assert (page.status, page.response.headers["Retry-After"]) == (503, "5")
    assert page.texts("h1") == ["The catalogue does not recognise you"]
    assert "add-product does not accept who sent the request" in caplog.text
    assert "eyJ" not in caplog.text


def test_what_a_service_refuses_in_spite_of_the_pages_is_a_page_too(
    guarded_browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The services decide again, whatever the pages think of a reader."""
    sign_in(guarded_browser, READER)
    monkeypatch.setitem(access.RANKS, "reader", access.RANKS["editor"])
    page = guarded_browser.send(guarded_browser.get("/products/new"), "/products/new", name="Lamp", price="3")
    assert page.status == 403
    assert page.texts("h1") == ["You may look, but not change anything"]
