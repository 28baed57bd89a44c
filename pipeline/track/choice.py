"""Which sightings of a plate are read: a few good ones of each passage, not the same picture 25 times.

Consecutive pictures of one plate err alike (`vote`), so what a reader is asked for is what may differ: the first looks
at whatever turns up; then the plate whenever it shows clearly larger than it was read so far; and now and then in any
case, because another vehicle may have taken the place. The rest is followed by its place alone.

Promise: what is chosen depends on the boxes and times of the camera's frames alone, not on what was read, nor on how
frames are batched: the same file has the same sightings read every time. Call it for every frame that has a plate, in
order.

Figures: `TrackSettings` and DECISIONS.md. On failure: nothing here fails; what cannot be told from another plate, or
stands where none was, is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.domain.plate import Box, Detection
from pipeline.track.association import assign
from pipeline.track.motion import Motion, distance, growth
from pipeline.track.settings import TrackSettings

_SURELY_ONE_WIDTHS = 0.75
_SURELY_ONE_GROWTH = 0.25
"""Further from where it was expected, or of another size, it may be another vehicle's."""
_CONTINUES_WIDTHS, _CONTINUES_GROWTH = 1.5, 0.5
"""Where a doubtful find is believed: two looks at a motorcycle that passes near are a width apart."""
_MEMORY_SECONDS = 0.5
_MOST_FOLLOWED = 32


@dataclass(slots=True, kw_only=True)
class _Followed:
    """One plate, and how it was read so far."""

    motion: Motion = field(default_factory=Motion)
    readings: int = 0
    largest: Box | None = None
    """As it was read largest."""
    read_at: datetime | None = None


class ReadingChoice:
    """Chooses for one camera."""

    def __init__(self, settings: TrackSettings) -> None:
        self._settings = settings
        self._followed: list[_Followed] = []

    def kept(self, captured_at: datetime, found: Sequence[Detection]) -> list[Detection]:
        """Return the finds of one frame without the doubtful ones that continue no plate of a moment ago."""
        if not any(one.doubtful for one in found):
            return list(found)
        followed = [one for one in self._followed if self._is_recent(one, captured_at)]
        near = _CONTINUES_WIDTHS, _CONTINUES_GROWTH
        partners = assign([[_cost(one, plate.box, captured_at, *near) for one in followed] for plate in found])
        continued = {row for row, _ in partners}
        return [one for place, one in enumerate(found) if not one.doubtful or place in continued]

    def choose(self, captured_at: datetime, found: Sequence[Detection]) -> list[bool]:
        """Return which of the plates of one frame are worth reading."""
        self._followed = [one for one in self._followed if self._is_recent(one, captured_at)][-_MOST_FOLLOWED:]
        costs = [[_cost(one, plate.box, captured_at) for one in self._followed] for plate in found]
        known = {row: self._followed[column] for row, column in assign(costs)}
        return [
            self._is_worth(known.get(place) or self._begun(), plate.box, captured_at)
            for place, plate in enumerate(found)
        ]

    def _begun(self) -> _Followed:
        self._followed.append(_Followed())
        return self._followed[-1]

    def _is_worth(self, one: _Followed, box: Box, at: datetime) -> bool:
        one.motion.note(at, box)
        settings = self._settings
        worth = (
            one.largest is None
            or one.read_at is None
            or one.readings < settings.first_readings
            or _larger(one.largest, box) >= settings.read_again_grown
            or (at - one.read_at).total_seconds() >= settings.read_again_seconds
        )
        if worth:
            one.readings += 1
            one.read_at = at
            if one.largest is None or box.height > one.largest.height:
                one.largest = box
        return worth

    def _is_recent(self, one: _Followed, at: datetime) -> bool:
        since = (at - one.motion.places[-1][0]).total_seconds()
        return 0 <= since <= _MEMORY_SECONDS


def _larger(before: Box, now: Box) -> float:
    """Return by what part the plate is larger; one that comes into view from beside grows in width."""
    return max(now.height / max(before.height, 1e-6), now.width / max(before.width, 1e-6)) - 1.0


def _cost(
    one: _Followed, box: Box, at: datetime, widths: float = _SURELY_ONE_WIDTHS, size: float = _SURELY_ONE_GROWTH
) -> float | None:
    expected = one.motion.expected(at)
    apart = min(distance(expected, box), distance(one.motion.box, box))
    grown = min(abs(growth(expected, box)), abs(growth(one.motion.box, box)))
    if apart > widths or grown > size:
        return None
    return apart + grown
