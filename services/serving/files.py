"""Files that change while the service runs, such as those of a mounted Secret."""

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from serving.settings import SettingError

LOOK_SECONDS = 1.0
"""How often to look whether a file has changed."""

Content = TypeVar("Content")
log = logging.getLogger(__name__)


class Watched(Generic[Content]):
    """What a file says, read again when the file has changed. Thread-safe.

    `parse` raises ValueError with a sentence about a text that cannot be used. A file that becomes unusable later is
    logged, and what it said before stays valid.
    """

    def __init__(self, path: str, setting: str, parse: Callable[[str], Content]) -> None:
        """Raises SettingError if the file is unusable now; its sentence names the `setting`."""
        self._path = path
        self._setting = setting
        self._parse = parse
        self._lock = threading.Lock()
        self._state = self._look()
        self._content = self._read()
        self._looks_at = time.monotonic() + LOOK_SECONDS

    def get(self) -> Content:
        """The content, at most LOOK_SECONDS old."""
        if time.monotonic() >= self._looks_at and self._lock.acquire(blocking=False):
            try:
                self._refresh()
            finally:
                self._lock.release()
        return self._content

    def _refresh(self) -> None:
        state = self._look()
        # Before the state is noted: the file may change between the two.
        if state != self._state:
            try:
                self._content = self._read()
                log.info("read %s again", self._path)
            except SettingError as error:
                log.error("%s; what the file said before stays valid", error)
            self._state = state
        self._looks_at = time.monotonic() + LOOK_SECONDS

    def _look(self) -> tuple[int, int, int] | None:
        try:
            status = os.stat(self._path)
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino, status.st_size

    def _read(self) -> Content:
        try:
            text = Path(self._path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SettingError(f"{self._setting} names a file that cannot be read: {error}") from None
        try:
            return self._parse(text)
        except ValueError as error:
            raise SettingError(f"{self._setting} names a file that cannot be used: {error}") from None
