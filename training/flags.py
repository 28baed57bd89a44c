"""The flags that bands of British plates may bear: the Union Flag, St George's Cross, the Saltire and the Dragon.

Which flags and which letters a plate may bear stands in SI 2009/811. Colours are blue-green-red. The dragon is a rough
one of the project's own: on a plate it is 30 mm wide, and in a picture a few pixels.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.domain.plate import Pixels

Flag = NDArray[np.uint8]
UNION, ST_GEORGE, SALTIRE, DRAGON = "union", "st-george", "saltire", "dragon"
FLAGS = (UNION, ST_GEORGE, SALTIRE, DRAGON)
LETTERS = {UNION: ("UK", "GB"), ST_GEORGE: ("ENG", "GB"), SALTIRE: ("SCO", "GB"), DRAGON: ("CYM", "GB")}
"""The letters below each flag; England's, Scotland's and Wales' plates may say GB as well."""
WIDE_OVER_HIGH = 1.6
_WHITE, _RED, _BLUE, _GREEN = (240, 240, 240), (40, 25, 200), (110, 35, 15), (60, 140, 30)
_DRAWN_HIGH = 240
"""Flags are drawn large and made smaller, which gives them soft edges at any size."""
_BODY = (
    (0.10, 0.30), (0.20, 0.22), (0.26, 0.34), (0.34, 0.46), (0.40, 0.14), (0.60, 0.24), (0.54, 0.44), (0.66, 0.50),
    (0.80, 0.44), (0.78, 0.26), (0.92, 0.16), (0.88, 0.40), (0.86, 0.58), (0.72, 0.64), (0.76, 0.86), (0.66, 0.86),
    (0.60, 0.68), (0.44, 0.66), (0.46, 0.86), (0.36, 0.86), (0.32, 0.66), (0.20, 0.78), (0.14, 0.72), (0.26, 0.56),
    (0.18, 0.44), (0.08, 0.44),
)  # fmt: skip
"""The dragon's outline, from its head at the left over wing and tail to its feet, in shares of the flag."""


def flag(name: str, width: int, height: int) -> Flag:
    """Return the flag called `name` at that size in pixels. Raises KeyError for another name."""
    wide, high = round(_DRAWN_HIGH * WIDE_OVER_HIGH), _DRAWN_HIGH
    canvas = np.empty((high, wide, 3), np.uint8)
    _DRAWERS[name](canvas)
    return np.asarray(cv2.resize(canvas, (max(1, width), max(1, height)), interpolation=cv2.INTER_AREA), np.uint8)


def put_flag(canvas: Pixels, name: str, centre: tuple[float, float], width: int) -> None:
    """Draw the flag onto `canvas`, in place, around `centre` (x, y); what is beyond its edges is left out."""
    drawn = flag(name, width, round(width / WIDE_OVER_HIGH))
    left, top = max(0, round(centre[0] - drawn.shape[1] / 2)), max(0, round(centre[1] - drawn.shape[0] / 2))
    part = canvas[top : top + drawn.shape[0], left : left + drawn.shape[1]]
    part[:] = drawn[: part.shape[0], : part.shape[1]]


def _cross(canvas: Flag, share: float, colour: tuple[int, int, int]) -> None:
    """An upright cross whose arms are `share` of the height thick."""
    high, wide = canvas.shape[:2]
    half = round(share * high / 2)
    canvas[high // 2 - half : high // 2 + half] = colour
    canvas[:, wide // 2 - half : wide // 2 + half] = colour


def _diagonals(canvas: Flag, share: float, colour: tuple[int, int, int]) -> None:
    high, wide = canvas.shape[:2]
    for start, end in (((0, 0), (wide, high)), ((0, high), (wide, 0))):
        cv2.line(canvas, start, end, colour, round(share * high), cv2.LINE_AA)


def _union(canvas: Flag) -> None:
    canvas[:] = _BLUE
    _diagonals(canvas, 0.2, _WHITE)
    _diagonals(canvas, 0.07, _RED)
    _cross(canvas, 0.33, _WHITE)
    _cross(canvas, 0.2, _RED)


def _st_george(canvas: Flag) -> None:
    canvas[:] = _WHITE
    _cross(canvas, 0.2, _RED)


def _saltire(canvas: Flag) -> None:
    canvas[:] = _BLUE
    _diagonals(canvas, 0.2, _WHITE)


def _dragon(canvas: Flag) -> None:
    high, wide = canvas.shape[:2]
    canvas[: high // 2], canvas[high // 2 :] = _WHITE, _GREEN
    outline = np.round(np.array(_BODY) * (wide, high)).astype(np.int32)
    cv2.fillPoly(canvas, [outline], _RED, cv2.LINE_AA)


_DRAWERS = {UNION: _union, ST_GEORGE: _st_george, SALTIRE: _saltire, DRAGON: _dragon}
