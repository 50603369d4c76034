"""The old and the new text of a field side by side: what differs is marked, and most of what agrees is left out."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import takewhile

from markupsafe import Markup, escape

WORK_MAX = 40_000
"""Pairs of words up to which the texts between the first and the last difference are compared word by word."""
WORD_MAX = 40
"""A longer word, or a sentence in a script without blanks, is compared letter by letter."""
CONTEXT = 40
"""Letters of what agrees that are shown on each side of a difference."""
CHANGED_MAX = 300
"""Letters that are shown of what differs at one place."""
PLACES_MAX = 12
"""Places of one text that are shown."""

_WORDS = re.compile(r"\w+|\s+|[^\w\s]")

Part = tuple[str, str, bool]
"""The same place in both texts, and whether it differs."""


def marked(before: str, after: str) -> tuple[Markup, Markup]:
    """Both texts as HTML: what is gone in `del`, what is new in `ins`."""
    parts = list(_merged(_parts(_split(before), _split(after))))
    old, new = Markup(), Markup()
    places = 0
    for number, (left, right, differs) in enumerate(parts):
        places += differs
        if places > PLACES_MAX:
            return old + "…", new + "…"
        if differs:
            old += _mark("del", left)
            new += _mark("ins", right)
        else:
            shown = _context(left, first=number == 0, last=number == len(parts) - 1)
            old += shown
            new += shown
    return old, new


def _mark(tag: str, text: str) -> Markup:
    shown = text if len(text) <= CHANGED_MAX else f"{text[: CHANGED_MAX // 2]} … {text[-CHANGED_MAX // 2 :]}"
    return Markup("<{0}>{1}</{0}>").format(tag, shown) if text else Markup()


def _context(text: str, *, first: bool, last: bool) -> Markup:
    """What agrees, without its middle; at the ends of the text, only what stands beside the difference."""
    begin = "" if first else text[:CONTEXT]
    end = "" if last else text[-CONTEXT:]
    return escape(text if len(text) <= 2 * CONTEXT else f"{begin}…{end}")


def _split(text: str) -> list[str]:
    words: list[str] = []
    for word in _WORDS.findall(text):
        words += [word] if len(word) <= WORD_MAX else word
    return words


def _parts(before: Sequence[str], after: Sequence[str]) -> Iterator[Part]:
    """The places of both texts in order."""
    start = _alike(before, after)
    rest = min(len(before), len(after)) - start
    end = min(_alike(before[::-1], after[::-1]), rest)
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    agreed = "".join(before[:start])
    yield agreed, agreed, False
    if len(old) * len(new) > WORK_MAX:
        yield "".join(old), "".join(new), True
    else:
        for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            yield "".join(old[i:j]), "".join(new[k:m]), tag != "equal"
    agreed = "".join(before[len(before) - end :])
    yield agreed, agreed, False


def _alike(before: Sequence[str], after: Sequence[str]) -> int:
    """How many words agree at the beginning."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))


def _merged(parts: Iterator[Part]) -> Iterator[Part]:
    """The parts with neighbours of a kind as one; blanks between two differences belong to them."""
    held: list[Part] = []
    for part in parts:
        left, right, differs = part
        if not left and not right:
            continue
        if held and held[-1][2] == differs:
            held[-1] = (held[-1][0] + left, held[-1][1] + right, differs)
        elif len(held) > 1 and differs and held[-2][2] and held[-1][0].isspace():
            blank, first = held.pop(), held.pop()
            held.append((first[0] + blank[0] + left, first[1] + blank[1] + right, True))
        else:
            held.append(part)
    yield from held
