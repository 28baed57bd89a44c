"""The project's own drawing of the characters of British plates.

Every character is a set of polygons in millimetres, origin top left, y downwards, whose union is the character. The
measures are those of the regulations (SI 2001/561): height 79, width 50 (14 for 1 and I), stroke 14 on cars and
64, 44, 10 on motorcycles. The shapes are drawn here from straight strokes and rounded corners; nothing is traced from
a font. O and 0 are one glyph, and so are I and 1.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from training.pen import Measures, Pen, Point
from training.reshaped import RESHAPED

Outline = NDArray[np.float64]
CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


CAR = Measures()
MOTORCYCLE = Measures(height=64.0, width=44.0, stroke=10.0, gap=10.0, group_gap=30.0, margin=11.0, line_gap=13.0)


@lru_cache(maxsize=512)
def outlines(character: str, measures: Measures = CAR, *, reshaped: bool = False) -> tuple[Outline, ...]:
    """Return the polygons whose union is `character`, as `training/reshaped.py` has it where `reshaped`.

    Raises KeyError for what a plate cannot carry.
    """
    drawing = RESHAPED.get(character, _DRAWINGS[character]) if reshaped else _DRAWINGS[character]
    return tuple(np.asarray(polygon, dtype=np.float64) for polygon in drawing(Pen(measures)))


Drawing = Callable[[Pen], list[list[Point]]]
_ROUND = 15.0
"""Radius of the round corners at the stroke's centre, before it is limited by the length of the strokes."""


def _flip(drawing: Drawing, *, turn: bool = False) -> Drawing:
    """Return `drawing` upside down, or turned by half a turn."""

    def flipped(p: Pen) -> list[list[Point]]:
        return [[(p.w - x if turn else x, p.h - y) for x, y in polygon] for polygon in drawing(p)]

    return flipped


def _zero(p: Pen) -> list[list[Point]]:
    return [p.stroke([(p.x0, p.y0), (p.x1, p.y0), (p.x1, p.y1), (p.x0, p.y1)], _ROUND, closed=True)]


def _two(p: Pen) -> list[list[Point]]:
    curve = [(p.x0, p.h * 0.30), (p.x0, p.y0), (p.x1, p.y0), (p.x1, p.h * 0.40), (p.x0 + 2, p.y1 + 1)]
    return [p.stroke(curve, _ROUND), p.beam(p.h - p.s)]


def _three(p: Pen) -> list[list[Point]]:
    upper = [(p.x0, p.h * 0.27), (p.x0, p.y0), (p.x1 - 1, p.y0), (p.x1 - 1, p.middle), (p.w * 0.36, p.middle)]
    lower = [(p.w * 0.36, p.middle), (p.x1, p.middle), (p.x1, p.y1), (p.x0, p.y1), (p.x0, p.h * 0.73)]
    return [p.stroke(upper, _ROUND), p.stroke(lower, _ROUND)]


def _four(p: Pen) -> list[list[Point]]:
    top = p.h * 0.64
    slant = [(p.w * 0.50, 0.0), (p.w * 0.84, 0.0), (p.s * 1.15, top + p.s * 0.3), (0.0, top + p.s * 0.3), (0.0, top)]
    return [slant, p.beam(top), p.stem(p.w * 0.56, p.h * 0.42)]


def _five(p: Pen) -> list[list[Point]]:
    shoulder = p.h * 0.42
    bowl = [(p.x0 - 1, shoulder), (p.x1, shoulder), (p.x1, p.y1), (p.x0, p.y1), (p.x0, p.h * 0.72)]
    return [p.beam(0.0, p.w * 0.05, p.w * 0.93), p.stem(p.w * 0.05, 0.0, shoulder + p.s / 2), p.stroke(bowl, _ROUND)]


def _six(p: Pen) -> list[list[Point]]:
    shoulder = p.h * 0.44
    loop = [(p.x0, shoulder), (p.x1, shoulder), (p.x1, p.y1), (p.x0, p.y1)]
    back = [(p.x1 - 1, p.h * 0.27), (p.x1 - 1, p.y0), (p.x0, p.y0), (p.x0, p.h * 0.7)]
    return [p.stroke(loop, _ROUND, closed=True), p.stroke(back, _ROUND)]


