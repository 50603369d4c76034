"""How people sign in and out, with scripts and without, in both languages."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

import dex
from browser.gallery import sign_in
from browser.site import Site
from people import EDITOR, PASSWORDS, READER

pytestmark = pytest.mark.browser

WORDS = {
    "en-GB": {
        "in": "Sign in", "out": "Sign out", "name": "Name", "password": "Password", "account": "Your account: Zoë",
        "add": "Add", "wrong": "Name or password is wrong.", "over": "You have signed out.", "tokens": "Tokens for programs",
        "make": "Make a token", "valid": "valid", "revoke": "Revoke “Nightly import”", "revoked": "revoked",
    },
    "fr-FR": {
        "in": "Se connecter", "out": "Se déconnecter", "name": "Nom", "password": "Mot de passe",
        "account": "Votre compte\xa0: Zoë", "add": "Ajouter", "wrong": "Le nom ou le mot de passe est incorrect.",
        "over": "Vous êtes déconnecté.", "tokens": "Jetons pour les programmes", "make": "Créer un jeton",
        "valid": "valable", "revoke": "Révoquer «\xa0Nightly import\xa0»", "revoked": "révoqué",
    },
}  # fmt: skip


@pytest.fixture(params=WORDS)
def words(request: pytest.FixtureRequest) -> dict[str, str]:
    """What the pages say in a language."""
    return WORDS[request.param]


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def page(request: pytest.FixtureRequest, guarded: Site, words: dict[str, str]) -> Iterator[Page]:
    """A person's browser in that language, at the home page."""
    locale = next(locale for locale, said in WORDS.items() if said is words)
    with guarded.visit(("external request",), locale=locale, java_script_enabled=request.param) as found:
        found.goto("")
        yield found


def test_whoever_signs_in_can_write_until_they_sign_out(page: Page, words: dict[str, str]) -> None:
    expect(page.get_by_role("link", name=words["add"], exact=True)).to_have_count(0)
    page.goto("products/new")
    expect(page.get_by_role("heading", level=1)).to_have_text(words["in"])
    for password in ("wrong", PASSWORDS[EDITOR]):
        page.get_by_label(words["name"], exact=True).fill(EDITOR)
        page.get_by_label(words["password"]).fill(password)
        page.get_by_role("main").get_by_role("button", name=words["in"], exact=True).click()
        if password == "wrong":
            expect(page.get_by_role("alert")).to_have_text(words["wrong"])
            expect(page.get_by_role("alert")).to_be_focused()
            expect(page.get_by_label(words["password"])).to_have_value("")
    expect(page).to_have_url(re.compile("/products/new$"))
    page.locator("#name").fill("Made by Zoë")
    page.locator("#price").fill("3")
    page.locator("#kept button[type=submit]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Made by Zoë")
    page.get_by_role("link", name=words["account"]).click()
    page.get_by_role("button", name=words["out"]).click()
    expect(page.get_by_role("status")).to_have_text(words["over"])
    page.goto("products/new")
    expect(page.get_by_role("heading", level=1)).to_have_text(words["in"])


def test_an_editor_makes_a_token_that_is_shown_once_and_revokes_it(page: Page, words: dict[str, str]) -> None:
    sign_in(page, EDITOR)
    page.get_by_role("link", name=words["account"]).click()
    page.get_by_role("link", name=words["tokens"]).click()
    page.locator("#name").fill("Nightly import")
    page.get_by_role("button", name=words["make"]).click()
    expect(page.locator(".token")).to_have_text(re.compile("^pcat_[0-9A-Za-z]{49}$"))
    expect(page.locator(".card").first).to_contain_text(words["valid"])
    page.goto("tokens")
    expect(page.locator(".token")).to_have_count(0)
    assert "pcat_" not in page.content()
    page.get_by_role("button", name=words["revoke"]).first.click()
    expect(page.get_by_role("status")).to_be_visible()
    expect(page.locator(".card").first).to_contain_text(words["revoked"])


@pytest.mark.parametrize("words", ["en-GB"], indirect=True)
def test_a_reader_finds_products_and_no_way_to_change_them(page: Page, words: dict[str, str]) -> None:
    sign_in(page, READER)
    expect(page.locator(".who")).to_have_text(READER)
    page.goto("products")
    expect(page.get_by_role("link", name=words["add"], exact=True)).to_have_count(0)
    page.goto("import")
    expect(page.get_by_role("heading", level=1)).to_have_text("You may look, but not change anything")


@pytest.mark.parametrize("words", ["en-GB"], indirect=True)
def test_text_that_was_typed_waits_for_whoever_has_to_sign_in_again(page: Page, words: dict[str, str]) -> None:
    sign_in(page, EDITOR)
    page.goto("products/new")
    page.locator("#name").fill("A long description")
    page.locator("#price").fill("3")
    page.context.clear_cookies()
    page.locator("#kept button[type=submit]").click()
    expect(page.locator(".summary")).to_contain_text("You are no longer signed in.")
    expect(page.locator("#name")).to_have_value("A long description")
    other = page.context.new_page()
    sign_in(other, EDITOR)
    expect(other.locator(".who")).to_have_text(EDITOR)
    page.locator("#kept button[type=submit]").click()
    # The form is from before the sign-in, so it is asked for once more.
    expect(page.locator(".summary")).to_contain_text("Please send it again.")
    page.locator("#kept button[type=submit]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("A long description")


@pytest.mark.dex
@pytest.mark.parametrize("words", ["en-GB"], indirect=True)
@pytest.mark.parametrize(
    ("name", "heading"),
    [("ada", "Add a product"), ("ben", "You may look, but not change anything"), ("cid", "Sign in")],
)
def test_people_sign_in_at_dex_with_what_their_groups_allow(
    name: str, heading: str, page: Page, words: dict[str, str]
) -> None:
    page.goto("products/new")
    page.get_by_role("link", name="Sign in with your organisation’s account").click()
    page.locator("[name=login]").fill(f"{name}@example.org")
    page.locator("[name=password]").fill(dex.PASSWORD)
    page.locator("button[type=submit]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    if name == "cid":
        expect(page.get_by_role("alert")).to_contain_text("in none of the groups")
    else:
        expect(page.locator(".who")).to_have_text(name)
        page.get_by_role("link", name=f"Your account: {name}").click()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("status")).to_have_text("You have signed out.")
