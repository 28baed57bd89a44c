"""What happens often, written down seldom: how refusals fill up neither the audit log nor that of the process.

Promise: of each key the first 30 are written one by one, later ones once in ten seconds with how many there were since.
A flood of one caller makes 9,000 entries a day.
On failure: nothing here fails.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from pipeline.access.callers.buckets import Buckets
from pipeline.domain.ports import Clock

_MOST_KEYS = 1000


class Seldom:
    """Counts what is not written. Safe for many threads."""

    def __init__(self, clock: Clock, *, burst: float = 30, every_seconds: float = 10) -> None:
        self._buckets = Buckets(burst=burst, a_second=1 / every_seconds, clock=clock)
        self._waiting: OrderedDict[str, int] = OrderedDict()
        self._one_at_a_time = threading.Lock()

    def due(self, key: str) -> int:
        """Return how many happened that an entry to be written now must tell; 0 when none is to be written."""
        written = self._buckets.take(key)
        with self._one_at_a_time:
            waiting = self._waiting.pop(key, 0) + 1
            if written:
                return waiting
            self._waiting[key] = waiting
            if len(self._waiting) > _MOST_KEYS:
                self._waiting.popitem(last=False)
            return 0


def told(times: int) -> str:
    """Return what a line of the process's log ends with that stands for so many."""
    return f", {times} times" if times > 1 else ""
