"""The version is the same wherever it stands, and is set everywhere at once."""

import shutil
from pathlib import Path

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


def test_a_new_version_leaves_the_old_one_nowhere(tmp_path: Path) -> None:
    for path in {path for path, _ in version.stated()}:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(version.ROOT / path, tmp_path / path)
    version.write("12.34.56-rc.1", tmp_path)
    assert [found for _, found in version.stated(tmp_path)] == ["12.34.56-rc.1"] * len(version.stated())
    for file in filter(Path.is_file, tmp_path.rglob("*")):
        assert __version__ not in file.read_text(encoding="utf-8"), file
