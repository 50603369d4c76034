"""Prepares a release: notes from the changelog, and a chart that pins every image by its digest.

python charts/release.py notes 1.2.3
python charts/release.py chart FOLDER < digests     (lines such as `add-product sha256:…`)
"""

import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHART = ROOT / "charts" / "product-catalog"
CHANGELOG = ROOT / "docs" / "CHANGELOG.md"
# Ends before the next section and before the links of the headings.
SECTION = re.compile(r"^## \[(.+?)\].*\n((?:(?!^## |^\[.+\]: ).*\n?)*)", re.MULTILINE)
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def notes(changelog: str, version: str) -> str:
    """The changelog's section on a version, or its section on unreleased changes if there is none yet.

    Raises ValueError if that section is missing or empty.
    """
    sections = {name: text.strip() for name, text in SECTION.findall(changelog)}
    found = sections.get(version, sections.get("Unreleased", ""))
    if not found:
        raise ValueError(f"docs/CHANGELOG.md has no notes on {version}: write them under [Unreleased], "
                         f"then run `make version VERSION={version}`")  # fmt: skip
    return f"{found}\n"


def pinned_values(values: str, digests: dict[str, str]) -> str:
    """The text of values.yaml with each image's digest filled in; `digests` is keyed by image name.

    Raises ValueError unless the chart's images and the digests match.
    """
    lines = values.splitlines(keepends=True)
    wanted = dict(digests)
    path: list[str] = []
    for number, line in enumerate(lines):
        if key := re.match(r"( *)([A-Za-z]+):", line):
            path[len(key[1]) // 2 :] = [key[2]]
            if path[1:] == ["image", "digest"]:
                digest = wanted.pop(_image(path[0]), None)
                if digest is None or not DIGEST.fullmatch(digest):
                    raise ValueError(f"no valid digest for {_image(path[0])}: {digest}")
                lines[number] = f"    digest: {digest}\n"
    if wanted:
        raise ValueError(f"the chart has no image {', '.join(wanted)}")
    return "".join(lines)


def _image(key: str) -> str:
    """The image name for a key of values.yaml: add-product for addProduct."""
    return re.sub(r"[A-Z]", lambda letter: f"-{letter[0].lower()}", key)


def pinned_list(chart: str, digests: dict[str, str]) -> str:
    """The text of Chart.yaml, with digests in its list of images for mirroring."""
    return re.sub(
        r"(- name: (\S+)\n +image: \S+?):[^\s:/]+$", lambda found: f"{found[1]}@{digests[found[2]]}", chart, flags=re.M
    )


def write_chart(folder: Path, digests: dict[str, str]) -> None:
    """Copies the chart to a new folder, and pins its images."""
    shutil.copytree(CHART, folder)
    for name, pinned in (("values.yaml", pinned_values), ("Chart.yaml", pinned_list)):
        (folder / name).write_text(pinned((CHART / name).read_text(encoding="utf-8"), digests), encoding="utf-8")


def main(arguments: list[str]) -> None:
    """Entry point."""
    command, value = arguments
    try:
        if command == "notes":
            print(notes(CHANGELOG.read_text(encoding="utf-8"), value), end="")
        else:
            write_chart(Path(value), dict(line.split() for line in sys.stdin))
    except ValueError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
