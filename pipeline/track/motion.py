"""Where a plate is, where it will be, and whether it stands still. Distances are in plate widths, times in seconds.

On failure: nothing here fails; a plate seen once is expected where it was.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.domain.plate import Box

_REMEMBERED = 8
_HORIZON_SECONDS = 1.0
_STANDING_WIDTHS = 0.25
_STANDING_WIDTHS_PER_SECOND = 0.4
_STANDING_GROWTH = 0.1


def overlap(one: Box, other: Box) -> float:
    """Return intersection over union, 0..1."""
    width = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    height = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (one.width * one.height + other.width * other.height - shared)


def distance(one: Box, other: Box) -> float:
    """Return how far apart the centres are, in widths of the wider plate."""
    # every plate of a frame is compared with every trail: this is called too often for tuples of centres
    across = (other.x + other.width / 2) - (one.x + one.width / 2)
    down = (other.y + other.height / 2) - (one.y + one.height / 2)
    return math.hypot(across, down) / max(one.width, other.width, 1e-6)


def growth(before: Box, after: Box) -> float:
    """Return the natural logarithm of how much taller the plate has become."""
    return math.log(max(after.height, 1e-6) / max(before.height, 1e-6))


@dataclass(slots=True, kw_only=True)
class Motion:
    """The last few places of one plate, oldest first; never empty once `note` was called."""

    places: list[tuple[datetime, Box]] = field(default_factory=list)

    def note(self, at: datetime, box: Box) -> None:
        self.places.append((at, box))
        del self.places[:-_REMEMBERED]

    @property
    def box(self) -> Box:
        return self.places[-1][1]

    @property
    def is_known(self) -> bool:
        """Whether the plate was seen often enough to tell its speed."""
        return len(self.places) > 1 and self.places[-1][0] > self.places[0][0]

    def expected(self, at: datetime) -> Box:
        """Return where the plate is at `at` if it goes on as it did; no further than a second ahead."""
        if not self.is_known:
            return self.box
        (then, before), (now, box) = self.places[0], self.places[-1]
        elapsed = (now - then).total_seconds()
        ahead = min(max((at - now).total_seconds(), 0.0), _HORIZON_SECONDS) / elapsed
        scale = math.exp(max(-1.0, min(1.0, growth(before, box) * ahead)))
        (x, y), (u, v) = before.centre, box.centre
        width, height = box.width * scale, box.height * scale
        return Box(x=u + (u - x) * ahead - width / 2, y=v + (v - y) * ahead - height / 2, width=width, height=height)

    @property
    def stands(self) -> bool:
        """Whether the plate hardly moved while it was last seen. Unknown counts as no."""
        if not self.is_known:
            return False
        (then, before), (now, box) = self.places[0], self.places[-1]
        moved, elapsed = distance(before, box), (now - then).total_seconds()
        slow = moved <= _STANDING_WIDTHS and moved / elapsed <= _STANDING_WIDTHS_PER_SECOND
        return slow and abs(growth(before, box)) <= _STANDING_GROWTH