def _seven(p: Pen) -> list[list[Point]]:
    lean = p.s * 1.08
    return [p.beam(0.0), [(p.w - lean, p.s * 0.9), (p.w, p.s * 0.9), (p.w * 0.28 + lean, p.h), (p.w * 0.28, p.h)]]


def _eight(p: Pen) -> list[list[Point]]:
    upper = [(p.x0 + 1.5, p.y0), (p.x1 - 1.5, p.y0), (p.x1 - 1.5, p.middle), (p.x0 + 1.5, p.middle)]
    lower = [(p.x0, p.middle), (p.x1, p.middle), (p.x1, p.y1), (p.x0, p.y1)]
    return [p.stroke(upper, 13.0, closed=True), p.stroke(lower, 14.0, closed=True)]


def _a(p: Pen) -> list[list[Point]]:
    leg, top = p.s * 1.04, (p.w - p.s * 1.04) / 2
    left = [(0.0, p.h), (leg, p.h), (top + leg, 0.0), (top, 0.0)]
    right = [(p.w - x, y) for x, y in left]
    return [left, right, p.bar(p.w * 0.18, p.h * 0.63, p.w * 0.82, p.h * 0.63 + p.s * 0.9)]


def _b(p: Pen) -> list[list[Point]]:
    upper = [(p.x0, p.y0), (p.x1 - 2, p.y0), (p.x1 - 2, p.middle), (p.x0, p.middle)]
    lower = [(p.x0, p.middle), (p.x1, p.middle), (p.x1, p.y1), (p.x0, p.y1)]
    return [p.stem(0.0), p.stroke(upper, 13.0), p.stroke(lower, 14.0)]


def _c(p: Pen) -> list[list[Point]]:
    arms = [(p.x1, p.h * 0.32), (p.x1, p.y0), (p.x0, p.y0), (p.x0, p.y1), (p.x1, p.y1), (p.x1, p.h * 0.68)]
    return [p.stroke(arms, _ROUND)]


def _d(p: Pen) -> list[list[Point]]:
    return [p.stem(0.0), p.stroke([(p.x0, p.y0), (p.x1, p.y0), (p.x1, p.y1), (p.x0, p.y1)], _ROUND)]


def _e(p: Pen) -> list[list[Point]]:
    return [*_f(p), p.beam(p.h - p.s)]


def _f(p: Pen) -> list[list[Point]]:
    return [p.stem(0.0), p.beam(0.0), p.beam(p.h * 0.40, 0.0, p.w * 0.86)]


def _g(p: Pen) -> list[list[Point]]:
    arms = [(p.x1, p.h * 0.30), (p.x1, p.y0), (p.x0, p.y0), (p.x0, p.y1), (p.x1, p.y1), (p.x1, p.h * 0.5)]
    return [p.stroke(arms, _ROUND), p.beam(p.h * 0.46, p.w * 0.50)]


def _h(p: Pen) -> list[list[Point]]:
    return [p.stem(0.0), p.stem(p.w - p.s), p.beam((p.h - p.s) / 2)]


def _i(p: Pen) -> list[list[Point]]:
    return [p.stem(0.0)]


def _j(p: Pen) -> list[list[Point]]:
    return [p.stroke([(p.x1, 0.0), (p.x1, p.y1), (p.x0, p.y1), (p.x0, p.h * 0.70)], _ROUND)]


def _k(p: Pen) -> list[list[Point]]:
    lean = p.s * 1.22
    arm = [(p.w - lean, 0.0), (p.w, 0.0), (p.s, p.h * 0.68), (p.s, p.h * 0.44)]
    leg = [(p.w * 0.34, p.h * 0.50), (p.w * 0.56, p.h * 0.36), (p.w, p.h), (p.w - lean, p.h)]
    return [p.stem(0.0), arm, leg]


def _l(p: Pen) -> list[list[Point]]:
    return [p.stem(0.0), p.beam(p.h - p.s)]


