"""Which four points can be a plate, and which two finds are the same plate.

Promise: quads are n x 4 x 2 in pixels, corners top left, top right, bottom right, bottom left as one reads the plate.
`plausible` keeps those that turn clockwise at every corner, are neither tiny nor of a shape no plate is seen in.
`distinct` keeps the surest of finds that cover each other.

Figures: plates are 520 x 111 mm down to 228 x 165 mm (SI 2001/561), so 1.4 to 4.9 wide for their height, and
slanting views make that 0.7 to 9; 10 x 3 pixels are far below what can be read. On failure: nothing raises on finite
numbers; a quad that is not finite is implausible.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
_LEAST_WIDTH, _LEAST_HEIGHT = 10.0, 3.0
_LEAST_ASPECT, _MOST_ASPECT = 0.7, 9.0
_MOST_UNEQUAL_SIDES = 2.5
_FOLLOWING = [1, 2, 3, 0]
_SAME_PLATE_UNION, _SAME_PLATE_INSIDE = 0.35, 0.7


def plausible(quads: Floats) -> NDArray[np.bool_]:
    """Return for each quad whether it can be a plate."""
    edges = quads[:, _FOLLOWING] - quads
    following = edges[:, _FOLLOWING]
    turns = edges[..., 0] * following[..., 1] - edges[..., 1] * following[..., 0]
    top, right, bottom, left = np.hypot(edges[..., 0], edges[..., 1]).T
    width, height = (top + bottom) / 2, (left + right) / 2
    aspect = width / np.maximum(height, 1e-6)
    unequal = np.maximum(_ratio(top, bottom), _ratio(left, right))
    sound: NDArray[np.bool_] = (
        np.isfinite(quads).all(axis=(1, 2))
        & (turns > 0).all(axis=1)
        & (edges[:, 0, 0] > 0)
        & (width >= _LEAST_WIDTH)
        & (height >= _LEAST_HEIGHT)
        & (aspect >= _LEAST_ASPECT)
        & (aspect <= _MOST_ASPECT)
        & (unequal <= _MOST_UNEQUAL_SIDES)
    )
    return sound


def _ratio(one: Floats, other: Floats) -> Floats:
    return np.asarray(np.maximum(one, other) / np.maximum(np.minimum(one, other), 1e-6), np.float32)


def boxes_of(quads: Floats) -> Floats:
    """Return the upright boxes around the quads: n x 4, left, top, right, bottom."""
    return np.concatenate([quads.min(axis=1), quads.max(axis=1)], axis=1)


def distinct(quads: Floats, confidences: Floats) -> list[int]:
    """Return the indices of the finds to keep, surest first: of finds that are the same plate only the surest."""
    if len(quads) < 2:
        return list(range(len(quads)))
    boxes = boxes_of(quads)
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    left = np.lexsort((boxes[:, 1], boxes[:, 0], -confidences))
    kept: list[int] = []
    while len(left):
        best, left = int(left[0]), left[1:]
        kept.append(best)
        low = np.maximum(boxes[left, :2], boxes[best, :2])
        high = np.minimum(boxes[left, 2:], boxes[best, 2:])
        shared = np.prod(np.maximum(high - low, 0), axis=1)
        union = shared / np.maximum(areas[left] + areas[best] - shared, 1e-6)
        inside = shared / np.maximum(np.minimum(areas[left], areas[best]), 1e-6)
        left = left[(union < _SAME_PLATE_UNION) & (inside < _SAME_PLATE_INSIDE)]
    return kept
