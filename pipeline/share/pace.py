"""How large the next batch is, and how long to wait after a failure.

Batches grow while they are answered quickly, and shrink when they are answered slowly or not at all. After a failure
the pause grows by a factor up to a limit, with jitter, so that forces whose centre was away do not all come back in one
instant. There is no last try.
On failure: nothing here can fail.
"""

from __future__ import annotations

from collections.abc import Callable

from pipeline.share.settings import ShareSettings

_LEAST_READS = 64
_QUICK_SECONDS, _SLOW_SECONDS = 0.5, 2.0


class Pace:
    """`chance` gives numbers in 0..1; times are monotonic seconds."""

    def __init__(self, settings: ShareSettings, chance: Callable[[], float]) -> None:
        self._settings = settings
        self._chance = chance
        self._pause = settings.retry_first_seconds
        self.batch_reads = min(_LEAST_READS, settings.most_batch_reads)
        self.retry_at = 0.0

    def arrived(self, reads: int, seconds: float) -> None:
        """A batch of so many reads was answered after so long."""
        self._pause, self.retry_at = self._settings.retry_first_seconds, 0.0
        if seconds >= _SLOW_SECONDS:
            self._shrink()
        elif seconds <= _QUICK_SECONDS and reads >= self.batch_reads:
            self.batch_reads = min(self.batch_reads * 2, self._settings.most_batch_reads)

    def failed(self, now: float) -> None:
        """A batch did not arrive. Batches that fail together count once."""
        if now < self.retry_at:
            return
        self._shrink()
        self.retry_at = now + self._pause * (0.5 + 0.5 * self._chance())
        self._pause = min(self._pause * self._settings.retry_factor, self._settings.retry_longest_seconds)

    def _shrink(self) -> None:
        least = min(_LEAST_READS, self._settings.most_batch_reads)
        self.batch_reads = max(self.batch_reads // 2, least)
