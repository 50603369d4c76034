"""CONTRIBUTING lists every file that a new service or language has to be put in, and no file that is gone."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.*)\n((?:(?!^## ).*\n)*)", TEXT, re.MULTILINE))
# What is made by `make chart-docs` from the files that are listed.
MADE = {"README.md", "README.md.gotmpl", "values.schema.json", "_keys.tpl"}


def listed(title: str) -> list[str]:
    """Paths that a section names."""
    return [path for path in re.findall(r"`([^`\s]+)`", SECTIONS[title]) if (ROOT / path).exists()]


def assert_listed(title: str, files: set[Path]) -> None:
    assert files
    paths = {str(file.relative_to(ROOT)) for file in files}
    missing = [path for path in sorted(paths) if not any(path.startswith(each) for each in listed(title))]
    assert not missing, f"name these files in .github/CONTRIBUTING.md under {title}"


def naming(pattern: str, *folders: str) -> set[Path]:
    """Files whose text has the pattern, except those that are made from others."""
    found = [file for folder in folders for file in ROOT.glob(folder) if file.is_file() and file.name not in MADE]
    return {file for file in found if re.search(pattern, file.read_text(encoding="utf-8"))}


def test_each_file_that_names_a_service_to_run_build_or_install_it_is_listed() -> None:
    places = ["Makefile", "*.toml", "*.yaml", "services/Procfile", "compose/*", "charts/*.py", ".github/release/*"]
    places += ["services/cluster_jobs/*.py"]
    places += ["charts/product-catalog/*", "charts/product-catalog/templates/**/*"]
    assert_listed("Add a service", naming("read[-_]product|readProduct", *places))


def test_each_file_of_a_language_is_listed() -> None:
    files = naming(r"""["']fr["']""", "services/catalog/*.py", "services/display_product/**/*.py")
    assert_listed("Add a language to the pages", files | {*ROOT.glob("services/display_product/translations/fr/*/*")})


@pytest.mark.parametrize("title", [title for title in SECTIONS if title.startswith("Add ")])
def test_each_path_in_a_list_is_there(title: str) -> None:
    cells = re.findall(r"^\| `([^`]+)` \|", SECTIONS[title], re.MULTILINE)
    assert cells
    gone = [path for path in cells if not (ROOT / path).exists()]
    assert not gone, f"name these files in .github/CONTRIBUTING.md under {title} as they are now"
