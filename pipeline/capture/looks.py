"""How often a moving road is looked at: a passage needs a handful of looks, not every frame of a fast camera.

Promise: which frames are looked at depends on their times alone. On failure: nothing raises; a jump of time back makes
the next frame a look.
"""

from __future__ import annotations

from datetime import datetime, timedelta


class LookPace:
    """`per_second` looks on average; a camera that gives no more frames than that has all of them looked at."""

    def __init__(self, per_second: float) -> None:
        self._interval = timedelta(seconds=1 / per_second)
        # frames do not fall on the beat, and those of one camera not evenly
        self._early = self._interval / 4
        self._due: datetime | None = None

    def is_due(self, at: datetime) -> bool:
        """Tell whether the frame captured at `at` is to be looked at; call it in order of time."""
        due = self._due
        if due is not None and due - self._interval <= at < due - self._early:
            return False
        # keeping the beat makes the average right; after a pause it begins anew
        kept = due is not None and due - self._early <= at < due + self._interval
        self._due = (due if due is not None and kept else at) + self._interval
        return True
