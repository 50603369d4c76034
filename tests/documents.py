"""The commands that the documents show."""

import shlex
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[1]


def tokens(document: str) -> list[Token]:
    """The document's Markdown, inline elements included."""
    blocks = MarkdownIt("gfm-like", {"linkify": False}).parse((ROOT / document).read_text(encoding="utf-8"))
    return [token for block in blocks for token in (block, *(block.children or []))]


def blocks(document: str, language: str) -> list[str]:
    """The contents of the code blocks in this language."""
    return [token.content for token in tokens(document) if token.type == "fence" and token.info == language]


def console(document: str) -> list[str]:
    """The shell commands of the console blocks, each with the lines on which it continues."""
    shown = "".join(f"\n{block}" for block in blocks(document, "console"))
    return [command.strip() for command in shown.split("\n$ ")[1:]]


def inline(document: str) -> list[str]:
    """The code within sentences and tables."""
    return [token.content for token in tokens(document) if token.type == "code_inline"]


def words(command: str) -> list[str]:
    """A shell command's words, without its comment."""
    return shlex.split(command, comments=True)
