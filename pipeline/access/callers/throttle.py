"""How much each caller may ask: a bucket of calls that fills with time, and how many are under way at once.

Promise: what one caller does never counts against another; what is remembered is bounded, because a caller who has
nothing under way and a full bucket is forgotten. Not for several threads.
On failure: Overloaded, which says what there was too much of; nothing that was under way is disturbed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pipeline.access.callers.settings import CallerLimits
from pipeline.domain.ports import Clock
from pipeline.errors import Overloaded

_FORGET_ABOVE = 1000


@dataclass(slots=True)
class _Count:
    left: float
    at: float
    calls: int = 0
    streams: int = 0


class Throttle:
    """Counts the calls of each caller."""

    def __init__(self, limits: CallerLimits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._counts: dict[str, _Count] = {}

    @contextmanager
    def under_way(self, caller: str, *, stream: bool) -> Iterator[None]:
        """Count a call of `caller` for as long as it lasts. Raises Overloaded when it is one too many."""
        count, limits = self._filled(caller), self._limits
        if count.left < 1:
            raise Overloaded(f"a caller makes at most {limits.calls_a_second:g} calls a second: slow down")
        if stream and count.streams >= limits.most_streams:
            raise Overloaded(f"a caller has at most {limits.most_streams} streams at once: end one")
        if not stream and count.calls >= limits.most_calls:
            raise Overloaded(f"a caller has at most {limits.most_calls} calls under way at once: wait for one")
        count.left -= 1
        count.calls += not stream
        count.streams += stream
        try:
            yield
        finally:
            count.calls -= not stream
            count.streams -= stream

    def _filled(self, caller: str) -> _Count:
        now, most = self._clock.monotonic(), float(self._limits.burst_calls)
        if len(self._counts) > _FORGET_ABOVE:
            idle = [
                name
                for name, one in self._counts.items()
                if not one.calls and not one.streams and self._left(one, now) >= most
            ]
            for name in idle:
                del self._counts[name]
        count = self._counts.setdefault(caller, _Count(left=most, at=now))
        count.left, count.at = self._left(count, now), now
        return count

    def _left(self, count: _Count, now: float) -> float:
        return min(float(self._limits.burst_calls), count.left + (now - count.at) * self._limits.calls_a_second)
