"""Makes docs/pictures from the real pages and the sample catalogue: `make pictures`."""

import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from apps import Api
from browser.gallery import SAMPLE
from browser.site import Site, launch
from processes import ROOT, running_services

FOLDER = ROOT / "docs" / "pictures"
FILE = """SKU;Nom;Description;Prix;Couleur
MUG-01;Tasse en grès;Contient 0,3 l;12,50;bleu
LMP-01;Lampe de bureau;Lumière chaude;89,00;noir
LMP-02;Lampadaire;;1,299;noir
VAS-01;;Verre soufflé;24,00;vert
VAS-02;Vase;Verre soufflé;$18.00;ambre
VAS-02;Vase;Verre soufflé;18,00;ambre
"""


def main() -> None:
    """Entry point."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as directory,
        running_services(Path(directory), CATALOG_WORKERS="1") as running,
        sync_playwright() as playwright,
    ):
        Api.of_processes(running).load(SAMPLE.read_bytes())
        site = Site(running.urls["display_product"] + "/", launch(playwright))
        with site.visit(viewport={"width": 1120, "height": 720}, reduced_motion="reduce", color_scheme="light") as page:
            _take(page)


def _take(page: Page) -> None:
    page.goto("products")
    page.screenshot(path=FOLDER / "list.png")
    page.get_by_role("link", name="Teapot").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Teapot")
    page.screenshot(path=FOLDER / "product.png", clip={"x": 0, "y": 0, "width": 1120, "height": 560})
    page.goto("import")
    page.locator("#file").set_input_files({"name": "supplier.csv", "mimeType": "text/csv", "buffer": FILE.encode()})
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Preview of the import")
    page.screenshot(path=FOLDER / "import.png", full_page=True)


if __name__ == "__main__":
    main()
