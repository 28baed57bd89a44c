"""The pen that draws characters: straight bars and round-cornered strokes of one width, in millimetres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """Millimetres of one character size and of the spaces around it."""

    height: float = 79.0
    width: float = 50.0
    stroke: float = 14.0
    gap: float = 11.0
    group_gap: float = 33.0
    margin: float = 11.0
    line_gap: float = 19.0

    def width_of(self, character: str) -> float:
        """Return the width of `character`: the stroke alone for 1 and I."""
        return self.stroke if character in "1I" else self.width


class Pen:
    """Draws with one stroke width inside one character box; `x0..x1`, `y0..y1` is the box of stroke centres."""

    def __init__(self, measures: Measures) -> None:
        self.w, self.h, self.s = measures.width, measures.height, measures.stroke
        half = self.s / 2
        self.x0, self.x1, self.y0, self.y1 = half, self.w - half, half, self.h - half
        self.cx = self.w / 2
        self.middle = self.h * 0.475

    def bar(self, left: float, top: float, right: float, bottom: float) -> list[Point]:
        return [(left, top), (right, top), (right, bottom), (left, bottom)]

    def stem(self, left: float, top: float = 0.0, bottom: float | None = None) -> list[Point]:
        return self.bar(left, top, left + self.s, self.h if bottom is None else bottom)

    def beam(self, top: float, left: float = 0.0, right: float | None = None) -> list[Point]:
        return self.bar(left, top, self.w if right is None else right, top + self.s)

    def stroke(self, corners: list[Point], radius: float, *, closed: bool = False) -> list[Point]:
        """Return the outline of a stroke along `corners`, each rounded by `radius` at its centre."""
        centre = _rounded(corners, radius, closed=closed)
        if closed:
            centre = [*centre, centre[0]]
        line = np.asarray(centre)
        # Two arcs that meet share a point, and a piece without length has no direction.
        line = line[np.insert(np.linalg.norm(np.diff(line, axis=0), axis=1) > 1e-6, 0, True)]
        before = np.diff(line, axis=0)
        before /= np.maximum(np.linalg.norm(before, axis=1, keepdims=True), 1e-9)
        if closed:
            tangent = np.vstack([before[:1] + before[-1:], before[1:] + before[:-1], before[:1] + before[-1:]])
        else:
            tangent = np.vstack([before[:1], before[1:] + before[:-1], before[-1:]])
        length = np.linalg.norm(tangent, axis=1, keepdims=True)
        normal = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1) / length
        # Where two pieces meet at an angle the offset grows by the mitre.
        mitre = 2.0 / length
        mitre[0], mitre[-1] = (mitre[0], mitre[-1]) if closed else (1.0, 1.0)
        offset = normal * np.minimum(mitre, 2.0) * (self.s / 2)
        return [tuple(point) for point in np.vstack([line + offset, (line - offset)[::-1]])]


def _rounded(corners: list[Point], radius: float, *, closed: bool, pieces: int = 10) -> list[Point]:
    """Return `corners` as a polyline whose inner corners are arcs."""
    points = [np.asarray(corner, dtype=np.float64) for corner in corners]
    count = len(points)
    path: list[Point] = []
    for index, corner in enumerate(points):
        if not closed and index in (0, count - 1):
            path.append((corner[0], corner[1]))
            continue
        into, out = points[index - 1] - corner, points[(index + 1) % count] - corner
        into_length, out_length = np.linalg.norm(into), np.linalg.norm(out)
        into, out = into / into_length, out / out_length
        half_angle = np.arccos(np.clip(into @ out, -1, 1)) / 2
        reach = min(radius / float(np.tan(half_angle)), float(into_length) / 2, float(out_length) / 2)
        bow = reach * np.tan(half_angle)
        centre = corner + (into + out) / np.linalg.norm(into + out) * (bow / np.sin(half_angle))
        start, end = corner + into * reach - centre, corner + out * reach - centre
        sweep = np.arctan2(start[0] * end[1] - start[1] * end[0], start @ end)
        for angle in np.linspace(0, sweep, pieces):
            turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
            x, y = centre + turn @ start
            path.append((float(x), float(y)))
    return path
