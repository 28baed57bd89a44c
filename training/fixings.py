"""What a plate bears on a car beyond wear: domed caps and screws, chipped strokes, a frame that covers, glare.

Caps have the ground's colour more often than not, because they are sold with the plate: a white one on a white plate
cuts a stroke in two, and beside a 6 it makes a 5. Diameters of 9 to 18 mm and two or four holes to a plate are those of
British fixings; holes are drilled where the vehicle has its own, so caps sit through characters as well as between.
Same seed, same plate.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.domain.plate import Pixels
from training.plates import RenderedPlate
from training.wear import cloud

Floats = NDArray[np.float32]
_WHITE, _YELLOW, _BLACK, _CHROME = (228, 232, 232), (40, 185, 235), (28, 28, 28), (150, 152, 155)
_KINDS = ((None, 0.45), (_WHITE, 0.12), (_YELLOW, 0.12), (_BLACK, 0.16), (_CHROME, 0.15))
"""Colours of caps, blue-green-red, with their shares; None is the ground's own."""
_LEVELS = ((0.5, 0.05, 0.5), (0.24, 0.06, 0.2), (0.78, 0.06, 0.3))
"""Heights of rows of holes as shares of the plate's, their spread, and how often they are there."""
_CAPPED_SHARE, _ON_STROKE_SHARE, _CHIPPED_SHARE, _COVERED_SHARE, _FLASHED_SHARE = 0.75, 0.5, 0.15, 0.15, 0.08
_INK_DIFFERENCE = 60.0


def fixed(rng: np.random.Generator, plate: RenderedPlate, pixels_per_mm: float) -> RenderedPlate:
    """Return `plate` with fixings and what they bring along."""
    return replace(plate, pixels=with_fixings(rng, plate.pixels, pixels_per_mm))


def with_fixings(rng: np.random.Generator, pixels: Pixels, pixels_per_mm: float) -> Pixels:
    """Return the picture of a plate with the same."""
    canvas = pixels.astype(np.float32)
    ground = np.median(canvas.reshape(-1, 3), axis=0)
    ink = np.argwhere(np.abs(canvas - ground).mean(axis=2) > _INK_DIFFERENCE)
    if rng.random() < _CHIPPED_SHARE and len(ink):
        _chip(rng, canvas, ground, ink, pixels_per_mm)
    if rng.random() < _CAPPED_SHARE:
        _cap(rng, canvas, ground, ink, pixels_per_mm)
    if rng.random() < _COVERED_SHARE:
        _cover(rng, canvas, pixels_per_mm)
    if rng.random() < _FLASHED_SHARE:
        canvas = _flashed(rng, canvas)
    return np.clip(canvas, 0, 255).astype(np.uint8)


def _cap(
    rng: np.random.Generator, canvas: Floats, ground: NDArray[np.float32], ink: NDArray[np.intp], pixels_per_mm: float
) -> None:
    """Draw a row or two of caps, and now and then one right on the edge of a stroke."""
    high, wide = canvas.shape[:2]
    shares = np.array([share for _, share in _KINDS])
    colour = _KINDS[int(rng.choice(len(_KINDS), p=shares / shares.sum()))][0]
    base = np.asarray(ground if colour is None else colour, np.float32)
    radius = float(rng.uniform(4.5, 9.0)) * pixels_per_mm
    rows = [at for at in _LEVELS if rng.random() < at[2]] or [_LEVELS[0]]
    for level, spread, _ in rows:
        y = float(rng.normal(level, spread)) * high
        reach = float(rng.uniform(0.1, 0.46)) * wide
        for x in (wide / 2 - reach, wide / 2 + reach):
            if rng.random() < 0.93:
                at = x + float(rng.normal(0, 5)) * pixels_per_mm, y + float(rng.normal(0, 2)) * pixels_per_mm
                _dome(rng, canvas, at, radius, base, slotted=colour is _CHROME)
    if rng.random() < _ON_STROKE_SHARE and len(ink):
        for row, column in ink[rng.integers(0, len(ink), int(rng.integers(1, 3)))]:
            at = float(column + rng.normal(0, 5) * pixels_per_mm), float(row + rng.normal(0, 5) * pixels_per_mm)
            _dome(rng, canvas, at, radius, base, slotted=colour is _CHROME)


