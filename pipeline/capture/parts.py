"""The parts of a picture in which plates are looked for: what moves, in a few shapes.

Few, because a network is compiled for each shape that it meets.

Promise: `part_around` returns whole pixels within the picture, at even places because colour has half the size, around
all that it is given: the whole picture where no shape holds it. `parts_around` returns such parts around one or several
of what it is given, and all together no more than one part around everything. On failure: nothing raises.
"""

from __future__ import annotations

from functools import lru_cache, reduce
from itertools import combinations

from pipeline.capture.motion import Region
from pipeline.domain.plate import Box

_SHAPES = ((0.5, 0.7), (0.7, 1.0))
"""Shares of the width and the height, the smallest part first: on rendered roads these two spare most."""
_WINDOW = (0.3, 0.2)
"""Width and height of the smallest part as shares of the picture's long side: multiples of 32 pixels of the search."""
_MOST_APART = 6
"""More movements than this at once are leaves, snow or a camera that shakes, and searched in one part."""
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
    around = reduce(_both, boxes)
    right, bottom = around.x + around.width, around.y + around.height
    for height, width in part_sizes(rows, columns):
        if around.width <= width and around.height <= height:
            left, top = _begin(around.x, right, width, columns), _begin(around.y, bottom, height, rows)
            return Box(x=left, y=top, width=float(width), height=float(height))
    return Box(x=0.0, y=0.0, width=float(columns), height=float(rows))


def parts_around(*boxes: Box, rows: int, columns: int) -> list[Box]:
    """Return parts that together hold each of `boxes`; what takes fewer pixels in one part than apart is in one."""

    def part_of(*together: Box) -> Box:
        return part_around(*together, rows=rows, columns=columns)

    if len(boxes) > _MOST_APART:
        return [part_of(*boxes)]
    groups = [(box, part_of(box)) for box in boxes]
    while len(groups) > 1:
        spared, one, two = max(
            (_area(mine) + _area(other) - _area(part_of(_both(box, another))), at, place)
            for (at, (box, mine)), (place, (another, other)) in combinations(enumerate(groups), 2)
        )
        if spared < 0:
            break
        both = _both(groups[one][0], groups[two][0])
        groups = [group for at, group in enumerate(groups) if at not in (one, two)] + [(both, part_of(both))]
    parts = [part for _, part in groups]
    # in pairs it may not pay where it does for all
    return [part_of(*boxes)] if parts and _area(part_of(*boxes)) < sum(map(_area, parts)) else parts


@lru_cache(maxsize=64)
def part_sizes(rows: int, columns: int) -> tuple[tuple[int, int], ...]:
    """Return the rows and columns that a part of such a picture may have, the smallest first."""
    return window_size(rows, columns), *((_even(down * rows), _even(across * columns)) for across, down in _SHAPES)


def window_size(rows: int, columns: int) -> tuple[int, int]:
    """Return the rows and columns of the smallest part of such a picture, which is also that around a known plate."""
    long_side = max(rows, columns)
    width, height = (round(share * long_side / 2) * 2 for share in _WINDOW)
    return min(height, rows), min(width, columns)


def _area(part: Box) -> float:
    return part.width * part.height


def _both(one: Box, two: Box) -> Box:
    x, y = min(one.x, two.x), min(one.y, two.y)
    u, v = max(one.x + one.width, two.x + two.width), max(one.y + one.height, two.y + two.height)
    return Box(x=x, y=y, width=u - x, height=v - y)


def _begin(low: float, high: float, length: int, side: int) -> float:
    """Return where a part of that length begins that has `low` to `high` in its middle, as far as the side allows."""
    # from `high` rounded up to `low` rounded down may be a pixel longer than both are apart
    return float(_even(min(max((low + high - length) / 2, 0), side - length)))


def _even(length: float) -> int:
    return int(length) // 2 * 2
