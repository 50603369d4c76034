"""Every page in every state: accessible, whole at every width, light, and with nothing that moves or fails.

The screenshots, and what each page weighs, are kept in build/pages.
"""

import itertools
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Request, expect

from apps import Api
from browser.gallery import STATES, Gallery, fill, shown
from browser.proxy import slow
from browser.site import Site
from imports import Imports
from processes import ROOT

pytestmark = pytest.mark.browser

OUTPUT = ROOT / "build" / "pages"
LANGUAGES = {"en": "en-GB", "fr": "fr-FR"}
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, Scheme] = ("light", "dark")
WIDTHS = {320: 640, 768: 1024, 1280: 800}
AXE = Axe()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TARGET_MIN = 24
WEIGHT_MAX = 60_000

FOCUS = """() => {
    const element = document.activeElement;
    if (element === document.body) return null;
    const style = getComputedStyle(element.closest(".card") ?? element);
    const box = element.getBoundingClientRect();
    return {
        element: element.outerHTML.slice(0, 150),
        ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
        inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    };
}"""
# The probe shows the browser's own colours, of scroll bars and such.
COLOURS = """() => {
    const probe = document.createElement("i");
    probe.style.color = "Canvas";
    document.body.append(probe);
    const colours = [...document.querySelectorAll("*")].map(each => {
        const style = getComputedStyle(each);
        return [each.tagName, style.color, style.backgroundColor, style.borderColor, style.boxShadow];
    });
    probe.remove();
    return colours;
}"""
LAYOUT_SHIFTS = """() => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(() => {
    const observer = new PerformanceObserver(() => {});
    observer.observe({type: "layout-shift", buffered: true});
    const moved = entry => entry.sources.map(({node}) => (node?.outerHTML ?? node?.nodeName ?? "").slice(0, 80));
    resolve(observer.takeRecords().map(entry => [entry.value, ...moved(entry)]));
})))"""


@pytest.fixture(scope="module")
def gallery(site: Site, bare: Site, lonely: Site, staged: tuple[Site, Imports], guarded: Site, api: Api) -> Gallery:
    """The catalogue that the pages show."""
    return fill(site, bare, lonely, staged, guarded, api)


@pytest.fixture(scope="module", autouse=True)
def output() -> Path:
    """An empty folder for what the tests keep."""
    shutil.rmtree(OUTPUT, ignore_errors=True)
    (OUTPUT / "screenshots").mkdir(parents=True)
    return OUTPUT


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", STATES)
def test_everybody_can_use_it(state: str, language: str, gallery: Gallery, output: Path) -> None:
    with shown(gallery, state, locale=LANGUAGES[language]) as (page, loaded):
        weight = bytes_of(loaded)
        with (output / "weights.tsv").open("a") as table:
            table.write(f"{state}\t{language}\t{weight}\n")
        assert weight < WEIGHT_MAX
        page.evaluate(AXE.axe_script)
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            assert overflowing(page) == []
            for scheme in SCHEMES if language == "en" else ():
                page.emulate_media(color_scheme=scheme)
                page.screenshot(path=output / "screenshots" / f"{state}-{width}-{scheme}.png", full_page=True)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            assert violations(page) == []
        levels = headings(page)
        assert levels.count(1) == 1
        assert levels[0] == 1
        assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
        assert repeated_ids(page) == []
        assert moving(page) == []
        page.set_viewport_size({"width": 320, "height": 640})
        assert small_targets(page) == []


@pytest.mark.parametrize(
    "state", ["home", "list", "list-table", "list-second-page", "product", "add-errors", "import", "import-preview"]
)
def test_the_focus_can_be_seen_wherever_it_goes(state: str, gallery: Gallery) -> None:
    with shown(gallery, state) as (page, _):
        page.evaluate("document.activeElement.blur()")
        seen = []
        for _ in range(100):
            page.keyboard.press("Tab")
            focus = page.evaluate(FOCUS)
            if focus is None:
                break
            seen.append(focus["element"])
            assert focus["ring"], f"the focus cannot be seen on {focus['element']}"
            assert focus["inside"], f"the focus is out of sight on {focus['element']}"
        assert len(seen) > 8


@pytest.mark.parametrize("state", ["add-errors", "import-preview", "product"])
def test_colours_are_the_same_by_switch_and_by_preference(state: str, gallery: Gallery) -> None:
    with shown(gallery, state) as (page, _):
        for preferred, other in (SCHEMES, SCHEMES[::-1]):
            page.emulate_media(color_scheme=preferred)
            by_preference = page.evaluate(COLOURS)
            page.emulate_media(color_scheme=other)
            assert page.evaluate(COLOURS) != by_preference
            page.evaluate("theme => document.documentElement.dataset.theme = theme", preferred)
            assert page.evaluate(COLOURS) == by_preference
            page.evaluate("delete document.documentElement.dataset.theme")


