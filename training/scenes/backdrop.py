"""What stands around the road: sky, a row of trees, houses, hedges, lamp posts; drawn once a scene."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.domain.plate import Pixels
from training.scenes.camera import Camera, face_between, over, projected, region_of, warped
from training.scenes.surfaces import Colour, Panel, noise_tile
from training.scenes.weather import LOOKS, Weather

_SKIES: dict[Weather, tuple[Colour, Colour, float]] = {
    Weather.DAY: ((214, 178, 140), (236, 226, 214), 14.0),
    Weather.RAIN: ((158, 152, 148), (190, 186, 182), 9.0),
    Weather.GLARE: ((196, 200, 200), (190, 226, 248), 10.0),
    Weather.NIGHT: ((22, 14, 11), (40, 30, 28), 2.0),
}
"""Colour high up, colour at the horizon, strength of the clouds."""
_BRICKS: tuple[Colour, ...] = ((72, 88, 138), (92, 112, 150), (150, 168, 176), (176, 188, 192))


def sky(rng: np.random.Generator, camera: Camera, weather: Weather) -> Pixels:
    """Return a whole picture of sky, clouds drawn out sideways; all of it below the horizon is a far field."""
    high, low, clouds = _SKIES[weather]
    horizon = max(round(camera.lens[1, 2] - camera.focal * np.tan(np.radians(camera.pitch))), 8)
    share = (np.arange(horizon, dtype=np.float32) / horizon)[:, None, None]
    clear = np.asarray(high, np.float32) * (1 - share) + np.asarray(low, np.float32) * share
    drift = np.asarray(cv2.resize(noise_tile(rng, 512, 4, 0.6), (camera.width, horizon * 2)), np.float32)[:horizon]
    picture = np.full((camera.height_pixels, camera.width, 3), low, np.uint8)
    picture[:horizon] = np.clip(clear + drift[..., None] * clouds, 0, 255).astype(np.uint8)
    return picture


def draw_backdrop(rng: np.random.Generator, canvas: Pixels, camera: Camera, clear: float, weather: Weather) -> None:
    """Draw everything upright on `canvas`; nothing stands closer than `clear` metres to the middle of the road."""
    grain = noise_tile(rng, 256, 8, 0.8)
    _upright(canvas, camera, weather, _trees(rng, 240.0, 8.0, 12.0), (-110.0, 95.0), (130.0, 95.0), 8.0)
    for z in (80.0, 66.0, 55.0, 46.0, 38.0):
        tree, at = _trees(rng, 5.0, 7.5, 30.0), -clear - float(rng.uniform(2.0, 4.0))
        _upright(canvas, camera, weather, tree, (at - 5.0, z), (at, z), 7.5)
    terrace, start, at = [], 16.0, clear + 1.8
    while start < 75.0:
        end = start + float(rng.uniform(7, 11))
        terrace.append((start, end, float(rng.uniform(5.5, 7.5))))
        start = end + float(rng.uniform(0.0, 3.0))
    for near, far, height in reversed(terrace):
        gable = Panel(6.0, height, 24.0)
        gable.box(0, 0, 6.0, height, (84, 98, 140))
        gable.grain(grain, 5)
        _upright(
            canvas, camera, weather, _house(rng, far - near, height, weather, grain), (at, near), (at, far), height
        )
        _upright(canvas, camera, weather, gable, (at, near), (at + 6.0, near), height)
    hedge = _hedge(rng, 46.0, 1.5, grain)
    _upright(canvas, camera, weather, hedge, (-clear - 0.5, 60.0), (-clear - 0.5, 14.0), 1.5)
    _upright(canvas, camera, weather, _wall(rng, 60.0, 0.95, grain), (clear + 0.3, 9.0), (clear + 0.3, 69.0), 0.95)
    for z in (62.0, 37.0, 22.0):
        side = 1.0 if round(z) % 2 else -1.0
        _lamp_post(canvas, camera, weather, side * (clear - 1.2), z)


def _upright(
    canvas: Pixels,
    camera: Camera,
    weather: Weather,
    panel: Panel,
    left: tuple[float, float],
    right: tuple[float, float],
    height: float,
) -> None:
    """Draw a panel as an upright wall whose foot runs between two points (x, z) of the ground."""
    texture = panel.texture(LOOKS[weather].light, 0.85)
    corners = [(left[0], height, left[1]), (right[0], height, right[1]), (left[0], 0.0, left[1])]
    face = projected(camera, face_between(corners, texture, one_sided=False))
    if face is None:
        return
    part = region_of([face.quad], camera.width, camera.height_pixels)
    if not part.empty:
        drawn = warped(face, part.left, part.top, part.right - part.left, part.bottom - part.top)
        over(canvas[part.top : part.bottom, part.left : part.right], drawn)


def _trees(rng: np.random.Generator, length: float, height: float, pixels_per_metre: float) -> Panel:
    panel = Panel(length, height, pixels_per_metre)
    for layer, tone in ((0.0, 0.75), (1.0, 1.0)):
        x = 0.0
        while x < length:
            reach = float(rng.uniform(1.6, 3.4))
            top = float(rng.uniform(0.55, 0.93)) * height - layer
            green = (38 * tone, float(rng.uniform(58, 84)) * tone, float(rng.uniform(46, 68)) * tone)
            panel.box(x + reach * 0.45, 0, x + reach * 0.55, top * 0.6, (36, 44, 54))
            for _ in range(9):
                cx, cy = x + float(rng.uniform(0, reach)), top - float(rng.uniform(0.1, 0.75)) * top * 0.8
                panel.disc(cx, cy, reach * 0.35, reach * 0.3, green)
            x += reach * float(rng.uniform(0.5, 0.9))
    for x in np.arange(0.0, length, 0.7):
        panel.disc(float(x), 0.2, 0.75, height * float(rng.uniform(0.1, 0.2)), (34, 54, 45))
    panel.grain(noise_tile(rng, 256, 32, 0.9), 11)
    panel.shade(0.6, 1.15)
    return panel


def _hedge(rng: np.random.Generator, length: float, height: float, grain: NDArray[np.float32]) -> Panel:
    panel = Panel(length, height, 55.0)
    panel.box(0, 0, length, height * 0.85, (40, 78, 52))
    for x in np.arange(0.0, length, 0.22):
        panel.disc(float(x), height * float(rng.uniform(0.76, 0.86)), 0.2, 0.16, (44, float(rng.uniform(74, 96)), 58))
    panel.grain(grain, 16)
    panel.shade(0.5, 1.15)
    return panel


def _wall(rng: np.random.Generator, length: float, height: float, grain: NDArray[np.float32]) -> Panel:
    panel = Panel(length, height, 55.0)
    brick = _BRICKS[int(rng.integers(0, 2))]
    panel.box(0, 0, length, height, brick)
    for row, y in enumerate(np.arange(0.0, height, 0.075)):
        panel.line((0, float(y)), (length, float(y)), 0.014, (130, 140, 148))
        for x in np.arange(0.11 * (row % 2), length, 0.9):
            panel.box(float(x), float(y), float(x) + 0.22, float(y) + 0.06, (60, 76, 118))
    panel.box(0, height - 0.08, length, height, (150, 156, 158))
    panel.grain(grain, 9)
    panel.shade(0.7, 1.05)
    return panel


def _house(
    rng: np.random.Generator, length: float, height: float, weather: Weather, grain: NDArray[np.float32]
) -> Panel:
    panel = Panel(length, height, 30.0)
    panel.box(0, 0, length, height, _BRICKS[int(rng.integers(0, len(_BRICKS)))])
    panel.grain(grain, 7)
    panel.box(0, height - 0.9, length, height, (62, 60, 66))
    columns = max(int(length // 2.6), 2)
    for storey, y in enumerate((0.8, 3.2)):
        for column in range(columns):
            x = (column + 0.5) * length / columns
            if storey == 0 and column == 0:
                panel.box(x - 0.5, 0.0, x + 0.5, 2.1, (60, 40, 96))
                continue
            lit = weather is Weather.NIGHT and rng.random() < 0.3
            pane: Colour = (120, 190, 225) if lit else (88, 76, 66)
            panel.box(x - 0.66, y - 0.08, x + 0.66, y + 1.38, (222, 224, 224))
            panel.box(x - 0.56, y, x + 0.56, y + 1.3, pane, 0.75 if lit else 0.0)
            panel.line((x, y), (x, y + 1.3), 0.06, (215, 216, 216))
    return panel


def _lamp_post(canvas: Pixels, camera: Camera, weather: Weather, x: float, z: float) -> None:
    panel = Panel(1.9, 7.2, 40.0)
    grey: Colour = (112, 114, 112)
    left = x < 0
    post, arm = (0.15, 1.5) if left else (1.75, 0.4)
    panel.box(post - 0.06, 0.0, post + 0.06, 7.0, grey)
    panel.line((post, 6.95), (arm, 7.1), 0.07, grey)
    panel.box(arm - 0.28, 7.0, arm + 0.28, 7.12, (225, 240, 250), 1.0)
    _upright(canvas, camera, weather, panel, (x - post, z), (x - post + 1.9, z), 7.2)
