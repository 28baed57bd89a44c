"""Caps that hardly stand out, and such as touch a stroke: in the ground's own colour, or in the character's.

A flush cap of the ground's colour shows as a thin shaded rim and takes a piece out of a stroke (6 as 5, 8 as 3); one in
the character's colour that touches a stroke grows it (6 as 8, 3 as 8, 1 as H, 0 as Q, C as G, P as R, F as E). A round
outline, its shade and what remains of the stroke tell the one from the other. Diameters are those of
`training/fixings.py`. Same seed, same plate.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.domain.plate import Pixels
from training.plates import RenderedPlate

Floats = NDArray[np.float32]
_RADIUS = (4.5, 8.5)
_PAIR_SHARE, _TOUCHING_SHARE, _INK_SHARE, _MOST_TOUCHING = 0.45, 0.75, 0.45, 3
_LEAST_DIFFERENCE = 24.0
"""Ink and ground that are nearer to one another, in levels, cannot be told apart: then nothing is drawn."""
_LEVELS = (0.5, 0.5, 0.22, 0.78)


def bolted(rng: np.random.Generator, plate: RenderedPlate, pixels_per_mm: float) -> RenderedPlate:
    """Return `plate` with such caps."""
    return replace(plate, pixels=with_bolts(rng, plate.pixels, pixels_per_mm))


def with_bolts(rng: np.random.Generator, pixels: Pixels, pixels_per_mm: float) -> Pixels:
    """Return the picture of a plate with the same; a picture without ink comes back as it is."""
    canvas = pixels.astype(np.float32)
    grey = cv2.GaussianBlur(canvas.mean(axis=2), (0, 0), 0.7)
    ground = float(np.median(grey))
    dark = float(np.percentile(grey, 3 if ground > grey.mean() else 97))
    if abs(dark - ground) < _LEAST_DIFFERENCE:
        return pixels
    ink = (grey - ground) / (dark - ground) > 0.6
    radius = float(rng.uniform(*_RADIUS)) * pixels_per_mm
    inked = rng.random() < _INK_SHARE
    if rng.random() < _PAIR_SHARE:
        for at in _pair(rng, ink.shape, pixels_per_mm):
            _bolt(rng, canvas, at, radius, _colour_beside(rng, canvas, ink, at, radius, inked=inked))
    if rng.random() < _TOUCHING_SHARE:
        for at in _touching(rng, ink, radius):
            _bolt(rng, canvas, at, radius, _colour_beside(rng, canvas, ink, at, radius, inked=inked))
    return np.clip(canvas, 0, 255).astype(np.uint8)


def _pair(
    rng: np.random.Generator, shape: tuple[int, ...], pixels_per_mm: float
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the places of two holes of one height, as far from the middle."""
    high, wide = shape[:2]
    y = (float(rng.choice(_LEVELS)) + float(rng.normal(0, 0.05))) * high
    reach = float(rng.uniform(0.1, 0.46)) * wide
    one, other = rng.normal(0, 3, (2, 2)) * pixels_per_mm
    return (wide / 2 - reach + one[0], y + one[1]), (wide / 2 + reach + other[0], y + other[1])


def _touching(rng: np.random.Generator, ink: NDArray[np.bool_], radius: float) -> list[tuple[float, float]]:
    """Return places at the edges of strokes, within the middle of the plate, where characters are."""
    mask = ink.astype(np.uint8)
    edges = mask - cv2.erode(mask, np.ones((3, 3), np.uint8))
    high, wide = ink.shape
    edges[: high // 8] = edges[high - high // 8 :] = 0
    edges[:, : wide // 16] = edges[:, wide - wide // 16 :] = 0
    rows = np.argwhere(edges > 0)
    if not len(rows):
        return []
    chosen = rows[rng.integers(0, len(rows), int(rng.integers(1, _MOST_TOUCHING + 1)))]
    moved = chosen + rng.normal(0, 0.45 * radius, chosen.shape)
    return [(float(x), float(y)) for y, x in moved]


def _colour_beside(
    rng: np.random.Generator,
    canvas: Floats,
    ink: NDArray[np.bool_],
    at: tuple[float, float],
    radius: float,
    *,
    inked: bool,
) -> NDArray[np.float32]:
    """Return the colour of the ink, or of the ground, that is near, a little off: a cap is another piece of plastic."""
    reach = int(3 * radius) + 2
    top, left = max(0, int(at[1]) - reach), max(0, int(at[0]) - reach)
    part = np.s_[top : max(top, int(at[1])) + reach, left : max(left, int(at[0])) + reach]
    near = canvas[part][ink[part] == inked]
    whole = near if len(near) >= 4 else canvas[ink == inked]
    off = float(rng.normal(0, 9)) + rng.normal(0, 3, 3)
    return np.asarray(np.median(whole, axis=0) + off, np.float32)


def _bolt(
    rng: np.random.Generator, canvas: Floats, at: tuple[float, float], radius: float, colour: NDArray[np.float32]
) -> None:
    """Draw one cap: lit as what is around it, with a thin rim that is dark below and pale above, now and then."""
    reach = int(radius * 1.4) + 2
    top, left = max(0, int(at[1]) - reach), max(0, int(at[0]) - reach)
    part = canvas[top : max(0, int(at[1]) + reach + 1), left : max(0, int(at[0]) + reach + 1)]
    if not part.size:
        return
    y, x = np.mgrid[top : top + part.shape[0], left : left + part.shape[1]].astype(np.float32)
    across, down = (x - at[0]) / radius, (y - at[1]) / radius
    from_middle = np.sqrt(across**2 + down**2)
    side = float(rng.uniform(-0.5, 0.5))
    towards_light = -down + side * across
    face = colour * (1 + float(rng.uniform(0, 0.14)) * towards_light)[..., None]
    shine = np.exp(-((across + 0.3 * side) ** 2 + (down + 0.4) ** 2) / 0.08)[..., None]
    face = face + shine * float(rng.choice([0.0, 1.0])) * float(rng.uniform(5, 70))
    thin = float(rng.uniform(0.08, 0.22))
    rim = np.exp(-(((from_middle - 1) / thin) ** 2))
    share = np.clip((1 - from_middle) * radius + 0.5, 0, 1)[..., None]
    drawn = part * (1 - share) + face * share
    edge = -float(rng.uniform(0.08, 0.4)) * rim * (0.6 - 0.4 * towards_light)
    pale = float(rng.uniform(0, 30)) * rim * np.clip(towards_light, 0, 1)
    part[:] = drawn * (1 + edge)[..., None] + pale[..., None]
