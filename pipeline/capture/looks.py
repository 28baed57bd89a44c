"""When a moving road is worth a look: a passage needs a handful of looks, not every frame of a fast camera.

Promise: which frames may be looked at depends on their positions in the stream alone.

On failure: nothing raises; a frame without a position may be looked at, and so may the first after a jump back.
"""

from __future__ import annotations


class LookPace:
    """`per_second` frames on average; of a camera that gives no more than that, all."""

    def __init__(self, per_second: float) -> None:
        self._interval = 1 / per_second
        # frames do not fall on the beat, and those of one camera not evenly
        self._early = self._interval / 4
        self._due: float | None = None

    def is_due(self, position: float | None) -> bool:
        """Tell whether the frame at `position` (seconds) may be looked at; call it in order."""
        due = self._due
        if position is None:
            return True
        if due is not None and due - 2 * self._interval <= position < due - self._early:
            return False
        # keeping the beat makes the average right; after a pause it begins anew
        kept = due is not None and due - self._early <= position < due + self._interval
        self._due = (due if due is not None and kept else position) + self._interval
        return True
