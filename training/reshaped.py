"""British characters nearer to real ones than `training/glyphs.py` draws them, for the mixtures that ask for them.

What `training.glyph_overlap` tells of the first drawings is mended here, by eye: B and D stand on serifs, which tell
them from 8 and 0 on real plates; the 5's bowl and the 6's loop sit lower, the P's higher, the 4 is closed, the S has a
slanting spine, the 3 a short arm, the G a short bar, and the slanting arms are thinner. Characters that are not named
here are those of `training/glyphs.py`. Nothing is traced. The first drawings stay, because golden images, sample
roads and the hold-outs of all courses are drawn with them.
"""

from __future__ import annotations

from training.pen import Pen, Point

_ROUND = 15.0
_INSET, _SERIF = 0.085, 0.8
"""How far the stems of B and D stand in from their serifs' ends, in widths, and how thick serifs are, in strokes."""
_ARM = 0.96
"""The width of slanting arms along the line, in strokes."""

Polygons = list[list[Point]]


def _two(p: Pen) -> Polygons:
    curve = [(p.x0, p.h * 0.28), (p.x0, p.y0), (p.x1, p.y0), (p.x1, p.h * 0.38), (p.x0 + 1, p.h - p.s * 0.72)]
    return [p.stroke(curve, _ROUND), p.beam(p.h - p.s)]


def _three(p: Pen) -> Polygons:
    upper = [(p.x0, p.h * 0.27), (p.x0, p.y0), (p.x1 - 1, p.y0), (p.x1 - 1, p.middle), (p.w * 0.48, p.middle)]
    lower = [(p.w * 0.48, p.middle), (p.x1, p.middle), (p.x1, p.y1), (p.x0, p.y1), (p.x0, p.h * 0.73)]
    return [p.stroke(upper, _ROUND), p.stroke(lower, _ROUND)]


def _four(p: Pen) -> Polygons:
    bar = p.h * 0.645
    stem = p.w * 0.82 - p.s
    slope = [(p.w * 0.48, 0.0), (p.w * 0.80, 0.0), (p.w * 0.34, bar), (0.0, bar + p.s * 0.6), (0.0, bar)]
    return [slope, p.bar(0.0, bar, p.w, bar + p.s * 0.86), p.stem(stem)]


def _five(p: Pen) -> Polygons:
    shoulder = p.h * 0.475
    bowl = [(p.x0, shoulder), (p.x1, shoulder), (p.x1, p.y1), (p.x0, p.y1), (p.x0, p.h * 0.73)]
    return [p.beam(0.0, p.w * 0.03, p.w * 0.95), p.stem(p.w * 0.03, 0.0, shoulder + p.s * 0.4), p.stroke(bowl, _ROUND)]


def _six(p: Pen) -> Polygons:
    shoulder = p.h * 0.475
    loop = [(p.x0, shoulder), (p.x1, shoulder), (p.x1, p.y1), (p.x0, p.y1)]
    back = [(p.x1 - 1, p.h * 0.27), (p.x1 - 1, p.y0), (p.x0, p.y0), (p.x0, p.h * 0.7)]
    return [p.stroke(loop, _ROUND, closed=True), p.stroke(back, _ROUND)]


def _nine(p: Pen) -> Polygons:
    return [[(p.w - x, p.h - y) for x, y in polygon] for polygon in _six(p)]


def _seven(p: Pen) -> Polygons:
    lean = p.s * _ARM
    return [p.beam(0.0), [(p.w - lean, p.s * 0.9), (p.w, p.s * 0.9), (p.w * 0.28 + lean, p.h), (p.w * 0.28, p.h)]]


def _serifs(p: Pen) -> Polygons:
    inset, thick = p.w * _INSET, p.s * _SERIF
    return [p.stem(inset), p.bar(0.0, 0.0, p.cx, thick), p.bar(0.0, p.h - thick, p.cx, p.h)]


