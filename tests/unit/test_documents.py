"""What the documents point to exists: files, headings, paths, and the targets and services that commands name."""

import os
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from urllib.parse import unquote, urlsplit

import pytest
import yaml

from documents import ROOT, console, inline, tokens, words

# What is not in the repository, though it may be in the folder.
OTHERS = {".git", ".venv", "var", "build", "node_modules", "__pycache__"}
PATH = re.compile(r"[\w.-]{2,}(/[\w.-]+)*/([\w-]+\.(cfg|css|html|js|json|mo|po|py|sh|sql|tpl|txt|ya?ml)|Dockerfile|)")


@cache
def files() -> list[str]:
    """Paths of the repository's files and, with a slash at their end, folders."""
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in OTHERS and not name.endswith("_cache")]
        found += [os.path.join(folder, name) for name in names] + [os.path.join(folder, name, "") for name in folders]
    return [f"/{os.path.relpath(path, ROOT)}{'/' * path.endswith('/')}" for path in found]


DOCUMENTS = sorted(path[1:] for path in files() if path.endswith(".md"))


def links(document: str) -> Iterator[str]:
    """Addresses of links and pictures."""
    for token in tokens(document):
        if token.type in ("link_open", "image"):
            yield str(token.attrs["href" if token.type == "link_open" else "src"])


@cache
def anchors(document: str) -> set[str]:
    """Fragments by which GitHub finds the headings."""
    found: list[str] = []
    heading = False
    for token in tokens(document):
        if heading:
            text = "".join(child.content for child in token.children or [])
            kept = (sign for sign in text.lower() if sign in "-_ " or unicodedata.category(sign)[0] in "LNM")
            slug = "".join(kept).replace(" ", "-")
            found.append(slug)
            if count := found.count(slug) - 1:
                found.append(f"{slug}-{count}")
        heading = token.type == "heading_open"
    return set(found)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_each_link_leads_to_a_file_and_a_heading_that_are_there(document: str) -> None:
    broken = []
    for link in links(document):
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        path = (ROOT / document).parent / unquote(parts.path) if parts.path else ROOT / document
        target = os.path.relpath(path, ROOT)
        inside = not target.startswith("..")
        if inside and (not path.exists() or (parts.fragment and parts.fragment not in anchors(target))):
            broken.append(link)
    assert not broken, f"mend these links in {document}, or what they lead to"


@pytest.mark.parametrize("document", [name for name in DOCUMENTS if not name.endswith("CHANGELOG.md")])
def test_each_path_in_the_text_is_there(document: str) -> None:
    named = {code for code in inline(document) if PATH.fullmatch(code) and code.partition("/")[0] not in OTHERS}
    gone = [name for name in named if not any(path.endswith(f"/{name}") for path in files())]
    assert not gone, f"name these paths in {document} as they are now"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_each_path_in_a_command_is_there(document: str) -> None:
    top = {path.split("/")[1] for path in files() if path.count("/") > 1}
    named = {word.removeprefix("@") for command in console(document) for word in words(command)}
    gone = [name for name in named if name.split("/")[0] in top and "/" in name and not (ROOT / name).exists()]
    assert not gone, f"name these paths in {document} as they are now"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_each_make_target_that_is_named_is_in_the_makefile(document: str) -> None:
    targets = set(re.findall(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {
        word for command in commands(document, "make") for word in command[1:] if re.fullmatch(r"[a-z0-9-]+", word)
    }
    assert named <= targets, f"name these targets in {document} as `make help` does"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_each_service_that_docker_compose_runs_is_in_compose_yaml(document: str) -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
    named = {command[4] for command in commands(document, "docker compose run --rm")}
    assert named <= set(services), f"name these services in {document} as compose.yaml does"


def commands(document: str, start: str) -> list[list[str]]:
    """The words of each command that begins like this, in console blocks and in sentences."""
    return [words(code) for code in console(document) + inline(document) if code.startswith(f"{start} ")]


def test_the_search_finds_links_headings_and_paths() -> None:
    assert "docs/pictures/list.png" in set(links("README.md"))
    assert "with-docker-compose" in anchors("README.md")
    assert PATH.fullmatch("catalog/wire.py")
    assert not PATH.fullmatch("/livez")
    assert ["make", "images", "cluster"] in commands("README.md", "make")
