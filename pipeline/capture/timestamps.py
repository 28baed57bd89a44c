"""When a frame was captured: the video's own timestamps brought to UTC.

Promise: a stream's `captured_at` is never later than its receipt, and rises, unless this machine's own clock was set
back. A file's depends on the file alone, so that a restart gives every frame the same time. All positions in seconds.

On failure: nothing raises; a timestamp that cannot be true is counted in `jumps` and anchored anew.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from pipeline.capture.settings import CaptureSettings
from pipeline.domain.ports import Clock
from pipeline.domain.read import ClockState

_TICK = timedelta(microseconds=1)
_LONGEST_GAP_SECONDS = 86_400.0
"""A longer gap in a file is a damaged timestamp, not a pause of the recording."""


class StreamTimes:
    """Anchors a stream's timestamps to this machine's clock at the first frame of each connection."""

    def __init__(self, clock: Clock, settings: CaptureSettings) -> None:
        self._clock = clock
        self._jump_seconds = settings.clock_jump_seconds
        self._lag_seconds = settings.clock_lag_seconds
        self._anchor: tuple[datetime, float] | None = None
        self._position = 0.0
        self._received: datetime | None = None
        self._stamped: datetime | None = None
        self.state = ClockState.STREAM
        self.jumps = 0

    def reconnected(self) -> None:
        """Forget the anchor: a new connection counts from anywhere. Not a jump; the times still never go back."""
        self._anchor = None

    def stamp(self, position: float | None) -> datetime:
        """Return the capture time of the frame at `position`, the latest one received."""
        now = self._clock.now()
        if position is None:
            self.state = ClockState.RECEIPT
            captured = now
        else:
            self.state = ClockState.STREAM
            captured = self._anchored(position, now)
        captured = self._risen(captured, now)
        self._received = now
        self._stamped = captured
        return captured

    def _anchored(self, position: float, now: datetime) -> datetime:
        if self._anchor is None or self._received is None:
            self._anchor = (now, position)
        elif self._leapt(position, now - self._received):
            self.jumps += 1
            self._anchor = (now, position)
        self._position = position
        captured = _after(self._anchor, position)
        if captured > now:
            # the first frames came late (a camera sends its buffer at once), or its clock is fast: never the future
            self._anchor = (now, position)
            captured = now
        elif (now - captured).total_seconds() > self._lag_seconds:
            self.jumps += 1
            self._anchor = (now, position)
            captured = now
        return captured

    def _leapt(self, position: float, waited: timedelta) -> bool:
        step = position - self._position
        return step <= 0 or step > max(waited.total_seconds(), 0.0) + self._jump_seconds

    def _risen(self, captured: datetime, now: datetime) -> datetime:
        if self._stamped is None or captured > self._stamped:
            return captured
        if (self._stamped - now).total_seconds() > self._jump_seconds:
            self.jumps += 1
            return captured
        return self._stamped + _TICK


class FileTimes:
    """Counts from the recording's creation or modification time; a gap in the recording is followed."""

    state = ClockState.FILE

    def __init__(self, base: datetime, *, start: float | None, frame_seconds: float, jump_seconds: float) -> None:
        self._base = base
        self._origin = start
        self._frame_seconds = frame_seconds
        self._jump_seconds = jump_seconds
        self._position: float | None = None
        self._before_origin = 0.0
        self._elapsed = 0.0
        self.jumps = 0

    def stamp(self, position: float | None) -> datetime:
        """Return the capture time of the next frame; None is a frame without a timestamp: one frame after the last."""
        if position is None:
            position = 0.0 if self._position is None else self._position + self._frame_seconds
        if self._origin is None:
            self._origin = position
        if self._position is not None:
            step = position - self._position
            if step <= 0 or step > _LONGEST_GAP_SECONDS:
                self._before_origin = self._elapsed + self._frame_seconds
                self._origin = position
            if step <= 0 or step > self._jump_seconds:
                self.jumps += 1
        self._position = position
        self._elapsed = self._before_origin + (position - self._origin)
        return self._base + timedelta(seconds=self._elapsed)


def _after(anchor: tuple[datetime, float], position: float) -> datetime:
    at, anchored = anchor
    return at + timedelta(seconds=position - anchored)