def _m(p: Pen) -> list[list[Point]]:
    side = p.s * 0.86
    notch = [(0.0, 0.0), (side, 0.0), (p.cx, p.h * 0.40), (p.w - side, 0.0), (p.w, 0.0)]
    vee = [*notch, (p.cx + p.s * 0.3, p.h * 0.72), (p.cx - p.s * 0.3, p.h * 0.72)]
    return [p.bar(0.0, 0.0, side, p.h), p.bar(p.w - side, 0.0, p.w, p.h), vee]


def _n(p: Pen) -> list[list[Point]]:
    side, lean = p.s * 0.93, p.s * 1.1
    return [
        p.bar(0.0, 0.0, side, p.h),
        p.bar(p.w - side, 0.0, p.w, p.h),
        [(0.0, 0.0), (lean, 0.0), (p.w, p.h), (p.w - lean, p.h)],
    ]


def _p(p: Pen) -> list[list[Point]]:
    shoulder = p.h * 0.545
    return [p.stem(0.0), p.stroke([(p.x0, p.y0), (p.x1, p.y0), (p.x1, shoulder), (p.x0, shoulder)], _ROUND)]


def _q(p: Pen) -> list[list[Point]]:
    return [*_zero(p), [(p.w * 0.44, p.h * 0.66), (p.w * 0.66, p.h * 0.58), (p.w, p.h * 0.92), (p.w * 0.80, p.h)]]


def _r(p: Pen) -> list[list[Point]]:
    lean = p.s * 1.15
    return [*_p(p), [(p.w * 0.38, p.h * 0.54), (p.w * 0.38 + lean, p.h * 0.54), (p.w, p.h), (p.w - lean, p.h)]]


def _s(p: Pen) -> list[list[Point]]:
    upper = [(p.x1 - 1, p.h * 0.27), (p.x1 - 1, p.y0), (p.x0, p.y0), (p.x0, p.middle), (p.cx, p.middle)]
    lower = [(p.cx, p.middle), (p.x1, p.middle), (p.x1, p.y1), (p.x0, p.y1), (p.x0, p.h * 0.73)]
    return [p.stroke(upper, _ROUND), p.stroke(lower, _ROUND)]


def _t(p: Pen) -> list[list[Point]]:
    return [p.beam(0.0), p.stem((p.w - p.s) / 2)]


def _u(p: Pen) -> list[list[Point]]:
    return [p.stroke([(p.x0, 0.0), (p.x0, p.y1), (p.x1, p.y1), (p.x1, 0.0)], _ROUND)]


def _v(p: Pen) -> list[list[Point]]:
    return [[(x, p.h - y) for x, y in polygon] for polygon in _a(p)[:2]]


def _x(p: Pen) -> list[list[Point]]:
    lean = p.s * 1.16
    rise = [(0.0, p.h), (lean, p.h), (p.w, 0.0), (p.w - lean, 0.0)]
    return [rise, [(p.w - x, y) for x, y in rise]]


def _y(p: Pen) -> list[list[Point]]:
    lean, knee = p.s * 1.12, p.h * 0.56
    arm = [(0.0, 0.0), (lean, 0.0), (p.cx + p.s / 2, knee), (p.cx - p.s / 2, knee)]
    return [arm, [(p.w - x, y) for x, y in arm], p.stem(p.cx - p.s / 2, p.h * 0.50)]


def _z(p: Pen) -> list[list[Point]]:
    lean, top, bottom = p.s * 1.3, p.s * 0.8, p.h - p.s * 0.8
    return [p.beam(0.0), p.beam(p.h - p.s), [(p.w - lean, top), (p.w, top), (lean, bottom), (0.0, bottom)]]


_LETTERS: tuple[Drawing, ...] = (
    _a, _b, _c, _d, _e, _f, _g, _h, _i, _j, _k, _l, _m, _n, _zero, _p, _q, _r, _s, _t, _u, _v, _flip(_m), _x, _y, _z,
)  # fmt: skip
_DIGITS: tuple[Drawing, ...] = (
    _zero, _i, _two, _three, _four, _five, _six, _seven, _eight, _flip(_six, turn=True),
)  # fmt: skip
_DRAWINGS: dict[str, Drawing] = dict(zip(CHARACTERS, (*_DIGITS, *_LETTERS), strict=True))
