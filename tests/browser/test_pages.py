"""Every page in every state: accessible, whole at every width, light, and with nothing that moves or fails.

The screenshots are kept in build/screenshots.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from browser.gallery import STATES, Gallery, fill, shown
from browser.site import Site
from pages import Api
from processes import ROOT

pytestmark = pytest.mark.browser

SCREENSHOTS = ROOT / "build" / "screenshots"
LANGUAGES = {"en": "en-GB", "fr": "fr-FR"}
SCHEMES = ("light", "dark")
WIDTHS = {320: 640, 768: 1024, 1280: 800}
AXE = Axe()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TARGET_MIN = 24


@pytest.fixture(scope="module")
def gallery(site: Site, bare: Site, lonely: Site, api: Api) -> Gallery:
    """The catalogue that the pages show."""
    return fill(site, bare, lonely, api)


@pytest.fixture(scope="module", autouse=True)
def screenshots() -> Path:
    """An empty folder for the screenshots."""
    shutil.rmtree(SCREENSHOTS, ignore_errors=True)
    SCREENSHOTS.mkdir(parents=True)
    return SCREENSHOTS


@pytest.fixture(params=[(state, language) for state in STATES for language in LANGUAGES], ids="-".join)
def page(request: pytest.FixtureRequest, gallery: Gallery) -> Iterator[Page]:
    """The page in this state and language."""
    state, language = request.param
    with shown(gallery, state, locale=LANGUAGES[language]) as found:
        yield found


def test_everybody_can_use_it(page: Page, request: pytest.FixtureRequest, screenshots: Path):
    state, language = request.node.callspec.params["page"]
    page.evaluate(AXE.axe_script)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            assert overflowing(page) == []
            if language == "en":
                name = screenshots / f"{state}-{width}-{scheme}.png"
                page.screenshot(path=name, full_page=True, animations="disabled")
        assert violations(page) == []
    assert headings(page)[0] == 1
    assert all(after - before <= 1 for before, after in zip(headings(page), headings(page)[1:], strict=False))
    page.set_viewport_size({"width": 320, "height": 640})
    assert small_targets(page) == []


def violations(page: Page) -> list[str]:
    """What axe finds, one line for each element."""
    found = page.evaluate("options => axe.run(options)", {"runOnly": RULES, "resultTypes": ["violations"]})
    return [
        f"{violation['id']}: {node['html'][:200]}: {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def overflowing(page: Page) -> list[str]:
    """Elements that stick out to the right of a page that can be moved sideways."""
    return page.evaluate(
        """() => {
            const root = document.documentElement;
            if (root.scrollWidth <= innerWidth) return [];
            return [...document.querySelectorAll("body *")]
                .filter(each => each.getBoundingClientRect().right > root.clientWidth + 1)
                .map(each => each.outerHTML.slice(0, 150));
        }"""
    )


def headings(page: Page) -> list[int]:
    """The levels of the headings, as they follow each other."""
    return page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(each => Number(each.tagName[1]))")


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