def _b(p: Pen) -> Polygons:
    left = p.x0 + p.w * _INSET
    upper = [(left, p.y0), (p.x1 - 1.5, p.y0), (p.x1 - 1.5, p.middle), (left, p.middle)]
    lower = [(left, p.middle), (p.x1, p.middle), (p.x1, p.y1), (left, p.y1)]
    return [*_serifs(p), p.stroke(upper, 13.0), p.stroke(lower, 14.0)]


def _d(p: Pen) -> Polygons:
    left = p.x0 + p.w * _INSET
    return [*_serifs(p), p.stroke([(left, p.y0), (p.x1, p.y0), (p.x1, p.y1), (left, p.y1)], _ROUND)]


def _g(p: Pen) -> Polygons:
    arms = [(p.x1, p.h * 0.28), (p.x1, p.y0), (p.x0, p.y0), (p.x0, p.y1), (p.x1, p.y1), (p.x1, p.h * 0.52)]
    return [p.stroke(arms, _ROUND), p.beam(p.h * 0.49, p.w * 0.58)]


def _k(p: Pen) -> Polygons:
    lean = p.s * _ARM
    arm = [(p.w - lean, 0.0), (p.w, 0.0), (p.s, p.h * 0.63), (p.s, p.h * 0.44)]
    leg = [(p.w * 0.34, p.h * 0.47), (p.w * 0.54, p.h * 0.35), (p.w, p.h), (p.w - lean, p.h)]
    return [p.stem(0.0), arm, leg]


def _p(p: Pen) -> Polygons:
    shoulder = p.h * 0.525
    return [p.stem(0.0), p.stroke([(p.x0, p.y0), (p.x1, p.y0), (p.x1, shoulder), (p.x0, shoulder)], _ROUND)]


def _r(p: Pen) -> Polygons:
    lean, shoulder = p.s * 0.98, p.h * 0.545
    bowl = p.stroke([(p.x0, p.y0), (p.x1, p.y0), (p.x1, shoulder), (p.x0, shoulder)], _ROUND)
    leg = [(p.w * 0.45, p.h * 0.54), (p.w * 0.45 + lean, p.h * 0.54), (p.w, p.h), (p.w - lean, p.h)]
    return [p.stem(0.0), bowl, leg]


def _s(p: Pen) -> Polygons:
    ends = [(p.x1 - 1, p.h * 0.27), (p.x1 - 1, p.y0), (p.x0, p.y0), (p.x0, p.h * 0.41)]
    spine = [*ends, (p.x1, p.h * 0.54), (p.x1, p.y1), (p.x0, p.y1), (p.x0, p.h * 0.73)]
    return [p.stroke(spine, _ROUND)]


def _w(p: Pen) -> Polygons:
    side = p.s * 0.9
    peak = [(p.cx - p.s * 0.42, p.h * 0.27), (p.cx + p.s * 0.42, p.h * 0.27)]
    middle = [*peak, (p.w, p.h), (p.w - side, p.h), (p.cx, p.h * 0.64), (side, p.h), (0.0, p.h)]
    return [p.bar(0.0, 0.0, side, p.h), p.bar(p.w - side, 0.0, p.w, p.h), middle]


def _x(p: Pen) -> Polygons:
    lean = p.s * _ARM
    rise = [(0.0, p.h), (lean, p.h), (p.w, 0.0), (p.w - lean, 0.0)]
    return [rise, [(p.w - x, y) for x, y in rise]]


def _y(p: Pen) -> Polygons:
    lean, knee = p.s * _ARM, p.h * 0.53
    arm = [(0.0, 0.0), (lean, 0.0), (p.cx + p.s / 2, knee), (p.cx - p.s / 2, knee)]
    return [arm, [(p.w - x, y) for x, y in arm], p.stem(p.cx - p.s / 2, p.h * 0.48)]


RESHAPED = {
    "2": _two, "3": _three, "4": _four, "5": _five, "6": _six, "7": _seven, "9": _nine, "B": _b, "D": _d, "G": _g,
    "K": _k, "P": _p, "R": _r, "S": _s, "W": _w, "X": _x, "Y": _y,
}  # fmt: skip
