"""How many messages a sender may post in a minute: a bucket that fills evenly, a minute's worth at most.

On failure: nothing here fails; a sender that is too fast is told for how long to wait.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

from pipeline.domain.ports import Clock

_MINUTE_SECONDS = 60.0


class Pace:
    """One bucket for each sender. Threads may share it."""

    def __init__(self, a_minute: Mapping[str, int], clock: Clock) -> None:
        self._a_minute = dict(a_minute)
        self._clock = clock
        self._lock = threading.Lock()
        self._left = {name: (float(most), clock.monotonic()) for name, most in a_minute.items()}

    def wait_seconds(self, sender: str) -> float:
        """Take one message of `sender` out of its bucket and return 0; or return how long until there is one."""
        most = self._a_minute[sender]
        with self._lock:
            left, since = self._left[sender]
            now = self._clock.monotonic()
            left = min(float(most), left + (now - since) * most / _MINUTE_SECONDS)
            enough = left >= 1.0
            self._left[sender] = (left - 1.0 if enough else left, now)
        return 0.0 if enough else (1.0 - left) * _MINUTE_SECONDS / most
