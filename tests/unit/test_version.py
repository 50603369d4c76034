"""The version is the same wherever it stands, and is set everywhere at once."""

import re
import shutil
from pathlib import Path

import pytest

import release
import version
from catalog import __version__


def test_the_version_is_the_same_in_code_chart_compose_and_documents() -> None:
    places = version.stated()
    assert {path for path, _ in places} == {
        "services/catalog/__init__.py",
        "charts/product-catalog/Chart.yaml",
        "compose.yaml",
        "docs/operations.md",
    }
    wrong = [place for place in places if place[1] != __version__]
    assert not wrong, f"run `make version VERSION={__version__}`"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder with the files that state the version, and the changelog."""
    for path in {path for path, _ in version.stated()} | {version.CHANGELOG}:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(version.ROOT / path, tmp_path / path)
    return tmp_path


def test_a_new_version_leaves_the_old_one_nowhere(copy: Path) -> None:
    version.write("12.34.56-rc.1", copy)
    assert [found for _, found in version.stated(copy)] == ["12.34.56-rc.1"] * len(version.stated())
    for path in {path for path, _ in version.stated()}:
        assert __version__ not in (copy / path).read_text(encoding="utf-8"), path


def test_what_is_unreleased_becomes_the_new_versions_once(copy: Path) -> None:
    changelog = copy / version.CHANGELOG
    unreleased = release.notes(changelog.read_text(encoding="utf-8"), "12.34.56")
    assert not version.in_changelog("12.34.56", copy)
    for _ in range(2):
        version.write("12.34.56", copy)
    text = changelog.read_text(encoding="utf-8")
    assert text.count("## [12.34.56] - 2") == 1
    assert release.notes(text, "12.34.56") == unreleased
    assert "]: https:" not in unreleased
    addresses = [line.rpartition("/")[2] for line in text.splitlines() if re.match(r"\[.+\]: https:", line)]
    assert addresses[:2] == ["v12.34.56...main", "v12.34.56"]
    with pytest.raises(ValueError, match=r"run `make version VERSION=12\.34\.57`"):
        release.notes(text, "12.34.57")
