"""Converts HTML descriptions, as shop programs export them, to plain text.

We use a scanner of our own because html.parser takes quadratic time for some inputs, and its result for broken markup
changes between Python releases. This scanner looks at each character a bounded number of times.
"""

import re
from html import unescape

_BLANKS = re.compile("[ \t\n\f\r\u00a0]+")
_OWN_LINE = {"p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "blockquote", "br"}
_HIDDEN = {"script", "style", "template"}
# A tag with its attributes, whose quoted values may hold any character. A tag above _TAG_MAX ends at its first ">".
_TAG = re.compile(r"""<(/?)([a-zA-Z][a-zA-Z0-9:-]*+)(?:[^"'>]|"[^"]*+"|'[^']*+')*+>""")
_NAME = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]*)")
_TAG_MAX = 500


def to_text(html: str) -> str:
    """The text roughly as a browser shows it, each block on its own line. An unterminated tag is text."""
    if "<" not in html:
        return _unescaped(html)
    lines = (_BLANKS.sub(" ", line).strip(" ") for line in "".join(_pieces(html)).split("\n"))
    return "\n".join(line for line in lines if line)


def _pieces(html: str) -> list[str]:
    """The visible text, with a line break where a block begins or ends."""
    pieces: list[str] = []
    hidden, at, last = "", 0, html.rfind(">")
    # If one comment is not closed, none after it is.
    comments_end = html.rfind("-->")
    while 0 <= (start := html.find("<", at)) < last:
        if not hidden:
            pieces.append(_shown(html[at:start]))
        if html.startswith("<!--", start) and start + 4 <= comments_end:
            at = html.find("-->", start + 4) + 3
        elif html.startswith(("<!", "<?"), start):
            at = html.find(">", start) + 1
        elif name := _NAME.match(html, start):
            tag = _TAG.match(html, start, start + _TAG_MAX)
            at = tag.end() if tag else html.find(">", start) + 1
            closes, element = name.group(1), name.group(2).lower()
            if hidden:
                hidden = "" if closes and element == hidden else hidden
            elif element in _HIDDEN:
                hidden = "" if closes else element
            elif element in _OWN_LINE:
                pieces.append("\n")
        else:
            at = start + 1
            if not hidden:
                pieces.append("<")
    if not hidden:
        pieces.append(_shown(html[at:]))
    return pieces


def _shown(text: str) -> str:
    return _BLANKS.sub(" ", _unescaped(text))


def _unescaped(text: str) -> str:
    try:
        return unescape(text)
    except ValueError:  # A character reference with thousands of digits.
        return text
