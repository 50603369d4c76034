"""HTML descriptions, as shop programs export them, as plain text."""

import re
from html import unescape
from html.parser import HTMLParser

from catalog.text import Invalid

_BLANKS = re.compile("[ \t\n\f\r\u00a0]+")
_OWN_LINE = {"p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "blockquote", "br"}
_HIDDEN = {"script", "style", "template"}


def to_text(html: str) -> str:
    """The text as a browser shows it, roughly: blocks on lines of their own. Raises Invalid."""
    if "<" not in html:
        return unescape(html)
    reader = _Reader()
    try:
        reader.feed(html)
        reader.close()
    except AssertionError:  # Python's parser says so of some broken declarations.
        raise Invalid("markup", "is HTML that cannot be read") from None
    lines = (_BLANKS.sub(" ", line).strip(" ") for line in "".join(reader.pieces).split("\n"))
    return "\n".join(line for line in lines if line)


class _Reader(HTMLParser):
    """Collects what is shown, with a line break where a block begins or ends."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """See HTMLParser."""
        self._hidden += tag in _HIDDEN
        self._break_at(tag)

    def handle_endtag(self, tag: str) -> None:
        """See HTMLParser."""
        self._hidden = max(0, self._hidden - (tag in _HIDDEN))
        self._break_at(tag)

    def handle_data(self, data: str) -> None:
        """See HTMLParser."""
        if not self._hidden:
            self.pieces.append(_BLANKS.sub(" ", data))

    def _break_at(self, tag: str) -> None:
        if tag in _OWN_LINE:
            self.pieces.append("\n")
