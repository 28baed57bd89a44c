"""How long to wait before a lost camera is tried again: doubling, with jitter, up to a limit.

On failure: nothing can.
"""

from __future__ import annotations

from collections.abc import Callable


class Backoff:
    """`chance` gives numbers in 0..1: cameras that fell with one switch must not all come back in one instant."""

    def __init__(self, *, first_seconds: float, limit_seconds: float, chance: Callable[[], float]) -> None:
        self._first_seconds = first_seconds
        self._limit_seconds = limit_seconds
        self._chance = chance
        self._pause_seconds = first_seconds

    def next_seconds(self) -> float:
        """Return the next pause: between half of and the whole of the current step."""
        pause = self._pause_seconds * (0.5 + 0.5 * self._chance())
        self._pause_seconds = min(self._pause_seconds * 2, self._limit_seconds)
        return pause

    def succeeded(self) -> None:
        self._pause_seconds = self._first_seconds
