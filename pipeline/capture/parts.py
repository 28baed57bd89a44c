"""The part of a picture in which plates are looked for: what moves, in one of a few shapes.

Few, because a network is compiled for each shape that it meets.

Promise: `part_around` returns whole pixels within the picture, at even places because colour has half the size, around
all that it is given: the whole picture where no shape holds it. On failure: nothing raises.
"""

from __future__ import annotations

from pipeline.capture.motion import Region
from pipeline.domain.plate import Box

_SHAPES = ((0.5, 0.7), (0.7, 1.0))
"""Shares of the width and the height, the smallest part first: on rendered roads these two spare most."""
_MORE = 0.0375
"""On every side, as a share of the width: the gate sees a plate's vehicle first where it differs most from the road."""


def surroundings_of(region: Region, *, rows: int, columns: int) -> Box:
    """Return `region` of a picture of `rows` x `columns` with some more on every side."""
    left, top, right, bottom = region
    more = _MORE * columns
    x, u = max(left * columns - more, 0.0), min(right * columns + more, columns)
    y, v = max(top * rows - more, 0.0), min(bottom * rows + more, rows)
    return Box(x=x, y=y, width=u - x, height=v - y)


def part_around(*boxes: Box, rows: int, columns: int) -> Box:
    """Return the smallest part of a picture of `rows` x `columns` that holds all of `boxes`, which lie within it."""
    x, u = min(box.x for box in boxes), max(box.x + box.width for box in boxes)
    y, v = min(box.y for box in boxes), max(box.y + box.height for box in boxes)
    for height, width in part_sizes(rows, columns):
        if u - x <= width and v - y <= height:
            return Box(
                x=_begin(x, u, width, columns), y=_begin(y, v, height, rows), width=float(width), height=float(height)
            )
    return Box(x=0.0, y=0.0, width=float(columns), height=float(rows))


def part_sizes(rows: int, columns: int) -> list[tuple[int, int]]:
    """Return the rows and columns that a part of such a picture may have, the smallest first."""
    return [(_even(down * rows), _even(across * columns)) for across, down in _SHAPES]


def _begin(low: float, high: float, length: int, side: int) -> float:
    """Return where a part of that length begins that has `low` to `high` in its middle, as far as the side allows."""
    # from `high` rounded up to `low` rounded down may be a pixel longer than both are apart
    return float(_even(min(max((low + high - length) / 2, 0), side - length)))


def _even(length: float) -> int:
    return int(length) // 2 * 2