@pytest.mark.parametrize(
    "state", ["home", "list", "list-table", "product-long", "add", "add-errors", "import", "status"]
)
def test_nothing_jumps_while_a_page_comes_in_parts(state: str, gallery: Gallery) -> None:
    with slow(urlsplit(gallery.site.url).port) as port:
        slowly = replace(gallery, site=replace(gallery.site, url=f"http://127.0.0.1:{port}/"))
        with shown(slowly, state) as (page, _):
            # The styles are at hand now, so that nothing else keeps the page from being shown before all of it is there.
            page.reload()
            assert page.evaluate(LAYOUT_SHIFTS) == []


@pytest.mark.parametrize("theme", SCHEMES)
def test_paper_shows_the_products_dark_on_white_and_no_buttons(theme: str, gallery: Gallery) -> None:
    with shown(gallery, "list") as (page, _):
        page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        page.emulate_media(media="print")
        expect(page.locator("html")).to_have_css("background-color", "rgb(255, 255, 255)")
        expect(page.locator(".card").first).to_have_css("background-color", "rgb(255, 255, 255)")
        expect(page.locator("h1")).to_have_css("color", "rgb(22, 33, 31)")
        for selector in ("nav ul", "footer", ".find", ".choices", ".pages", ".export"):
            expect(page.locator(selector).first).to_be_hidden()


def test_a_table_is_one_for_screen_readers_on_a_phone_too(gallery: Gallery) -> None:
    """Another layout must not take the cells' roles away."""
    with shown(gallery, "list-table") as (page, _):
        counts = []
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 640})
            nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
            roles = Counter(node["role"]["value"] for node in nodes if not node["ignored"])
            counts.append({role: roles[role] for role in ("table", "row", "rowheader")})
        assert counts[0] == counts[1]
        assert all(counts[0].values())


def test_the_prices_of_a_preview_are_in_sight_on_a_phone(gallery: Gallery) -> None:
    """A price that was read wrongly is what a preview is looked at for."""
    with shown(gallery, "import-preview") as (page, _):
        page.set_viewport_size({"width": 375, "height": 640})
        box = page.locator(".sample .price").first.bounding_box()
        assert box
        assert box["x"] + box["width"] <= 375


def bytes_of(loaded: list[Request]) -> int:
    """What the last page and everything that belongs to it weighed on the line, its headers included."""
    last = [each for each in loaded if each.is_navigation_request()][-1:]
    sizes = [each.sizes() for each in loaded if not each.is_navigation_request() or each in last]
    return sum(each["responseBodySize"] + each["responseHeadersSize"] for each in sizes)


def violations(page: Page) -> list[str]:
    """What axe finds, one line for each element."""
    found = page.evaluate("options => axe.run(options)", {"runOnly": RULES, "resultTypes": ["violations"]})
    return [
        f"{violation['id']}: {node['html'][:200]}: {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def overflowing(page: Page) -> list[str]:
    """Prices that are cut off or broken, and what sticks out to the right of a page that can be moved sideways."""
    return page.evaluate(
        """() => {
            const root = document.documentElement;
            const lines = element => {
                const content = document.createRange();
                content.selectNodeContents(element);
                return content.getClientRects().length;
            };
            const cut = [...document.querySelectorAll(".price")]
                .filter(each => each.scrollWidth > each.clientWidth || lines(each) > 1);
            if (root.scrollWidth <= innerWidth) return cut.map(each => each.outerHTML.slice(0, 150));
            return [...document.querySelectorAll("body *")]
                .filter(each => each.getBoundingClientRect().right > root.clientWidth + 1)
                .map(each => each.outerHTML.slice(0, 150));
        }"""
    )


def headings(page: Page) -> list[int]:
    """The levels of the headings, as they follow each other."""
    return page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(each => Number(each.tagName[1]))")


def repeated_ids(page: Page) -> list[str]:
    """Ids that more than one element has."""
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(each => each.id)")
    return [each for each, count in Counter(ids).items() if count > 1]


def moving(page: Page) -> list[str]:
    """Elements that move although the person has asked that nothing does."""
    return page.evaluate(
        """() => [...document.querySelectorAll("*")].filter(each => ["", "::before", "::after"].some(part => {
            const style = getComputedStyle(each, part);
            return style.animationName !== "none" || style.transitionDuration.split(", ").some(time => time !== "0s");
        })).map(each => each.outerHTML.slice(0, 150))"""
    )


def small_targets(page: Page) -> list[str]:
    """What can be pressed but is less than 24 pixels wide or high, links within a sentence aside (WCAG 2.5.8)."""
    return page.evaluate(
        """least => [...document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea")]
            .filter(each => !each.closest(".card h2, .card h3, .skip, .summary li"))
            .filter(each => each.checkVisibility())
            .map(each => each.closest("label") ?? each)
            .filter(each => Math.min(each.getBoundingClientRect().width, each.getBoundingClientRect().height) < least)
            .map(each => each.outerHTML.slice(0, 150))""",
        TARGET_MIN,
    )