def _dome(
    rng: np.random.Generator,
    canvas: Floats,
    at: tuple[float, float],
    radius: float,
    colour: NDArray[np.float32],
    *,
    slotted: bool,
) -> None:
    """Draw one cap: its shadow, a dome lit from above, a slot or a rim."""
    reach = int(radius * 1.5) + 2
    top, left = max(0, int(at[1]) - reach), max(0, int(at[0]) - reach)
    part = canvas[top : int(at[1]) + reach + 1, left : int(at[0]) + reach + 1]
    if not part.size:
        return
    y, x = np.mgrid[top : top + part.shape[0], left : left + part.shape[1]].astype(np.float32)
    across, down = (x - at[0]) / radius, (y - at[1]) / radius
    depth, slope, side = float(rng.uniform(0.1, 0.5)), float(rng.uniform(0.05, 0.3)), float(rng.uniform(-0.4, 0.4))
    shadow = _disc(across - 0.2 * side, down - 0.25, radius)
    part *= 1 - depth * shadow[..., None]
    from_middle = np.sqrt(across**2 + down**2)
    light = 1 - slope * down - slope * side * across - float(rng.uniform(0, 0.35)) * np.clip(from_middle, 0, 1) ** 6
    if slotted:
        turn = float(rng.uniform(0, np.pi))
        light = light - 0.5 * (np.abs(across * np.cos(turn) + down * np.sin(turn)) < 0.16)
    face = colour * light[..., None]
    face = face + 90 * np.exp(-((across - side * 0.5) ** 2 + (down + 0.45) ** 2) / 0.05)[..., None] * rng.uniform(0, 1)
    share = _disc(across, down, radius)[..., None]
    part[:] = part * (1 - share) + face * share


def _disc(across: Floats, down: Floats, radius: float) -> Floats:
    """Return how much of each pixel lies within the unit circle."""
    return np.asarray(np.clip((1 - np.sqrt(across**2 + down**2)) * radius + 0.5, 0, 1), np.float32)


def _chip(
    rng: np.random.Generator, canvas: Floats, ground: NDArray[np.float32], ink: NDArray[np.intp], pixels_per_mm: float
) -> None:
    """Take pieces out of strokes, or put mud onto them."""
    mud = np.asarray(rng.uniform(60, 140) + rng.uniform(-12, 12, 3), np.float32)
    colour = ground if rng.random() < 0.6 else mud
    mask = np.zeros(canvas.shape[:2], np.float32)
    for row, column in ink[rng.integers(0, len(ink), int(rng.integers(1, 5)))]:
        axes = max(1, round(rng.uniform(1.5, 6) * pixels_per_mm)), max(1, round(rng.uniform(1.5, 6) * pixels_per_mm))
        cv2.ellipse(mask, (int(column), int(row)), axes, float(rng.uniform(0, 180)), 0, 360, (1.0,), -1, cv2.LINE_AA)
    mask *= 0.5 + 0.5 * cloud(rng, mask.shape, 40)
    share = np.clip(mask * float(rng.uniform(0.7, 1.3)), 0, 1)[..., None]
    canvas[:] = canvas * (1 - share) + colour * share


def _cover(rng: np.random.Generator, canvas: Floats, pixels_per_mm: float) -> None:
    """Lay the lips of a frame over the plate's edges, up to the characters and a little onto them."""
    high, wide = canvas.shape[:2]
    dark = rng.random() < 0.75
    colour = (rng.uniform(10, 60) if dark else rng.uniform(150, 215)) + rng.normal(0, 4, 3)
    tall = [round(float(rng.uniform(4, 19)) * pixels_per_mm) * (rng.random() < 0.6) for _ in range(2)]
    broad = round(float(rng.uniform(3, 12)) * pixels_per_mm)
    for lip in (np.s_[: tall[0]], np.s_[high - tall[1] :], np.s_[:, :broad], np.s_[:, wide - broad :]):
        canvas[lip] = colour


def _flashed(rng: np.random.Generator, canvas: Floats) -> Floats:
    """Return `canvas` with the spot of a lamp that its ground throws back, so bright that ink in it fades."""
    high, wide = canvas.shape[:2]
    y, x = np.mgrid[0:high, 0:wide].astype(np.float32)
    reach = float(rng.uniform(0.25, 0.9)) * high
    at = float(rng.uniform(0, 1)) * wide, float(rng.uniform(-0.1, 1.1)) * high
    spot = np.exp(-(((x - at[0]) / (reach * float(rng.uniform(1, 2.5)))) ** 2) - ((y - at[1]) / reach) ** 2)
    share = spot[..., None] * float(rng.uniform(0.4, 0.9))
    return np.asarray(canvas * (1 - share) + 255 * share, np.float32)
