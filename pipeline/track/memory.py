"""All that a tracker knows, what a snapshot holds, and how it stays bounded.

On failure: nothing here fails.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from pipeline.track.counts import Counts
from pipeline.track.kinship import forgotten_from
from pipeline.track.settings import TrackSettings
from pipeline.track.trail import State, Trail

_MOST_IN_VIEW = 32
_MOST_OUT_OF_VIEW = 256


@dataclass(slots=True, kw_only=True)
class Memory:
    """The trails in the order they were taken up, and what else outlives a frame."""

    trails: list[Trail] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)
    now: datetime | None = None
    next_number: int = 0
    intervals: list[float] = field(default_factory=list)
    """Seconds between the last few frames."""

    def in_state(self, *states: State) -> list[Trail]:
        return [trail for trail in self.trails if trail.state in states]

    def in_view(self) -> list[Trail]:
        return self.in_state(State.OPEN, State.SPENT)

    def numbered(self, number: int | None) -> Trail | None:
        return next((trail for trail in self.trails if trail.number == number), None)

    def too_many_in_view(self) -> list[Trail]:
        """Return the weakest trails beyond what may be followed at once: a broken detector must not fill the memory."""
        in_view = self.in_view()
        if len(in_view) <= _MOST_IN_VIEW:
            return []
        in_view.sort(key=lambda one: (one.legible, one.count, -one.number))
        return in_view[: len(in_view) - _MOST_IN_VIEW]

    def past(self, at: datetime, settings: TrackSettings) -> list[Trail]:
        """Return trails that no trail of now or later can belong to, and the oldest beyond what may be remembered."""
        out_of_view = self.in_state(State.FRAGMENT, State.READ)
        if not out_of_view:
            return []
        since = min([at, *(one.first.captured_at for one in self.in_state(State.OPEN))])
        out_of_view.sort(key=lambda one: (one.last.captured_at, one.number))
        too_many = max(len(out_of_view) - _MOST_OUT_OF_VIEW, 0)
        return [
            trail
            for order, trail in enumerate(out_of_view)
            if order < too_many or (since - trail.last.captured_at).total_seconds() > forgotten_from(trail, settings)
        ]

    def forget(self, trail: Trail) -> None:
        self.trails.remove(trail)
        for other in self.trails:
            other.seen_with.discard(trail.number)
