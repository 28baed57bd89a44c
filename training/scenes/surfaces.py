"""Surfaces that everything in a scene is made of: noise, drawn panels in metres, and textures with mip levels.

Colours are blue-green-red 0..255. A panel has three layers: paint, cover (opacity) and shine (how much of the paint is
seen without daylight: lamps, and plates because they throw light back). Same seed, same surface.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.domain.plate import Pixels

Colour = tuple[float, float, float]
Point = tuple[float, float]
_SHIFT = 4
_SMALLEST_LEVEL = 6


def noise_tile(rng: np.random.Generator, size: int, coarsest: int = 8, fall: float = 0.6) -> NDArray[np.float32]:
    """Return size x size noise of several octaves with mean 0 and deviation 1 that repeats without a seam."""
    total = np.zeros((size, size), np.float32)
    cells, weight = coarsest, 1.0
    while cells <= size:
        coarse = np.pad(rng.standard_normal((cells, cells)).astype(np.float32), 2, mode="wrap")
        step = size // cells
        grown = cv2.resize(coarse, None, fx=step, fy=step, interpolation=cv2.INTER_CUBIC)
        total += weight * np.asarray(grown, np.float32)[2 * step : 2 * step + size, 2 * step : 2 * step + size]
        cells, weight = cells * 2, weight * fall
    return np.asarray((total - total.mean()) / total.std(), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Texture:
    """A picture with opacity, premultiplied, blue-green-red-alpha, and its halved copies: level 0 is the largest."""

    levels: tuple[Pixels, ...]

    def level_for(self, shrink: float) -> Pixels:
        """Return the level to draw from when level 0 would be shrunk by `shrink`."""
        wanted = int(np.clip(np.floor(np.log2(max(shrink, 1.0)) + 0.35), 0, len(self.levels) - 1))
        return self.levels[wanted]


def texture_of(paint: Pixels, cover: NDArray[np.uint8]) -> Texture:
    """Return the texture of `paint` (height x width x 3) where `cover` (height x width) is its opacity."""
    solid = cv2.multiply(paint, cv2.merge([cover, cover, cover]), scale=1 / 255)
    level = np.dstack([solid, cover]).astype(np.uint8)
    levels = [level]
    while min(level.shape[:2]) >= 2 * _SMALLEST_LEVEL:
        size = level.shape[1] // 2, level.shape[0] // 2
        level = np.asarray(cv2.resize(level, size, interpolation=cv2.INTER_AREA), np.uint8)
        levels.append(level)
    return Texture(tuple(levels))


class Panel:
    """A drawing board `width` x `height` metres; the origin is the bottom left corner, y goes up."""

    def __init__(self, width: float, height: float, pixels_per_metre: float) -> None:
        self.width, self.height, self._scale = width, height, pixels_per_metre
        rows, columns = max(round(height * pixels_per_metre), 8), max(round(width * pixels_per_metre), 8)
        self.paint = np.zeros((rows, columns, 3), np.uint8)
        self.cover = np.zeros((rows, columns), np.uint8)
        self.shine = np.zeros((rows, columns), np.uint8)

    def polygon(self, points: Sequence[Point], colour: Colour, shine: float = 0.0, both: bool = False) -> None:
        """Fill a polygon; `both` also draws it mirrored left to right."""
        for shape in [points, [(self.width - x, y) for x, y in points]][: 2 if both else 1]:
            corners = [self._at(x, y) for x, y in shape]
            ring = np.round(np.array(corners) * 2**_SHIFT).astype(np.int32)
            self._fill(ring, colour, shine)

    def box(
        self,
        left: float,
        bottom: float,
        right: float,
        top: float,
        colour: Colour,
        shine: float = 0.0,
        both: bool = False,
        round_by: float = 0.0,
    ) -> None:
        """Fill an upright rectangle, its corners cut round by `round_by` metres."""
        r = min(round_by, (right - left) / 2, (top - bottom) / 2)
        if r <= 0:
            self.polygon([(left, bottom), (right, bottom), (right, top), (left, top)], colour, shine, both)
            return
        arc = np.linspace(0, np.pi / 2, 7)
        centres = ((right - r, top - r), (left + r, top - r), (left + r, bottom + r), (right - r, bottom + r))
        points = [
            (x + r * float(np.cos(a + turn * np.pi / 2)), y + r * float(np.sin(a + turn * np.pi / 2)))
            for turn, (x, y) in enumerate(centres)
            for a in arc
        ]
        self.polygon(points, colour, shine, both)

    def disc(
        self, x: float, y: float, rx: float, ry: float, colour: Colour, shine: float = 0.0, both: bool = False
    ) -> None:
        """Fill an ellipse."""
        turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        points = [(x + rx * float(np.cos(a)), y + ry * float(np.sin(a))) for a in turn]
        self.polygon(points, colour, shine, both)

    def line(self, start: Point, end: Point, width: float, colour: Colour, both: bool = False) -> None:
        """Draw a straight line `width` metres wide."""
        along = np.subtract(end, start)
        across = np.array([-along[1], along[0]]) / max(float(np.hypot(*along)), 1e-6) * width / 2
        corners = [np.add(start, across), np.add(end, across), np.subtract(end, across), np.subtract(start, across)]
        self.polygon([(float(x), float(y)) for x, y in corners], colour, 0.0, both)

    def picture(self, pixels: Pixels, left: float, bottom: float, width: float, height: float, shine: float) -> None:
        """Stick a picture of `width` x `height` metres on the panel."""
        x0, y1 = (round(v) for v in self._at(left, bottom))
        x1, y0 = (round(v) for v in self._at(left + width, bottom + height))
        self.paint[y0:y1, x0:x1] = cv2.resize(pixels, (x1 - x0, y1 - y0), interpolation=cv2.INTER_AREA)
        self.cover[y0:y1, x0:x1] = 255
        self.shine[y0:y1, x0:x1] = round(255 * shine)

    def shade(self, bottom: float, top: float, side: float = 1.0) -> None:
        """Multiply the paint by a gradient from bottom to top, and towards both edges by `side`."""
        rows, columns = self.cover.shape
        column = np.linspace(top, bottom, rows, dtype=np.float32)[:, None]
        row = 1 + (side - 1) * np.abs(np.linspace(-1, 1, columns, dtype=np.float32)[None]) ** 3
        self.paint = np.clip(self.paint * (column * row)[..., None], 0, 255).astype(np.uint8)

    def grain(self, tile: NDArray[np.float32], amount: float) -> None:
        """Add `amount` levels of noise from a tile to the paint."""
        rows, columns = self.cover.shape
        repeat = (rows // tile.shape[0] + 1, columns // tile.shape[1] + 1)
        noise = np.tile(tile, repeat)[:rows, :columns, None]
        self.paint = np.clip(self.paint + amount * noise, 0, 255).astype(np.uint8)

    def texture(self, light: Colour = (1.0, 1.0, 1.0), face: float = 1.0) -> Texture:
        """Return what is seen under `light` (per channel) on a face turned so that it gets `face` of it."""
        shine = self.shine[..., None].astype(np.float32) / 255
        lit = np.asarray(light, np.float32) * face
        seen = self.paint * (lit + shine * np.maximum(1.0 - lit, 0.0))
        return texture_of(np.clip(seen, 0, 255).astype(np.uint8), self.cover)

    def _at(self, x: float, y: float) -> Point:
        return x * self._scale - 0.5, (self.height - y) * self._scale - 0.5

    def _fill(self, ring: NDArray[np.int32], colour: Colour, shine: float) -> None:
        cv2.fillPoly(self.paint, [ring], colour, cv2.LINE_AA, _SHIFT)
        cv2.fillPoly(self.cover, [ring], 255, cv2.LINE_AA, _SHIFT)
        cv2.fillPoly(self.shine, [ring], 255 * shine, cv2.LINE_AA, _SHIFT)
