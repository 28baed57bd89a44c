"""The empty road: asphalt, marks, kerbs, pavement and verge in perspective, under any weather, drawn once a scene.

It is drawn at twice the size and averaged, so marks far away fade instead of flickering.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.domain.plate import Pixels
from training.scenes.backdrop import draw_backdrop, sky
from training.scenes.camera import Camera
from training.scenes.surfaces import noise_tile
from training.scenes.weather import LOOKS, Weather

_TILE = 1024
_OVERSAMPLING = 2
_COARSER = 10
_Field = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What the road has, in metres: two lanes, one each side of x = 0; None where there is no such thing."""

    lane: float = 3.1
    pavement: float = 1.8
    stop_line: float | None = None
    double_yellow: bool = True
    barrier: bool = False
    signals: bool = False

    @property
    def edge(self) -> float:
        return self.lane + 0.25


def empty_road(camera: Camera, layout: Layout, weather: Weather, seed: int) -> Pixels:
    """Return the background picture, without haze and noise."""
    rng = np.random.default_rng(seed)
    large = camera.scaled(_OVERSAMPLING)
    look = LOOKS[weather]
    canvas = sky(rng, large, weather)
    x, z, ground = _ground_points(large)
    surface = _surface(seed, layout, large)
    lit = surface * np.asarray(look.light, np.float32)
    if weather is Weather.NIGHT:
        lit *= 1 + 3.2 * _lamp_pools(layout, x, z)[..., None] * np.array([0.62, 0.86, 1.0], np.float32)
    canvas[ground] = np.clip(lit, 0, 255).astype(np.uint8)[ground]
    draw_backdrop(rng, canvas, large, layout.edge + layout.pavement, weather)
    if look.wet:
        _wet(canvas, large, (np.abs(x) < layout.edge + layout.pavement) & ground, look.wet)
    small = cv2.resize(canvas, (camera.width, camera.height_pixels), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), 0.5), np.uint8)


def _ground_points(camera: Camera) -> tuple[_Field, _Field, NDArray[np.bool_]]:
    """Return x and z (metres) of the road seen by each pixel, and which pixels see the ground at all."""
    columns, rows = np.meshgrid(np.arange(camera.width), np.arange(camera.height_pixels))
    rays = (
        np.stack(
            [
                (columns - camera.lens[0, 2]) / camera.focal,
                (rows - camera.lens[1, 2]) / camera.focal,
                np.ones(columns.shape),
            ],
            axis=-1,
        )
        @ camera.turn
    )
    falls = -rays[..., 1]
    ground = falls > 1e-3
    reach = camera.height / np.maximum(falls, 1e-3)
    return (
        (camera.x + rays[..., 0] * reach).astype(np.float32),
        np.minimum(rays[..., 2] * reach, 400).astype(np.float32),
        ground & (rays[..., 2] * reach < 160),
    )


@lru_cache(maxsize=1)
def _surface(seed: int, layout: Layout, camera: Camera) -> _Field:
    """Return the ground by daylight; kept for the next weather of the same scene."""
    rng = np.random.default_rng((seed, 1))
    x, z, _ = _ground_points(camera)
    grit, cloud = noise_tile(rng, _TILE, 64, 0.95), noise_tile(rng, _TILE, 4, 0.55)
    fade = np.clip(9 / np.maximum(z, 1), 0.05, 1)
    side, edge = np.abs(x), layout.edge
    fine, broad = _sample(grit, x, z, 60), _sample(cloud, x, z * 0.35, 28)
    tone = 92 + 6 * broad + 9 * fine * fade
    tone -= 8 * (
        np.exp(-(((side - layout.lane / 2 - 0.75) / 0.3) ** 2))
        + np.exp(-(((side - layout.lane / 2 + 0.75) / 0.3) ** 2))
    )
    tone -= 9 * np.exp(-(((side - layout.lane / 2) / 0.22) ** 2)) * (broad > 0.1)
    tone = np.asarray(_patches(rng, layout, x, z, tone, fine * fade), np.float64)
    surface: _Field = tone[..., None] * np.array([1.0, 0.99, 0.975], np.float32)
    worn = np.clip(0.82 + 0.16 * fine * fade + 0.1 * broad, 0.2, 1)
    white, yellow = np.array([205, 208, 208], np.float32), np.array([70, 178, 205], np.float32)
    surface = _blend(surface, white, worn * _marks(layout, x, z))
    if layout.double_yellow:
        lines = _band(side, edge - 0.32, 0.09) + _band(side, edge - 0.12, 0.09)
        surface = _blend(surface, yellow, worn * 0.85 * lines)
    slabs = 142 + 5 * broad + 7 * fine * fade
    slabs -= 42 * np.clip(_joint(z, 0.9) + _joint(side - edge, 0.6), 0, 1) * fade
    surface = _blend(surface, slabs[..., None] * np.array([0.97, 1.0, 1.0], np.float32), side > edge + 0.13)
    kerb = 168 + 8 * fine * fade - 55 * _joint(z, 0.915) * fade
    kerb = np.where(side < edge + 0.04, kerb * 0.55, kerb)
    surface = _blend(surface, kerb[..., None] * np.ones(3, np.float32), _band(side, edge + 0.08, 0.14))
    grass = np.array([42, 92, 78], np.float32) + (10 * broad + 15 * fine * fade)[..., None] * np.array(
        [0.5, 1.0, 0.9], np.float32
    )
    return _blend(surface, grass, side > edge + layout.pavement)


