"""The page of the tokens of programs."""

import pytest

import processes
from pages import Browser
from people import EDITOR, READER, sign_in
from processes import Running


@pytest.fixture
def editor(guarded_browser: Browser) -> Browser:
    """An editor's browser."""
    sign_in(guarded_browser, EDITOR)
    return guarded_browser


def make(browser: Browser, **fields: str) -> str:
    """Makes a token by the form."""
    page = browser.send(browser.get("/tokens"), "/tokens", days="7", **fields)
    assert page.status == 200, page.text
    assert page.response.headers["Cache-Control"] == "private, no-store"
    return page.one(".token").get_text()


def test_a_token_is_shown_once_works_as_its_role_says_and_ends_when_it_is_revoked(
    editor: Browser, guarded: Running
) -> None:
    tokens = {role: make(editor, name=f"For a {role}", role=role) for role in ("reader", "editor")}
    api = processes.Client(guarded.urls["add_product"])
    product = {"name": "By a program", "price": "1"}
    statuses = {
        role: api.post("/api/v1/products", json=product, headers={"Authorization": f"Bearer {token}"}).status_code
        for role, token in tokens.items()
    }
    assert statuses == {"reader": 403, "editor": 201}
    page = editor.get("/tokens")
    assert "pcat_" not in page.response.text
    first = page.soup.select(".cards .card")[0]
    assert first.select_one("h3").get_text() == "For a editor"
    assert EDITOR in first.get_text()
    before = len(page.soup.select(".cards form"))
    action = str(first.select_one("form")["action"])
    answer = editor.send(page, action)
    assert (answer.status, answer.response.headers["Location"]) == (303, "/tokens")
    page = editor.get("/tokens")
    assert page.texts("[role=status]")[0].startswith("The token has been revoked.")
    assert page.texts(".cards .state")[0] == "revoked"
    assert len(page.soup.select(".cards form")) == before - 1
    # A second click, or one of somebody else, changes nothing.
    assert editor.send(page, action).status == 303
    assert editor.send(page, "/tokens/999999999/revoke").status == 303


def test_a_name_that_cannot_be_used_is_explained_and_what_was_chosen_stays(editor: Browser) -> None:
    for name in ("", "x" * 201, "two\nlines"):
        page = editor.send(editor.get("/tokens"), "/tokens", name=name, role="editor", days="365")
        assert page.status == 422
        assert page.soup.select(".summary a[href='#name']")
        assert page.one("[name=days] [selected]")["value"] == "365"
        assert page.one("[name=role][checked]")["value"] == "editor"
        assert not page.soup.select(".token")


def test_a_choice_that_is_not_offered_makes_no_token(editor: Browser) -> None:
    for wrong in ({"role": "owner"}, {"days": "100000"}, {"days": "x"}):
        page = editor.send(editor.get("/tokens"), "/tokens", **{"name": "x", "role": "reader", "days": "7", **wrong})
        assert page.status == 422
        assert not page.soup.select(".token")


def test_a_change_of_language_makes_no_token(editor: Browser) -> None:
    before = len(editor.get("/tokens").soup.select(".cards .card"))
    page = editor.send(editor.get("/tokens"), "/tokens", name="Kept", role="reader", days="30", language="fr")
    assert page.attribute("html", "lang") == "fr"
    assert page.attribute("#name", "value") == "Kept"
    assert len(page.soup.select(".cards .card")) == before


def test_readers_and_other_sites_make_and_revoke_no_token(guarded_browser: Browser) -> None:
    sign_in(guarded_browser, READER)
    for address in ("/tokens", "/tokens/1/revoke"):
        assert guarded_browser.client.post(address, data={"name": "x"}).status_code == 403
    sign_in(guarded_browser, EDITOR)
    for address in ("/tokens", "/tokens/1/revoke"):
        assert (
            guarded_browser.client.post(address, data={"name": "x", "role": "editor", "days": "7"}).status_code == 403
        )
