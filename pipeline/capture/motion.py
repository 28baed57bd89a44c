"""The motion gate: tells frames worth detecting in from an empty road, for a fraction of a detector's cost.

A frame's brightness is compared, as a picture of 90 to 180 rows, with a slowly adapting background. What the whole
picture shares (noise, rain, a cloud, the camera's exposure) does not count; what changes in one place does. Errors lean
to the open side: a shut gate still opens for a look every `motion_look_every_frames`. Frames may be left out: what is
remembered ages by as many frames as went by.

Promise: deterministic: the same frames give the same answers, also over `snapshot` and `restore`.

On failure: nothing raises; a picture of a new size starts a new background, with the gate open.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.capture.settings import CaptureSettings

_SAMPLED_ROWS = 180
"""Least rows looked at: skipping pixels first makes a 4K frame cost what a small one does."""
_ADAPTATION = 0.02
"""Part of a new frame in the background: at 25 frames a second a small change is half absorbed in 1.4 s."""
_MOST_ADAPTATION_LEVELS = 0.25
"""By so much a frame the background follows a large change: a vehicle in view for a second leaves 6 levels of itself
behind, which are gone after another; one that stands is absorbed in 10 to 20 s."""
_WINDOW = (7, 5)
"""Change is averaged over so many small pixels: 56 x 40 pixels of a 720-line frame, less than any vehicle."""
_COMMON_PART = 0.9
_TIMES_COMMON = 3.0
"""Change this many times what nine tenths of the picture stay below is local; noise and most rain stay under it."""
_APART = 0.05
"""Movements that are further from each other than this part of the picture's width are told apart."""
_PARENT = 3
"""Where OpenCV's tree of outlines tells in which other one each lies: that of a hole does, that of a movement never."""
_HIGHEST_BAR_LEVELS = 16.0
"""Even if most of the picture changes (a lorry fills it), change above this is motion."""


Luma = NDArray[np.uint8]
"""A picture's brightness: height x width, 8 bit."""


Region = tuple[float, float, float, float]
"""Left, top, right and bottom as shares of the picture's sides."""


