"""Simple drawn rears and fronts of vehicles: a body, glass, lamps, a grille, a badge, and the place of the plate.

They are not portraits. They teach where plates are (low, between lamps, in a recess) and that lamps, grilles, badges
and lettering of a vehicle are not plates.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.domain.plate import Pixels

_PAINTS = (
    (235, 235, 235), (200, 200, 202), (150, 150, 152), (90, 90, 92), (40, 40, 42), (20, 20, 22), (30, 30, 130),
    (120, 60, 25), (150, 100, 50), (60, 90, 40), (40, 160, 210), (60, 80, 100), (25, 25, 70),
)  # fmt: skip
_NAMES = ("TDI", "HYBRID", "SPORT", "TURBO", "1.6", "GTI", "4x4", "XLE", "DIESEL", "SE", "TAXI", "ELECTRIC")


def draw_vehicle(
    rng: np.random.Generator, pixels: Pixels, centre: tuple[float, float], plate_width: float, brightness: float
) -> None:
    """Draw a vehicle's end into `pixels`, in place, so that its plate, `plate_width` pixels wide, is at `centre`."""
    unit = plate_width / 520.0
    layer = np.zeros_like(pixels)
    cover = np.zeros(pixels.shape[:2], np.uint8)
    paint = np.asarray(_PAINTS[int(rng.integers(0, len(_PAINTS)))], np.float64) * brightness * rng.uniform(0.6, 1.1)
    half = unit * float(rng.uniform(800, 950))
    below, above = unit * float(rng.uniform(150, 450)), unit * float(rng.uniform(350, 1000))
    x, y = centre
    roof = half * float(rng.uniform(0.6, 0.95))
    outline = [(x - half, y + below), (x - half, y - above * 0.35), (x - roof, y - above)]
    outline += [(2 * x - px, py) for px, py in reversed(outline)]
    _fill(layer, outline, paint)
    _fill(cover, outline, 255)
    _shade(layer, cover, y - above, y + below, float(rng.uniform(0.1, 0.45)))
    glass_foot = y - above * float(rng.uniform(0.45, 0.6))
    _fill(
        layer,
        [
            (x - roof * 0.85, y - above * 0.94),
            (x + roof * 0.85, y - above * 0.94),
            (x + half * 0.85, glass_foot),
            (x - half * 0.85, glass_foot),
        ],
        np.asarray((45, 40, 35)) * brightness * rng.uniform(0.4, 1.6),
    )
    if rng.random() < 0.55:
        _draw_rear(rng, layer, (x, y), unit, half, paint, brightness)
    else:
        _draw_front(rng, layer, (x, y), unit, half, brightness)
    if rng.random() < 0.5:
        word = _NAMES[int(rng.integers(0, len(_NAMES)))]
        at = (round(x + half * float(rng.uniform(-0.8, 0.3))), round(y - unit * float(rng.uniform(120, 260))))
        tint = (215, 215, 215) if paint.mean() < 150 else (60, 60, 60)
        cv2.putText(layer, word, at, cv2.FONT_HERSHEY_DUPLEX, max(0.2, unit * 2.4), tint, max(1, round(unit * 5)))
    layer = np.asarray(cv2.GaussianBlur(layer, (0, 0), 0.6 + unit * 2), np.uint8)
    soft = cv2.GaussianBlur(cover, (0, 0), 0.8 + unit * 2).astype(np.float32)[..., None] / 255
    pixels[:] = (pixels * (1 - soft) + layer * soft).astype(np.uint8)


def _draw_rear(
    rng: np.random.Generator,
    layer: Pixels,
    centre: tuple[float, float],
    unit: float,
    half: float,
    paint: NDArray[np.float64],
    brightness: float,
) -> None:
    x, y = centre
    reach, tall = unit * float(rng.uniform(330, 400)), unit * float(rng.uniform(90, 160))
    _box(layer, (x - reach, y - tall), (x + reach, y + tall * 0.9), paint * float(rng.uniform(0.5, 0.9)))
    lamp_top = y - unit * float(rng.uniform(80, 330))
    for side in (-1, 1):
        lamp = (x + side * half * 0.98, lamp_top), (x + side * half * 0.66, lamp_top + unit * rng.uniform(90, 260))
        _box(layer, *lamp, np.asarray((30, 30, 170)) * brightness * rng.uniform(0.6, 1.4))
        if rng.random() < 0.5:
            spot = (round(x + side * half * 0.82), round(lamp_top + unit * 70))
            cv2.circle(layer, spot, max(1, round(unit * 45)), (190, 190, 250), -1, cv2.LINE_AA)
    if rng.random() < 0.6:
        bumper = y + unit * float(rng.uniform(80, 200))
        shade = np.asarray((40, 40, 40)) * brightness
        _box(layer, (x - half, bumper), (x + half, bumper + unit * 110), shade)
    cv2.circle(
        layer, (round(x), round(y - unit * 190)), max(1, round(unit * 45)), (190, 190, 190), max(1, round(unit * 10))
    )


def _draw_front(
    rng: np.random.Generator, layer: Pixels, centre: tuple[float, float], unit: float, half: float, brightness: float
) -> None:
    x, y = centre
    top, bottom = y - unit * float(rng.uniform(170, 330)), y + unit * float(rng.uniform(70, 180))
    reach = unit * float(rng.uniform(330, 620))
    _box(layer, (x - reach, top), (x + reach, bottom), np.asarray((28, 28, 28)) * brightness)
    step = max(3, round(unit * float(rng.uniform(22, 60))))
    bright = np.asarray((150, 150, 150)) * brightness * rng.uniform(0.3, 1.3)
    if rng.random() < 0.7:
        for level in range(round(top), round(bottom), step):
            _box(layer, (x - reach, level), (x + reach, level + max(1, step // 3)), bright)
    else:
        for across in range(round(x - reach), round(x + reach), step):
            _box(layer, (across, top), (across + max(1, step // 3), bottom), bright)
    for side in (-1, 1):
        lamp = (round(x + side * half * 0.8), round(top + unit * 40))
        size = (max(1, round(unit * 170)), max(1, round(unit * 70)))
        tint = np.clip(np.asarray((215, 220, 220)) * brightness * rng.uniform(0.6, 1.5), 0, 255)
        cv2.ellipse(layer, lamp, size, side * 12, 0, 360, tint.tolist(), -1, cv2.LINE_AA)
    cv2.circle(layer, (round(x), round(top + unit * 60)), max(1, round(unit * 55)), (190, 190, 190), -1, cv2.LINE_AA)


def _shade(layer: Pixels, cover: NDArray[np.uint8], top: float, bottom: float, depth: float) -> None:
    rows = np.clip((np.arange(layer.shape[0]) - top) / max(bottom - top, 1.0), 0, 1)
    layer[:] = np.where(cover[..., None] > 0, layer * (1 - depth * rows[:, None, None]), layer).astype(np.uint8)


def _box(layer: Pixels, first: tuple[float, float], second: tuple[float, float], colour: NDArray[np.float64]) -> None:
    corners = (round(first[0]), round(first[1])), (round(second[0]), round(second[1]))
    cv2.rectangle(layer, *corners, np.clip(colour, 0, 255).tolist(), -1)


def _fill(layer: NDArray[np.uint8], outline: list[tuple[float, float]], colour: NDArray[np.float64] | int) -> None:
    points = np.round(np.array(outline)).astype(np.int32)
    tint = colour if isinstance(colour, int) else np.clip(colour, 0, 255).tolist()
    cv2.fillPoly(layer, [points], tint, cv2.LINE_AA)
