"""Sets the version in every file that states it: `python charts/version.py 1.2.3`.

The entries under [Unreleased] in the changelog move to this version. With `check` before the version it changes
nothing, and fails if a file states another version or the changelog has no section for this one.
"""

import datetime
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILES = ["services/catalog/__init__.py", "charts/product-catalog/Chart.yaml", "compose.yaml", "*.md", "docs/**/*.md"]
VERSION = r"\d+\.\d+\.\d+(?:-[0-9A-Za-z]+(?:\.\d+)?)?"
NAMED = r"\bproduct-catalog(?:/[a-z-]+)*(?::| --version |-bundle-)"
STATED = re.compile(rf'(^__version__ = "|^version: |^appVersion: "|\brefs/tags/v|{NAMED})({VERSION})', re.MULTILINE)
CHANGELOG = "docs/CHANGELOG.md"
REPOSITORY = "https://github.com/product-catalog/product-catalog"


def _files(root: Path) -> list[Path]:
    return [path for pattern in FILES for path in sorted(root.glob(pattern))]


def stated(root: Path = ROOT) -> list[tuple[str, str]]:
    """The file and version of each place under this folder that states a version."""
    return [
        (str(path.relative_to(root)), found[2])
        for path in _files(root)
        for found in STATED.finditer(path.read_text(encoding="utf-8"))
    ]


def write(version: str, root: Path = ROOT) -> None:
    """Sets the version in each file under this folder. Raises ValueError if it is not a semantic version."""
    if not re.fullmatch(VERSION, version):
        raise ValueError(f"a version has the form 1.2.3 or 1.2.3-rc.1, unlike {version}")
    for path in _files(root):
        text = path.read_text(encoding="utf-8")
        path.write_text(STATED.sub(rf"\g<1>{version}", text), encoding="utf-8")
    if not in_changelog(version, root):
        text = (root / CHANGELOG).read_text(encoding="utf-8")
        today = datetime.datetime.now(datetime.UTC).date()
        heading = f"## [Unreleased]\n\n## [{version}] - {today}"
        text = text.replace("## [Unreleased]", heading, 1)
        links = (
            f"[Unreleased]: {REPOSITORY}/compare/v{version}...main\n[{version}]: {REPOSITORY}/releases/tag/v{version}"
        )
        text = re.sub(r"^\[Unreleased\]: .*", links, text, flags=re.MULTILINE)
        (root / CHANGELOG).write_text(text, encoding="utf-8")


def in_changelog(version: str, root: Path = ROOT) -> bool:
    """Whether the changelog under this folder has a section for the version."""
    return f"\n## [{version}]" in (root / CHANGELOG).read_text(encoding="utf-8")


def main(arguments: list[str]) -> None:
    """Entry point."""
    *check, version = arguments
    if not check:
        try:
            write(version)
        except ValueError as error:
            sys.exit(f"error: {error}")
    elif wrong := [f"{path}: {found}" for path, found in stated() if found != version]:
        sys.exit(f"error: run `make version VERSION={version}`; these files state other versions: {', '.join(wrong)}")
    elif not in_changelog(version):
        sys.exit(f"error: run `make version VERSION={version}`; {CHANGELOG} has no section for it")


if __name__ == "__main__":
    main(sys.argv[1:])