class Verdict(StrEnum):
    """What a frame is worth."""

    SHUT = "shut"
    LOOK = "look"
    """Nothing moves; a look is due all the same."""
    MOTION = "motion"
    """Something moves, or did a moment ago."""
    BETWEEN = "between"
    """Something moves, but the last look was a moment ago."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MotionState:
    """What a gate remembers: the background, and the change of late; None before the first frame."""

    shape: tuple[int, ...]
    background: NDArray[np.float32] | None
    change: NDArray[np.float32] | None
    hold_for: int
    look_for: int
    shut_for: int
    where: tuple[Region, ...] = ()


class BackgroundMotionGate:
    """The gate of one fixed camera; give it its frames in order."""

    def __init__(self, settings: CaptureSettings) -> None:
        self._floor_levels = settings.motion_floor_levels
        self._hold_frames = settings.motion_hold_frames
        self._look_every_frames = settings.motion_look_every_frames
        self._look_frames = settings.motion_look_frames
        self._state = MotionState(shape=(), background=None, change=None, hold_for=0, look_for=0, shut_for=0)

    @property
    def moved(self) -> bool:
        """Whether something moved in the last frame itself."""
        return self._state.hold_for == self._hold_frames

    @property
    def where(self) -> tuple[Region, ...]:
        """The parts of the last frame, as it was decoded, in which something moved: each around one movement."""
        return self._state.where

    def judge(self, luma: Luma, frames: int = 1) -> Verdict:
        """Tell what `luma` is worth: the picture that comes `frames` frames after that of the last call."""
        small = _small(luma)
        state = self._state
        where: tuple[Region, ...] = ()
        if state.background is None or state.change is None or state.shape != luma.shape:
            background, change, moved = small, np.zeros_like(small), True
        else:
            # half the past is kept for each frame: a raindrop is gone in the next frame, a vehicle is not
            past = np.float32(0.5**frames)
            lit = _lit_as(small, state.background)
            change = _change(small, lit) * (1 - past) + state.change * past
            where = movements(change > self._bar(change))
            moved = bool(where)
            background = _adapted(lit, small, frames)
        hold_for = self._hold_frames if moved else state.hold_for - frames
        look_for = state.look_for - frames
        if hold_for < 0 and look_for < 0 and state.shut_for + frames >= self._look_every_frames:
            look_for = self._look_frames - 1
        verdict = Verdict.MOTION if hold_for >= 0 else Verdict.LOOK if look_for >= 0 else Verdict.SHUT
        self._state = MotionState(
            shape=luma.shape,
            background=background,
            change=change,
            hold_for=max(hold_for, -1),
            look_for=max(look_for, -1),
            shut_for=state.shut_for + frames if verdict is Verdict.SHUT else 0,
            where=where,
        )
        return verdict

    def snapshot(self) -> MotionState:
        """Return all that is remembered; it does not change afterwards."""
        return self._state

    def restore(self, state: MotionState) -> None:
        self._state = state

    def _bar(self, change: NDArray[np.float32]) -> float:
        """Return the change above which a place moves."""
        common = _quantile(change, _COMMON_PART)
        return max(self._floor_levels, min(_TIMES_COMMON * common, _HIGHEST_BAR_LEVELS))


def movements(moving: NDArray[np.bool_]) -> tuple[Region, ...]:
    """Return the rectangle around each movement: what is nearer than `_APART` to another is one with it."""
    if not moving.any():
        return ()
    height, width = moving.shape
    reach = max(1, round(_APART * width / 2))
    edge = (reach,) * 4
    # with room for all of what grows, a movement is exactly `reach` less on every side than what it has grown to
    room = cv2.copyMakeBorder(moving.view(np.uint8), *edge, cv2.BORDER_CONSTANT, value=0)
    thick = cv2.dilate(room, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    # the boxes around outlines take a fifth of the time that labels with their statistics do
    outlines, tree = cv2.findContours(thick, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    boxes = [cv2.boundingRect(one) for one, place in zip(outlines, tree[0], strict=True) if place[_PARENT] < 0]
    return tuple(
        (left / width, top / height, (left + across - 2 * reach) / width, (top + down - 2 * reach) / height)
        for left, top, across, down in boxes
    )


def _lit_as(small: NDArray[np.float32], background: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the background in the light of `small`: an exposure or a cloud scales the whole picture."""
    return background * np.float32(_quantile(small, 0.5) / max(_quantile(background, 0.5), 1.0))


def _change(small: NDArray[np.float32], background: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.blur(cv2.absdiff(small, background), _WINDOW), dtype=np.float32)


def _adapted(background: NDArray[np.float32], small: NDArray[np.float32], frames: int) -> NDArray[np.float32]:
    step = (small - background) * np.float32(1.0 - (1.0 - _ADAPTATION) ** frames)
    most = _MOST_ADAPTATION_LEVELS * frames
    # in place, and without `numpy.clip`: what these calls take is mostly the way to them
    np.maximum(step, -most, out=step)
    np.minimum(step, most, out=step)
    step += background
    return step


def _small(luma: Luma) -> NDArray[np.float32]:
    step = max(1, luma.shape[0] // _SAMPLED_ROWS)
    sampled = np.ascontiguousarray(luma[::step, ::step])
    rows, columns = (max(1, side // 2) for side in sampled.shape)
    # an exact half is the size OpenCV averages fastest
    exact = sampled[: rows * 2, : columns * 2]
    return cv2.resize(exact, (columns, rows), interpolation=cv2.INTER_AREA).astype(np.float32)


def _quantile(picture: NDArray[np.float32], part: float) -> float:
    """Return the quantile of every ninth pixel (`numpy.quantile` takes several times as long)."""
    some = picture[::3, ::3].flatten()
    place = int(some.size * part)
    some.partition(place)
    return float(some[place])
