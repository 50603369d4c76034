"""Every page in every state that people can see, on a catalogue that has what breaks layouts."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from msgspec.structs import replace
from playwright.sync_api import Page, Request, expect

import add_product
from apps import Api
from browser.site import Site
from catalog import wire
from imports import REPORT, WRITTEN, Imports
from people import EDITOR, PASSWORDS, READER
from serving import answers

SAMPLE = Path(add_product.__file__).with_name("sample.csv")

SCRIPT = "<script>document.title = 'run'</script><img src=x onerror=alert(1)>"
LONG_NAME = "W" * 200
UNCERTAIN = answers.FieldError("", "", "encoding", {"line": 3, "candidates": "ibm850, macintosh"})
MIXED_NAME = "مصباح مكتب «Aurora» 12V — מנורה 🍃👩🏽‍🚀"
DESCRIPTION = (f"{SCRIPT} & &amp; " + "Lorem ipsum dolor sit amet. " * 400)[:9_600] + "\n" + "x" * 399
FILE = f"""sku,name,price,weight,{SCRIPT.replace(",", "")}
NEW-1,Lamp,"12,50",3,
NEW-2,,1.00,3,
NEW-1,Lamp,1.00,3,
NEW-3,Cup,"1,299",3,
NEW-4,{MIXED_NAME},$1.00,3,
NEW-5,{SCRIPT},price,3,
{"S" * 65},{LONG_NAME},{"9" * 60},3,
"""


@dataclass
class Gallery:
    """Where each page is found."""

    site: Site
    bare: Site
    lonely: Site
    staged: Site
    imports: Imports
    guarded: Site
    api: Api
    lamp: dict
    long: dict
    mixed: dict
    plain: dict
    told: dict
    gone: dict


def fill(site: Site, bare: Site, lonely: Site, staged: tuple[Site, Imports], guarded: Site, api: Api) -> Gallery:
    """Replaces what is in the catalogue."""
    for product in api.all():
        api.delete(product)
    api.load(SAMPLE.read_bytes())
    return Gallery(
        site,
        bare,
        lonely,
        *staged,
        guarded,
        api,
        lamp=api.create(name="Desk lamp", price="1299", sku="LMP-01", description="Warm light.\nTwo metres of cable."),
        long=api.create(name=LONG_NAME, price="9999999999.99", sku="S" * 64, description=DESCRIPTION),
        mixed=api.create(name=MIXED_NAME, price="0", sku="مصباح-١", description="מנורה חמה\nLampe chaude"),
        plain=api.create(name=SCRIPT, price="3"),
        told=_told(api),
        gone=_gone(api),
    )


def _told(api: Api) -> dict:
    """A product with a history."""
    product = api.create(name="Teapot, blue", price="9999999999.99", sku="T" * 64, description=DESCRIPTION)
    changed = DESCRIPTION[:4000] + "A new sentence. " + DESCRIPTION[4200:]
    for fields in (
        {"price": "1299.5", "sku": None},
        {"name": "Teapot, white", "description": changed},
        {"name": MIXED_NAME},
        {"name": LONG_NAME, "description": "", "price": "0"},
    ):
        product = api.patch(product, fields)
    return product


def _gone(api: Api) -> dict:
    """A product that has been deleted."""
    product = api.create(name="Vase", description=SCRIPT)
    api.delete(product)
    return product


Step = Callable[[Gallery, Page], None]


def _at(address: str) -> Step:
    def step(gallery: Gallery, page: Page) -> None:
        page.goto(address)

    return step


def _of(product: str, action: str = "") -> Step:
    def step(gallery: Gallery, page: Page) -> None:
        page.goto(f"products/{getattr(gallery, product)['id']}{action}")

    return step


def _table(gallery: Gallery, page: Page) -> None:
    page.goto("products")
    page.locator("[name=layout][value=table]").click()
    expect(page.locator("table.products")).to_be_visible()


def _second(gallery: Gallery, page: Page) -> None:
    page.goto("products?q=0&sort=price")
    page.locator("a[rel=next]").click()
    expect(page.locator("a[rel=prev]")).to_be_visible()


def _send(page: Page) -> None:
    page.locator("main form[method=post] button[type=submit]").first.click()


def _mistakes(gallery: Gallery, page: Page) -> None:
    page.goto("products/new")
    for field, value in (("name", ""), ("price", "1,299"), ("sku", "S" * 65), ("description", SCRIPT)):
        page.locator(f"#{field}").fill(value)
    _send(page)
    expect(page.locator(".summary")).to_be_focused()


def _conflict(gallery: Gallery, page: Page) -> None:
    _of("long", "/edit")(gallery, page)
    gallery.long = gallery.api.patch(gallery.long, {"name": MIXED_NAME, "price": "1"})
    _send(page)
    expect(page.locator(".stored").first).to_be_visible()
    gallery.long = gallery.api.patch(gallery.long, {"name": LONG_NAME, "price": "9999999999.99"})


def _deleted(gallery: Gallery, page: Page) -> None:
    made = gallery.api.create(name=LONG_NAME)
    page.goto(f"products/{made['id']}/delete")
    _send(page)
    expect(page.locator("form[action$=undo]")).to_be_visible()


def _added(gallery: Gallery, page: Page) -> None:
    page.goto(f"products/{gallery.lamp['id']}/edit")
    _send(page)
    expect(page.get_by_role("status")).to_be_visible()


def _refused_file(gallery: Gallery, page: Page) -> None:
    page.goto("import")
    _send(page)
    expect(page.locator(".summary")).to_be_focused()


def _give(page: Page, content: bytes) -> None:
    page.goto("import")
    page.locator("#file").set_input_files({"name": f"{LONG_NAME}.csv", "mimeType": "text/csv", "buffer": content})
    _send(page)


def _preview(gallery: Gallery, page: Page) -> None:
    _give(page, FILE.encode())
    expect(page.locator(".counts")).to_be_visible()


def _result(gallery: Gallery, page: Page) -> None:
    for product in gallery.api.all():
        if (product["sku"] or "").startswith("NEW-"):
            gallery.api.delete(product)
    _preview(gallery, page)
    _send(page)
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("import is done|importation est terminée"))


def _import(state: wire.ImportState, ahead: int = 0, **changed: Any) -> Step:
    def step(gallery: Gallery, page: Page) -> None:
        gallery.imports.clear()
        for _ in range(ahead):
            gallery.imports.put("waiting")
        page.goto(gallery.imports.put(state, **changed).removeprefix("/"))

    return step


def _imports(gallery: Gallery, page: Page) -> None:
    gallery.imports.clear()
    for state in get_args(wire.ImportState) * 3:
        gallery.imports.put(state)
    page.goto("imports")


UNDO = wire.UndoReport(
    dry_run=False,
    products=2200,
    unrecorded=3,
    done=1034,
    deleted=1000,
    changed=32,
    restored=0,
    left=2,
    left_alone=[wire.LeftProduct(7, MIXED_NAME, "changed"), wire.LeftProduct(8_000_000, "", "deleted")],
    left_omitted=0,
    sample=[],
)


def _undo_preview(gallery: Gallery, page: Page) -> None:
    for product in gallery.api.all():
        if (product["sku"] or "").startswith("UNDO-"):
            gallery.api.delete(product)
    gallery.api.create(sku="UNDO-1", name="Lamp", price="5", description=DESCRIPTION)
    file = f"sku,name,price\nUNDO-1,{MIXED_NAME},6\nUNDO-2,{LONG_NAME},7\nUNDO-3,Cup,8\n"
    gallery.api.load(file, on_conflict="update")
    cup = gallery.api.all()[-1]
    gallery.api.patch(cup, {"price": "9"})
    page.goto("imports")
    page.locator(".card a").first.click()
    page.locator("form[action$=undo] button").click()
    expect(page.locator("table.left")).to_be_visible()


def _undo_done(gallery: Gallery, page: Page) -> None:
    _undo_preview(gallery, page)
    page.locator("form[action$=start] button").click()
    expect(page.locator("table.left")).to_be_visible()


def _changes_of_import(gallery: Gallery, page: Page) -> None:
    gallery.api.load(f"name,price\n{MIXED_NAME},6\n", on_conflict="update")
    gallery.api.delete(gallery.api.all()[-1])
    page.goto("changes")
    page.locator(".changes p a[href*=import]").first.click()
    expect(page.locator("h1")).to_contain_text("import")


def _not_ours(gallery: Gallery, page: Page) -> None:
    page.goto(f"products/{gallery.lamp['id']}/delete")
    page.locator("main [name=product]").evaluate("element => element.value = 'forged'")
    _send(page)
    expect(page.locator("main code")).to_be_visible()


def _outage_of_a_form(gallery: Gallery, page: Page) -> None:
    page.goto("products/new")
    page.locator("#name").fill("Vase")
    page.locator("#price").fill("3")
    _send(page)
    expect(page.locator(".summary")).to_be_focused()


def sign_in(page: Page, name: str, password: str | None = None) -> None:
    """Signs in by name and password."""
    page.goto("sign-in")
    page.locator("#name").fill(name)
    page.locator("#password").fill(PASSWORDS[name] if password is None else password)
    page.locator("main form[method=post] button[type=submit]").click()


def _refused_name(gallery: Gallery, page: Page) -> None:
    sign_in(page, READER, "wrong")
    expect(page.locator(".summary")).to_be_focused()


def _as(name: str, address: str) -> Step:
    def step(gallery: Gallery, page: Page) -> None:
        sign_in(page, name)
        expect(page.locator(".who bdi")).to_have_text(name)
        page.goto(address)

    return step


def _token_made(gallery: Gallery, page: Page) -> None:
    _as(EDITOR, "tokens")(gallery, page)
    page.locator("#name").fill(LONG_NAME)
    page.locator("#kept button[type=submit]").click()
    expect(page.locator(".token")).to_be_visible()


STATES: dict[str, tuple[str, Step]] = {
    "home": ("site", _at("")),
    "home-empty": ("bare", _at("")),
    "list": ("site", _at("products")),
    "list-table": ("site", _table),
    "list-second-page": ("site", _second),
    "list-search": ("site", _at("products?q=mug")),
    "list-nothing-found": ("site", _at(f"products?q={'W' * 199}x")),
    "list-empty": ("bare", _at("products")),
    "product": ("site", _of("lamp")),
    "product-long": ("site", _of("long")),
    "product-mixed": ("site", _of("mixed")),
    "product-plain": ("site", _of("plain")),
    "product-saved": ("site", _added),
    "add": ("site", _at("products/new")),
    "add-errors": ("site", _mistakes),
    "add-outage": ("lonely", _outage_of_a_form),
    "edit": ("site", _of("mixed", "/edit")),
    "edit-conflict": ("site", _conflict),
    "delete": ("site", _of("long", "/delete")),
    "deleted": ("site", _deleted),
    "import": ("site", _at("import")),
    "import-refused": ("site", _refused_file),
    "import-preview": ("site", _preview),
    "import-checking": ("staged", _import("checking")),
    "import-encoding": ("staged", _import("failed", problem=UNCERTAIN)),
    "import-nothing": ("staged", _import("checked", report=replace(REPORT, created=0))),
    "import-waiting": ("staged", _import("waiting", ahead=2)),
    "import-running": ("staged", _import("running")),
    "import-stopped": ("staged", _import("interrupted", report=WRITTEN)),
    "import-result": ("site", _result),
    "imports": ("staged", _imports),
    "undo-preview": ("site", _undo_preview),
    "undo-done": ("site", _undo_done),
    "undo-checking": ("staged", _import("checking", undo_of=1)),
    "undo-running": ("staged", _import("running", undo_of=1, undo=UNDO, report=None)),
    "undo-stopped": ("staged", _import("interrupted", undo_of=1, undo=UNDO)),
    "undo-failed": ("staged", _import("failed", undo_of=1, undo=UNDO)),
    "undo-waiting": ("staged", _import("waiting", undo_of=1, ahead=2)),
    "history": ("site", _of("told", "/history")),
    "history-deleted": ("site", _of("gone", "/history")),
    "bring-back": ("site", _of("told", "/history/1")),
    "changes": ("site", _at("changes")),
    "changes-import": ("site", _changes_of_import),
    "changes-none": ("bare", _at("changes")),
    "changes-not-found": ("site", _at("changes?who=nobody&from=2026-01-01")),
    "imports-empty": ("bare", _at("imports")),
    "sign-in": ("guarded", _at("sign-in")),
    "sign-in-refused": ("guarded", _refused_name),
    "account": ("guarded", _as(EDITOR, "account")),
    "tokens": ("guarded", _token_made),
    "reader": ("guarded", _as(READER, "")),
    "error-not-allowed": ("guarded", _as(READER, "products/new")),
    "status": ("site", _at("status")),
    "status-outage": ("lonely", _at("status")),
    "error-not-found": ("site", _at("products/999999999999")),
    "error-address": ("site", _at("products?limit=0")),
    "error-form": ("site", _not_ours),
    "error-outage": ("lonely", _at("products")),
}


@contextmanager
def shown(gallery: Gallery, state: str, **options: object) -> Iterator[tuple[Page, list[Request]]]:
    """A person's browser with the page in this state and nothing on it that still moves; and what it has loaded."""
    where, step = STATES[state]
    expected = ("server error",) if where == "lonely" else ()
    loaded: list[Request] = []
    with getattr(gallery, where).visit(expected, **{"reduced_motion": "reduce", **options}) as page:
        page.on("requestfinished", lambda request: loaded.append(request))
        step(gallery, page)
        yield page, loaded
