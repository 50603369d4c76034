"""Paging backwards: the services only provide a next cursor, so an address carries the cursors of the previous pages.

`trail` holds them, separated by dots. A trail that grows too long loses its beginning and then starts with a dot; at
its first page there is no "previous" link, only "first page".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

# Keeps the whole address below the limit of servers and proxies (8 kB).
TRAIL_MAX = 3000
DOT = "."


@dataclass(frozen=True)
class Place:
    """The position of a page in the list."""

    after: str | None
    trail: tuple[str, ...]
    cut: bool = False

    @classmethod
    def of(cls, arguments: Mapping[str, str]) -> "Place":
        """The position that an address names."""
        text = arguments.get("trail", "")[:TRAIL_MAX]
        return cls(arguments.get("after"), tuple(filter(None, text.split(DOT))), text.startswith(DOT))

    @property
    def arguments(self) -> dict[str, str]:
        """Address arguments of this page."""
        return {} if self.after is None else {"after": self.after, **_trail(self.trail, self.cut)}

    @property
    def number(self) -> int | None:
        """The page number, from 1; None if the trail has lost its beginning."""
        if self.after is None:
            return 1
        return None if self.cut else len(self.trail) + 2

    @property
    def previous(self) -> dict[str, str] | None:
        """Address arguments of the previous page; None if this is the first page, or the previous one is unknown."""
        if self.after is None or (self.cut and not self.trail):
            return None
        if not self.trail:
            return {}
        return {"after": self.trail[-1], **_trail(self.trail[:-1], self.cut)}

    def next(self, url: str) -> dict[str, str]:
        """The address arguments of the next page, whose URL the service gave."""
        after = parse_qs(urlsplit(url).query)["after"][0]
        trail = self.trail if self.after is None else (*self.trail, self.after)
        return {"after": after, **_trail(trail, self.cut)}


def _trail(cursors: tuple[str, ...], cut: bool) -> dict[str, str]:
    while len(DOT.join(cursors)) >= TRAIL_MAX:
        cursors, cut = cursors[1:], True
    text = DOT.join(cursors)
    if cut:
        text = DOT + text
    return {"trail": text} if text else {}
