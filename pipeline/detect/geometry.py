"""Which four points can be a plate, and which two finds are the same plate.

Promise: quads are n x 4 x 2 in pixels, corners top left, top right, bottom right, bottom left as one reads the plate.
`plausible` keeps those that turn clockwise at every corner, are neither tiny nor of a shape no plate is seen in.
`distinct` keeps the surest of finds that cover each other.

Figures: plates are 520 x 111 mm down to 228 x 165 mm (SI 2001/561), so 1.4 to 4.9 wide for their height, and
slanting views make that 0.7 to 9; 10 x 3 pixels are far below what can be read. On failure: nothing raises on finite
numbers; a quad that is not finite is implausible.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
_LEAST_WIDTH, _LEAST_HEIGHT = 10.0, 3.0
_LEAST_ASPECT, _MOST_ASPECT = 0.7, 9.0
_MOST_UNEQUAL_SIDES = 2.5
_SAME_PLATE_UNION, _SAME_PLATE_INSIDE = 0.35, 0.7


def plausible(quads: Floats) -> NDArray[np.bool_]:
    """Return for each quad whether it can be a plate."""
    return np.array([is_plausible(quad) for quad in quads.tolist()], np.bool_)


def is_plausible(quad: Sequence[Sequence[float]]) -> bool:
    """Tell whether one quad can be a plate."""
    # a picture has a handful of finds: so few numbers are ten times faster without arrays
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = quad
    if not math.isfinite(ax + ay + bx + by + cx + cy + dx + dy):
        return False
    across, along = bx - ax, by - ay
    over, down = cx - bx, cy - by
    back, behind = dx - cx, dy - cy
    upwards, up = ax - dx, ay - dy
    clockwise = (
        across * down > along * over
        and over * behind > down * back
        and back * up > behind * upwards
        and upwards * along > up * across
    )
    if not clockwise or across <= 0:
        return False
    top, right, bottom, left = (
        math.hypot(across, along),
        math.hypot(over, down),
        math.hypot(back, behind),
        math.hypot(upwards, up),
    )
    width, height = (top + bottom) / 2, (left + right) / 2
    return (
        width >= _LEAST_WIDTH
        and height >= _LEAST_HEIGHT
        and _LEAST_ASPECT * height <= width <= _MOST_ASPECT * height
        and max(top, bottom) <= _MOST_UNEQUAL_SIDES * min(top, bottom)
        and max(left, right) <= _MOST_UNEQUAL_SIDES * min(left, right)
    )


def boxes_of(quads: Floats) -> Floats:
    """Return the upright boxes around the quads: n x 4, left, top, right, bottom."""
    return np.concatenate([quads.min(axis=1), quads.max(axis=1)], axis=1)


def distinct(quads: Floats, confidences: Floats) -> list[int]:
    """Return the indices of the finds to keep, surest first: of finds that are the same plate only the surest."""
    if len(quads) < 2:
        return list(range(len(quads)))
    boxes = boxes_of(quads).tolist()
    sure = confidences.tolist()
    kept: list[int] = []
    for one in sorted(range(len(boxes)), key=lambda i: (-sure[i], boxes[i][0], boxes[i][1])):
        if not any(_same(boxes[one], boxes[other]) for other in kept):
            kept.append(one)
    return kept


def _same(one: Sequence[float], other: Sequence[float]) -> bool:
    """Tell whether two boxes are of the same plate."""
    left, top, right, bottom = one
    x, y, u, v = other
    shared = max(min(right, u) - max(left, x), 0.0) * max(min(bottom, v) - max(top, y), 0.0)
    area, its = (right - left) * (bottom - top), (u - x) * (v - y)
    together, smaller = max(area + its - shared, 1e-6), max(min(area, its), 1e-6)
    return shared >= _SAME_PLATE_UNION * together or shared >= _SAME_PLATE_INSIDE * smaller
