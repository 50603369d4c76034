"""The small things that scripts add; without them everything works too, as the journeys show."""

import pytest
from playwright.sync_api import FilePayload, expect

from browser.site import Site
from imports import REPORT, Imports

pytestmark = pytest.mark.browser

# Comes after the page's own listener, counts what that one lets through, and keeps the page where it is.
COUNT_AND_HOLD = """() => {
    window.sent = 0;
    document.querySelector("main form").addEventListener("submit", event => {
        if (!event.defaultPrevented) window.sent += 1;
        event.preventDefault();
    });
}"""
FILE: FilePayload = {"name": "products.csv", "mimeType": "text/csv", "buffer": b"name,price\nLamp,1\n"}


def test_an_import_says_that_it_is_under_way_and_goes_once(site: Site) -> None:
    with site.visit() as page:
        page.goto("import")
        page.locator("#file").set_input_files(FILE)
        page.evaluate(COUNT_AND_HOLD)
        button = page.get_by_role("button", name="Check the file")
        button.click()
        expect(page.get_by_role("status")).to_contain_text("Checking the file…")
        expect(page.get_by_role("progressbar", name="Checking the file…")).to_be_visible()
        button.click()
        expect(page.get_by_role("progressbar")).to_have_count(1)
        assert page.evaluate("sent") == 1


def test_whoever_goes_back_can_send_the_form_again(site: Site) -> None:
    with site.visit() as page:
        page.goto("products/new")
        page.locator("#price").fill("x")
        page.get_by_role("button", name="Add the product").click()
        expect(page.locator(".summary")).to_be_focused()
        page.go_back()
        page.locator("#name").fill("Lamp")
        page.locator("#price").fill("3")
        page.get_by_role("button", name="Add the product").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Lamp")


def test_a_file_that_is_too_large_is_said_before_it_travels(site: Site) -> None:
    with site.visit() as page:
        page.goto("import")
        field = page.locator("#file")
        field.evaluate("element => element.dataset.most = 10")
        field.set_input_files(FILE)
        expect(page.locator("#file-too-large")).to_be_visible()
        expect(field).to_have_attribute("aria-invalid", "true")
        page.get_by_role("button", name="Check the file").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Import products")
        field.set_input_files({**FILE, "buffer": b"name"})
        expect(page.locator("#file-too-large")).to_be_hidden()


def test_the_progress_comes_up_to_date_without_taking_the_focus_away(staged: tuple[Site, Imports]) -> None:
    site, imports = staged
    address = imports.put("running")
    with site.visit() as page:
        page.goto(address.removeprefix("/"))
        link = page.get_by_role("link", name="Update now")
        link.focus()
        imports.change(address, bytes_done=2_900_000)
        expect(page.locator("progress")).to_have_attribute("value", "2900000")
        expect(link).to_be_focused()
        imports.change(address, state="done")
        expect(page.get_by_role("heading", level=1)).to_have_text("The import is done")


def test_the_progress_comes_up_to_date_without_scripts_too(staged: tuple[Site, Imports]) -> None:
    site, imports = staged
    address = imports.put("checking", report=REPORT)
    with site.visit(java_script_enabled=False) as page:
        page.goto(address.removeprefix("/"))
        imports.change(address, state="checked")
        expect(page.get_by_role("heading", level=1)).to_have_text("Preview of the import")


def test_a_page_reports_what_its_policy_forbids(site: Site) -> None:
    """Shows that the watch behind all these tests sees a script that somebody slipped in."""
    with site.visit(expected=("Content Security Policy",)) as page:
        page.goto("")
        with page.expect_console_message() as message:
            page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'alert(1)'}))")
        assert "Content Security Policy" in message.value.text
