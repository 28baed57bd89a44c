"""Scripted passages: how one vehicle drives through the view, second by second."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.read import Direction
from training.scenes.vehicles import Vehicle, extent_of

_STEPS_A_FRAME = 8
_BRAKING = 3.0
"""Metres a second squared, a firm but ordinary stop."""
_FAST_FAR = 22.0
"""Beyond this many metres vehicles drive faster than past the camera: they brake for it, or pull away."""
_TOP = 2.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Drive:
    """One passage: `lane_x`, `far` and `near` in metres, `speed` past the camera in metres a second.

    The end of the vehicle that the camera sees goes from `far` to `near` when approaching, back when receding. It may
    stop at `waits_at` metres for `waits_for` seconds.
    """

    vehicle: Vehicle
    direction: Direction
    lane_x: float
    starts_at: float
    speed: float
    far: float
    near: float
    waits_at: float | None = None
    waits_for: float = 0.0

    @property
    def rear(self) -> bool:
        return self.direction is Direction.RECEDING

    def first_frame(self, frames_per_second: float) -> int:
        return int(np.ceil(self.starts_at * frames_per_second))

    def distances(self, frames_per_second: float) -> NDArray[np.float64]:
        """Return how far (metres) the end seen is at each frame from `first_frame` on."""
        return _driven(self.later(0.0), frames_per_second)

    def drive(self, frames_per_second: float) -> NDArray[np.float64]:
        """Return what `distances` promises, worked out afresh."""
        step = 1 / (frames_per_second * _STEPS_A_FRAME)
        at, end, sign = (self.near, self.far, 1.0) if self.rear else (self.far, self.near, -1.0)
        stop = self.waits_at
        seen: list[float] = []
        waited, tick, pace = 0.0, 0, self._pace(at)
        while (end - at) * sign > 0:
            if tick % _STEPS_A_FRAME == 0:
                seen.append(at)
            tick += 1
            wanted = self._pace(at)
            if stop is not None:
                left = (stop - at) * sign
                if left < 0.03:
                    waited, pace, wanted = waited + step, 0.0, 0.0
                    if waited >= self.waits_for:
                        stop = None
                wanted = min(wanted, float(np.sqrt(2 * _BRAKING * max(left - 0.02, 0.0))) + 0.02)
            pace = wanted if wanted < pace else min(wanted, pace + 2.4 * step)
            at += sign * pace * step
        return np.array(seen)

    def seconds(self) -> float:
        """Return how long the passage takes."""
        return len(self.distances(25.0)) / 25.0

    def later(self, starts_at: float) -> Drive:
        return replace(self, starts_at=starts_at)

    def _pace(self, at: float) -> float:
        return self.speed * float(np.clip(at / _FAST_FAR, 1.0, _TOP))


@lru_cache(maxsize=1024)
def _driven(drive: Drive, frames_per_second: float) -> NDArray[np.float64]:
    return drive.drive(frames_per_second)


def fitted(drive: Drive, seconds: float) -> Drive:
    """Return the passage, hurried if need be, so that it takes at most `seconds`."""
    for _ in range(12):
        takes = drive.seconds()
        if takes <= seconds:
            break
        moving = max(takes - drive.waits_for, 0.1)
        room = max(seconds - drive.waits_for, 0.5)
        drive = replace(drive, speed=drive.speed * max(moving / room, 1.05))
    return drive


def keeps_clear(drive: Drive, others: list[Drive], gap: float, frames_per_second: float) -> bool:
    """Tell whether the passage keeps `gap` metres to every other one of its lane."""
    mine = drive.distances(frames_per_second)
    first = drive.first_frame(frames_per_second)
    for other in others:
        if abs(other.lane_x - drive.lane_x) > 1.0:
            continue
        theirs, start = other.distances(frames_per_second), other.first_frame(frames_per_second)
        begin, end = max(first, start), min(first + len(mine), start + len(theirs))
        if begin >= end:
            continue
        apart = mine[begin - first : end - first] - theirs[begin - start : end - start]
        ahead, behind = extent_of(drive.vehicle)[1], extent_of(other.vehicle)[1]
        if bool(np.any((apart < behind + gap) & (apart > -(ahead + gap)))):
            return False
    return True
