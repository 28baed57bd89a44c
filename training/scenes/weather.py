"""Light and weather: what each kind does to colours, to the road and to the sensor, and the overlays for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.domain.plate import Pixels
from training.scenes.surfaces import Colour


class Weather(StrEnum):
    """What the camera looks at."""

    DAY = "day"
    RAIN = "rain"
    GLARE = "glare"
    NIGHT = "night"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Figures of one weather. `light` multiplies colours; `exposure_seconds` sets motion blur; `noise` is the sensor's
    deviation in levels; `haze` (0..1) lifts black towards `haze_level` and lowers contrast; lamps shine by `lamps`."""

    light: Colour
    exposure_seconds: float
    noise: float
    haze: float
    haze_level: float
    lamps: float
    wet: float
    shadow: float


LOOKS = {
    Weather.DAY: Look(
        light=(1.0, 1.0, 1.0),
        exposure_seconds=0.002,
        noise=2.0,
        haze=0.04,
        haze_level=150,
        lamps=0.0,
        wet=0.0,
        shadow=1.0,
    ),
    Weather.RAIN: Look(
        light=(0.82, 0.79, 0.76),
        exposure_seconds=0.003,
        noise=2.3,
        haze=0.24,
        haze_level=148,
        lamps=0.4,
        wet=0.75,
        shadow=0.7,
    ),
    Weather.GLARE: Look(
        light=(0.88, 1.0, 1.08),
        exposure_seconds=0.002,
        noise=2.0,
        haze=0.16,
        haze_level=195,
        lamps=0.0,
        wet=0.35,
        shadow=1.0,
    ),
    Weather.NIGHT: Look(
        light=(0.24, 0.21, 0.19),
        exposure_seconds=0.0025,
        noise=2.9,
        haze=0.0,
        haze_level=0,
        lamps=1.0,
        wet=0.0,
        shadow=0.4,
    ),
}

_STREAK_SHEETS = 6
_NOISE_SHEETS = 5
_MARGIN = 96


class Sensor:
    """Turns a clean picture into what the camera delivers: haze, rain, glare, noise. Sheets are drawn once."""

    def __init__(self, rng: np.random.Generator, width: int, height: int) -> None:
        self._size = width, height
        self._noise = [_noise_sheet(rng, width + _MARGIN, height + _MARGIN) for _ in range(_NOISE_SHEETS)]
        self._streaks = [_streak_sheet(rng, width + _MARGIN, height + _MARGIN) for _ in range(_STREAK_SHEETS)]
        self._flare = _flare(width, height)

    def expose(self, pixels: Pixels, weights: dict[Weather, float], sequence: int, seed: int) -> Pixels:
        """Return the delivered picture; `weights` sum to 1, and the same sequence and seed give the same noise."""
        rng = np.random.default_rng((seed, sequence))
        haze = sum(LOOKS[kind].haze * share for kind, share in weights.items())
        level = sum(LOOKS[kind].haze_level * share for kind, share in weights.items())
        glare, rain = weights.get(Weather.GLARE, 0.0), weights.get(Weather.RAIN, 0.0)
        exposed = pixels
        if haze > 0.005:
            exposed = cv2.convertScaleAbs(exposed, alpha=1 - haze, beta=haze * level)  # type: ignore[assignment]
        if glare > 0.02:
            exposed = self._glare(exposed, glare * (0.96 + 0.04 * float(np.sin(sequence / 9))))
        if rain > 0.02:
            sheet = self._cut(self._streaks[int(rng.integers(0, _STREAK_SHEETS))], rng)
            lit = sheet if rain > 0.98 else cv2.convertScaleAbs(sheet, alpha=rain)
            exposed = np.asarray(cv2.add(exposed, lit), np.uint8)
        noise = sum(LOOKS[kind].noise * share for kind, share in weights.items())
        drawn = self._cut(self._noise[int(rng.integers(0, _NOISE_SHEETS))], rng)
        return np.asarray(cv2.addWeighted(exposed, 1.0, drawn, noise / 32.0, -128.0 * noise / 32.0), np.uint8)

    def _glare(self, pixels: Pixels, amount: float) -> Pixels:
        lit = self._flare if amount > 0.99 else cv2.convertScaleAbs(self._flare, alpha=amount)
        return np.asarray(cv2.add(pixels, lit), np.uint8)

    def _cut(self, sheet: Pixels, rng: np.random.Generator) -> Pixels:
        left, top = (int(v) for v in rng.integers(0, _MARGIN, 2))
        return sheet[top : top + self._size[1], left : left + self._size[0]]


def _noise_sheet(rng: np.random.Generator, width: int, height: int) -> Pixels:
    """Noise of deviation 32 around 128: mostly of brightness, a little of colour, slightly soft as sensors give it."""
    luma = rng.standard_normal((height, width, 1)).astype(np.float32)
    chroma = rng.standard_normal((height // 2 + 1, width // 2 + 1, 3)).astype(np.float32)
    spread = np.asarray(cv2.resize(chroma, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
    mixed = np.asarray(cv2.GaussianBlur(luma, (0, 0), 0.85), np.float32)[..., None]
    mixed = mixed / mixed.std() * 0.9 + spread * 0.45
    return np.asarray(np.clip(128 + 32 * mixed, 0, 255), np.uint8)


def _streak_sheet(rng: np.random.Generator, width: int, height: int) -> Pixels:
    """Falling drops: short slanted streaks, the near ones long, wide and out of focus."""
    sheet = np.zeros((height, width), np.float32)
    unit = width / 1376
    for near, count, long, bright in ((False, 300, 22, 34), (True, 26, 70, 26)):
        layer = np.zeros((height, width), np.uint8)
        for _ in range(count):
            x, y = float(rng.uniform(0, width)), float(rng.uniform(0, height))
            length = long * unit * float(rng.uniform(0.6, 1.4))
            end = (round(x + 0.12 * length), round(y + length))
            shade = bright * float(rng.uniform(0.5, 1.3))
            cv2.line(layer, (round(x), round(y)), end, shade, 3 if near and unit > 0.7 else 1, cv2.LINE_AA)
        sheet += np.asarray(cv2.GaussianBlur(layer, (0, 0), 1.8 * unit if near else 0.7), np.float32)
    streaks = np.clip(sheet, 0, 90).astype(np.uint8)
    return np.asarray(cv2.merge([streaks, streaks, streaks]), np.uint8)


def _flare(width: int, height: int) -> Pixels:
    """A low sun just out of the picture, top right: a glowing corner, a slanted streak and two ghosts of the lens."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / width
    sun = (0.86, -0.02)
    distance = np.hypot(x - sun[0], y - sun[1])
    light = 235 * np.exp(-((distance / 0.16) ** 2)) + 70 * np.exp(-distance / 0.28)
    across = np.abs((x - sun[0]) * 0.87 + (y - sun[1]) * 0.5)
    light += 46 * np.exp(-((across / 0.03) ** 2)) * np.exp(-distance / 0.4)
    for cx, cy, radius, bright in ((0.42, 0.33, 0.045, 16), (0.3, 0.44, 0.07, 11)):
        light += bright * np.clip(0.5 - (np.hypot(x - cx, y - cy) - radius) / 0.012, 0, 1)
    tint: NDArray[np.float32] = np.array([0.72, 0.92, 1.0], np.float32)
    return np.asarray(np.clip(light[..., None] * tint, 0, 255), np.uint8)
