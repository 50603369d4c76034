"""HTML descriptions, as shop programs export them, as plain text."""

import re

from bs4 import BeautifulSoup

_BLANKS = re.compile(r"\s+")
_OWN_LINE = ["p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "blockquote", "br"]


def to_text(html: str) -> str:
    """The text as a browser shows it, roughly: blocks on lines of their own, no scripts or styles."""
    if "<" not in html and "&" not in html:
        return html
    soup = BeautifulSoup(html, "html.parser")
    for hidden in soup(["script", "style", "template"]):
        hidden.decompose()
    for text in soup.find_all(string=True):
        text.replace_with(_BLANKS.sub(" ", text))
    for block in soup(_OWN_LINE):
        block.insert_before("\n")
        block.insert_after("\n")
    lines = (" ".join(line.split()) for line in soup.get_text().splitlines())
    return "\n".join(line for line in lines if line)
