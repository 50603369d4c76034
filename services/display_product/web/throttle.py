"""Limits how often something may be tried, by name, by address or by whatever else it is called.

The counts are in memory that the worker processes of a pod share, of a fixed size however many keys there are. Each
replica counts for itself.
"""

import hashlib
import math
import mmap
import secrets
import struct
import threading
import time
from collections.abc import Callable

SLOTS = 1 << 15
ROWS = 2
DOUBLE = struct.calcsize("d")


class Throttle:
    """Allows `burst` tries at once for each key, and then one every `seconds`. Thread-safe.

    For each key, only the time is kept at which all its tries are allowed again (GCRA, the leaky bucket of ATM). Each
    key has a slot in each of two rows, and the lower of the two counts (count-min sketch): keys that meet in both rows
    are limited together, which is safe, and rare with fewer than thousands of keys. The memory must exist before the
    worker processes are forked. Two processes that write the same slot at the same moment may lose one of both counts.
    """

    def __init__(self, burst: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst = burst
        self._seconds = seconds
        self._clock = clock
        self._salt = secrets.token_bytes(16)
        self._lock = threading.Lock()
        self._free_at = memoryview(mmap.mmap(-1, ROWS * SLOTS * DOUBLE)).cast("d")

    def take(self, key: str) -> int:
        """Counts a try and returns 0; or, if there were too many, the seconds to wait for the next one."""
        now = self._clock()
        slots = self._slots(key)
        with self._lock:
            free_at = max(now, min(self._free_at[slot] for slot in slots))
            wait = free_at - now - (self._burst - 1) * self._seconds
            if wait > 0:
                return math.ceil(wait)
            for slot in slots:
                self._free_at[slot] = max(self._free_at[slot], free_at + self._seconds)
        return 0

    def give_back(self, key: str) -> None:
        """Takes a try back that was none, since it succeeded."""
        with self._lock:
            for slot in self._slots(key):
                self._free_at[slot] -= self._seconds

    def _slots(self, key: str) -> list[int]:
        # With a secret, so that nobody can choose names that share a slot with another's.
        digest = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8, key=self._salt).digest()
        first, second = struct.unpack("II", digest)
        return [first % SLOTS, SLOTS + second % SLOTS]
