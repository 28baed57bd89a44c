"""The motion gate: tells frames worth detecting in from an empty road, for a fraction of a detector's cost.

A frame is compared, as a grey picture of 90 to 180 rows, with a slowly adapting background. What the whole picture
shares (noise, rain, a cloud, the camera's exposure) does not count; what changes in one place does. Errors lean to the
open side: a shut gate still opens for a look every `motion_look_every_frames`.

Promise: deterministic: the same frames give the same answers, also over `snapshot` and `restore`.

On failure: nothing raises; a picture of a new size starts a new background, with the gate open.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.capture.settings import CaptureSettings
from pipeline.domain.plate import Pixels

_SAMPLED_ROWS = 180
"""Least rows looked at: skipping pixels first makes a 4K frame cost what a small one does."""
_ADAPTATION = 0.02
"""Part of a new frame in the background: at 25 frames a second a change is half absorbed in 1.4 s."""
_WINDOW = (7, 5)
"""Change is averaged over so many small pixels: 56 x 40 pixels of a 720-line frame, less than any vehicle."""
_COMMON_PART = 0.9
_TIMES_COMMON = 3.0
"""Change this many times what nine tenths of the picture stay below is local; noise and most rain stay under it."""
_HIGHEST_BAR_LEVELS = 16.0
"""Even if most of the picture changes (a lorry fills it), change above this is motion."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MotionState:
    """What a gate remembers: the background, and the change of late; None before the first frame."""

    shape: tuple[int, ...]
    background: NDArray[np.float32] | None
    change: NDArray[np.float32] | None
    open_for: int
    shut_for: int


class BackgroundMotionGate:
    """The `MotionGate` of one fixed camera; give it every frame in order."""

    def __init__(self, settings: CaptureSettings) -> None:
        self._floor_levels = settings.motion_floor_levels
        self._hold_frames = settings.motion_hold_frames
        self._look_every_frames = settings.motion_look_every_frames
        self._look_frames = settings.motion_look_frames
        self._state = MotionState(shape=(), background=None, change=None, open_for=0, shut_for=0)

    def is_open(self, pixels: Pixels) -> bool:
        """Tell whether to detect in `pixels`, the frame that follows the one of the last call."""
        small = _small_grey(pixels)
        state = self._state
        if state.background is None or state.change is None or state.shape != pixels.shape:
            background, change, moving = small, np.zeros_like(small), True
        else:
            # half the past is kept: a raindrop is gone in the next frame, a vehicle is not
            change = (_change(small, state.background) + state.change) * np.float32(0.5)
            moving = self._is_local(change)
            background = _adapted(state.background, small)
        open_for = self._hold_frames + 1 if moving else state.open_for
        if open_for == 0 and state.shut_for + 1 >= self._look_every_frames:
            open_for = self._look_frames
        is_open = open_for > 0
        self._state = MotionState(
            shape=pixels.shape,
            background=background,
            change=change,
            open_for=max(open_for - 1, 0),
            shut_for=0 if is_open else state.shut_for + 1,
        )
        return is_open

    def snapshot(self) -> MotionState:
        """Return all that is remembered; it does not change afterwards."""
        return self._state

    def restore(self, state: MotionState) -> None:
        self._state = state

    def _is_local(self, change: NDArray[np.float32]) -> bool:
        common = _quantile(change, _COMMON_PART)
        bar = max(self._floor_levels, min(_TIMES_COMMON * common, _HIGHEST_BAR_LEVELS))
        return bool(change.max() > bar)


def _change(small: NDArray[np.float32], background: NDArray[np.float32]) -> NDArray[np.float32]:
    # an exposure or a cloud scales the whole picture: compare as if it had not
    gain = _quantile(small, 0.5) / max(_quantile(background, 0.5), 1.0)
    return np.asarray(cv2.blur(cv2.absdiff(small, background * np.float32(gain)), _WINDOW), dtype=np.float32)


def _adapted(background: NDArray[np.float32], small: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.addWeighted(background, 1.0 - _ADAPTATION, small, _ADAPTATION, 0.0), dtype=np.float32)


def _small_grey(pixels: Pixels) -> NDArray[np.float32]:
    """Return the green channel small: it carries most of the light and spares a conversion."""
    step = max(1, pixels.shape[0] // _SAMPLED_ROWS)
    sampled = np.ascontiguousarray(pixels[::step, ::step, 1])
    rows, columns = (max(1, side // 2) for side in sampled.shape)
    # an exact half is the size OpenCV averages fastest
    exact = sampled[: rows * 2, : columns * 2]
    return cv2.resize(exact, (columns, rows), interpolation=cv2.INTER_AREA).astype(np.float32)


def _quantile(picture: NDArray[np.float32], part: float) -> float:
    """Return the quantile of every ninth pixel (`numpy.quantile` takes several times as long)."""
    some = picture[::3, ::3].ravel()
    place = int(some.size * part)
    return float(np.partition(some, place)[place])
