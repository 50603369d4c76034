"""The way back: the services give a cursor forward only, so an address carries the cursors of the pages before it.

`trail` holds them with dots between. A long trail loses its beginning, and then begins with a dot; from its first
page there is no "previous", only "first page".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

# With the rest of the address this stays below what servers and proxies take (8 kB).
TRAIL_MAX = 3000
DOT = "."


@dataclass(frozen=True)
class Place:
    """Where a page stands in the list."""

    after: str | None
    trail: tuple[str, ...]
    cut: bool = False

    @classmethod
    def of(cls, arguments: Mapping[str, str]) -> "Place":
        """The place that an address names."""
        text = arguments.get("trail", "")[:TRAIL_MAX]
        return cls(arguments.get("after"), tuple(filter(None, text.split(DOT))), text.startswith(DOT))

    @property
    def number(self) -> int | None:
        """The page's number, from 1; None when the trail has lost its beginning."""
        if self.after is None:
            return 1
        return None if self.cut else len(self.trail) + 2

    @property
    def previous(self) -> dict[str, str] | None:
        """Address arguments of the page before; None when it is the first page or not known."""
        if self.after is None or (self.cut and not self.trail):
            return None
        if not self.trail:
            return {}
        return {"after": self.trail[-1], **_trail(self.trail[:-1], self.cut)}

    def next(self, url: str) -> dict[str, str]:
        """Address arguments of the page that the service calls the next one."""
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
