"""Buckets that fill with time, one for each key: how often something may happen.

Promise: what one key does never counts against another, and what is remembered is bounded: of more than a thousand keys
the one that was not seen for longest is forgotten, which to its owner is a full bucket. Safe for many threads.
On failure: nothing here fails.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from pipeline.domain.ports import Clock

_MOST_KEYS = 1000


class Buckets:
    """Each holds `burst` at first and at most, and gains `a_second`."""

    def __init__(self, *, burst: float, a_second: float, clock: Clock) -> None:
        self._burst = burst
        self._a_second = a_second
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._one_at_a_time = threading.Lock()

    def take(self, key: str) -> bool:
        """Take one out of the bucket of `key`; return False when there is none."""
        with self._one_at_a_time:
            now = self._clock.monotonic()
            left = self._left_of(key, now)
            self._left[key] = (left - 1 if left >= 1 else left, now)
            self._left.move_to_end(key)
            if len(self._left) > _MOST_KEYS:
                self._left.popitem(last=False)
            return left >= 1

    def is_empty(self, key: str) -> bool:
        """Tell whether `take` would return False."""
        with self._one_at_a_time:
            return self._left_of(key, self._clock.monotonic()) < 1

    def _left_of(self, key: str, now: float) -> float:
        left, at = self._left.get(key, (self._burst, now))
        return min(self._burst, left + (now - at) * self._a_second)
