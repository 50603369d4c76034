"""What the bench is doing, on the terminal's last line, apart from what it prints as results."""

import sys


def progress(text: str) -> None:
    """Replaces the last line; without a terminal nothing shows it."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
