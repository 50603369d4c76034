"""The cache of rendered pages: what makes it render them anew."""

from importlib.metadata import version
from pathlib import Path

import pytest
from flask import Flask

from catalog import wire
from catalog.settings import Settings
from display_product.web import kept


def made_by(settings: Settings) -> bytes:
    app = Flask(__name__)
    kept.register(app, settings)
    found: bytes = app.extensions["kept"].made_by
    return found


@pytest.mark.parametrize("package", ["Babel", "Flask", "Flask-Babel", "Jinja2", "MarkupSafe"])
def test_pages_are_rendered_anew_by_another_version_of_a_package(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    before = made_by(Settings())
    assert made_by(Settings()) == before
    monkeypatch.setattr(kept, "version", lambda name: version(name) + ".1" * (name.casefold() == package.casefold()))
    assert made_by(Settings()) != before


def test_pages_are_rendered_anew_by_another_release(monkeypatch: pytest.MonkeyPatch) -> None:
    before = made_by(Settings())
    monkeypatch.setattr(kept, "__version__", "0.0.0")
    assert made_by(Settings()) != before


def test_pages_are_rendered_anew_from_other_formats_of_the_services(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = made_by(Settings())
    other = tmp_path / "wire.py"
    other.touch()
    monkeypatch.setattr(wire, "__file__", str(other))
    assert made_by(Settings()) != before