def _marks(layout: Layout, x: _Field, z: _Field) -> _Field:
    """Return 0..1 where white paint is."""
    dashes = _band(x, 0.0, 0.12) * (np.mod(z, 6.0) < (4.0 if layout.signals else 2.4))
    if layout.stop_line is not None:
        across = (x > 0.15) & (np.abs(x) < layout.edge - 0.45)
        dashes = np.maximum(dashes, across * _band(z, layout.stop_line, 0.3))
    return np.asarray(dashes, np.float32)


def _patches(rng: np.random.Generator, layout: Layout, x: _Field, z: _Field, tone: _Field, fine: _Field) -> _Field:
    """Repairs, cracks sealed with tar, a manhole cover and oil spots."""
    for _ in range(4):
        cx, cz = float(rng.uniform(-layout.lane, layout.lane)), float(rng.uniform(5, 30))
        inside = (np.abs(x - cx) < rng.uniform(0.3, 0.9)) & (np.abs(z - cz) < rng.uniform(0.5, 2.5))
        tone = np.where(inside, tone * float(rng.uniform(0.8, 0.94)), tone)
    crack = np.abs(x - 1.1 - 0.25 * np.sin(z * 0.9) - 0.1 * np.sin(z * 2.7)) < 0.02 + 0.004 * fine
    tone = np.where(crack & (z > 6) & (z < 19), tone * 0.62, tone)
    hole = np.hypot(x + layout.lane / 2 + 0.3, z - 8.5)
    tone = np.where(hole < 0.36, np.where(hole < 0.3, 66 + 14 * np.sign(np.sin(x * 55) * np.sin(z * 55)), 48), tone)
    for _ in range(9):
        cx = float(rng.choice([-1, 1])) * layout.lane / 2 + float(rng.uniform(-0.4, 0.4))
        cz = float(rng.uniform(4, 26))
        wide, long = float(rng.uniform(0.1, 0.3)), float(rng.uniform(0.2, 0.6))
        rows = np.flatnonzero(np.any(np.abs(z - cz) < 3 * long, axis=1))
        part = slice(rows[0], rows[-1] + 1) if len(rows) else slice(0, 0)
        tone[part] *= 1 - 0.22 * np.exp(-(((x[part] - cx) / wide) ** 2) - ((z[part] - cz) / long) ** 2)
    return np.asarray(tone, np.float32)


def _lamp_pools(layout: Layout, x: _Field, z: _Field) -> _Field:
    pools = np.zeros_like(x)
    for index, lamp in enumerate((7.0, 22.0, 37.0, 55.0)):
        at = (layout.edge + 0.3) * (1 if index % 2 else -1)
        pools += np.exp(-(((x - at) / 3.6) ** 2) - ((z - lamp) / 5.5) ** 2)
    return pools


def _wet(canvas: Pixels, camera: Camera, ground: NDArray[np.bool_], amount: float) -> None:
    """Let the road mirror what stands beyond it, softly."""
    horizon = int(np.clip(camera.lens[1, 2] - camera.focal * np.tan(np.radians(camera.pitch)), 8, None))
    rows = np.clip(2 * horizon + 30 - np.arange(camera.height_pixels) * 0.6, 0, horizon).astype(np.int64)
    coarse = cv2.resize(canvas[rows], None, fx=1 / _COARSER, fy=1 / _COARSER, interpolation=cv2.INTER_AREA)
    coarse = cv2.GaussianBlur(coarse, (0, 0), sigmaX=70 / _COARSER, sigmaY=30 / _COARSER)
    mirrored = np.asarray(cv2.resize(coarse, (camera.width, camera.height_pixels)), np.float32)
    share = 0.3 * amount
    dark = canvas.astype(np.float32) * (1 - 0.28 * amount)
    canvas[ground] = np.clip(dark * (1 - share) + mirrored * share, 0, 255).astype(np.uint8)[ground]


def _band(value: _Field, centre: float, width: float) -> _Field:
    return np.asarray(np.abs(value - centre) < width / 2, np.float32)


def _joint(value: _Field, every: float) -> _Field:
    return np.asarray(np.mod(value, every) < 0.022, np.float32)


def _blend(under: _Field, colour: _Field, share: _Field | NDArray[np.bool_]) -> _Field:
    part = np.asarray(share, np.float32)[..., None]
    return np.asarray(under * (1 - part) + colour * part, np.float32)


def _sample(tile: _Field, x: _Field, z: _Field, cells_a_metre: float) -> _Field:
    columns, rows = np.mod(x * cells_a_metre, _TILE - 1), np.mod(z * cells_a_metre, _TILE - 1)
    return np.asarray(
        cv2.remap(tile, columns.astype(np.float32), rows.astype(np.float32), cv2.INTER_LINEAR), np.float32
    )
