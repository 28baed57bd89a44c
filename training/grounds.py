"""The ground of a plate as light, dirt and years make it: never even.

Retro-reflective film throws light back to where it comes from: it is brightest below the plate's own lamps, falls off
to the sides, lies in the shade of the lip above it, and blooms over its ink where a headlamp stands behind the camera.
Dirt gathers towards the edges and the foot, and old film is mottled, dull in places and blurred there. Shares and
strengths were set by eye, beside the permitted real pictures. Same seed, same plate.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.domain.plate import Pixels
from training.plates import RenderedPlate
from training.wear import cloud

Floats = NDArray[np.float32]
_LAMPS_SHARE, _TWO_LAMPS_SHARE, _LIP_SHARE, _BLOOM_SHARE = 0.5, 0.65, 0.4, 0.15
_DIRT_SHARE, _MOTTLED_SHARE, _BLURRED_SHARE = 0.4, 0.5, 0.15
_WHITE = 255.0


def uneven(rng: np.random.Generator, plate: RenderedPlate, pixels_per_mm: float) -> RenderedPlate:
    """Return `plate` on such a ground."""
    return replace(plate, pixels=on_uneven_ground(rng, plate.pixels, pixels_per_mm))


def on_uneven_ground(rng: np.random.Generator, pixels: Pixels, pixels_per_mm: float) -> Pixels:
    """Return the picture of a plate with the same."""
    canvas = pixels.astype(np.float32)
    shape = canvas.shape[0], canvas.shape[1]
    if rng.random() < _BLURRED_SHARE:
        canvas = _old_film(rng, canvas, pixels_per_mm)
    if rng.random() < _MOTTLED_SHARE:
        canvas = canvas * _mottle(rng, shape)[..., None]
    if rng.random() < _DIRT_SHARE:
        canvas = _dirty(rng, canvas)
    canvas = canvas * _light(rng, shape)[..., None]
    if rng.random() < _BLOOM_SHARE:
        canvas = _blooming(rng, canvas)
    return np.clip(canvas, 0, _WHITE).astype(np.uint8)


def _light(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    """Return by how much each pixel is lit: 1 on the average of an evenly lit plate, down to about 0.25."""
    x, y = _places(shape)
    slope = float(rng.normal(0, 0.12)), float(rng.normal(0, 0.12))
    light = 1 + slope[0] * (x - 0.5) + slope[1] * (y - 0.5) + float(rng.uniform(0, 0.1)) * (cloud(rng, shape, 3) - 0.5)
    if rng.random() < _LAMPS_SHARE:
        falls = float(rng.uniform(0.15, 0.6))
        light = light * (1 - falls * np.clip(y, 0, 1))
        for at in (0.3, 0.7) if rng.random() < _TWO_LAMPS_SHARE else (0.5,):
            along, reach = at + float(rng.normal(0, 0.05)), float(rng.uniform(0.08, 0.3))
            spot = np.exp(-(((x - along) / reach) ** 2) - ((y + 0.1) / float(rng.uniform(0.3, 1.0))) ** 2)
            light = light + float(rng.uniform(0.1, 0.9)) * spot
    if rng.random() < _LIP_SHARE:
        edge, soft = float(rng.uniform(-0.05, 0.35)), float(rng.uniform(0.015, 0.15))
        tilt = float(rng.normal(0, 0.06)) * (x - 0.5)
        shade = 1 / (1 + np.exp(np.clip((y + tilt - edge) / soft, -30, 30)))
        light = light * (1 - float(rng.uniform(0.15, 0.55)) * shade)
    return np.asarray(np.clip(light, 0.2, 2.2), np.float32)


def _mottle(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    """Return the unevenness of old film: broad patches and fine grain, a few per cent."""
    broad = (cloud(rng, shape, int(rng.integers(6, 30))) - 0.5) * float(rng.uniform(0.02, 0.14))
    fine = cv2.GaussianBlur(rng.standard_normal(shape, np.float32), (0, 0), float(rng.uniform(0.6, 1.4)))
    return np.asarray(1 + broad + fine * float(rng.uniform(0, 0.03)), np.float32)


def _dirty(rng: np.random.Generator, canvas: Floats) -> Floats:
    """Return `canvas` with dirt that is thickest at its edges and its foot, where water leaves it."""
    shape = canvas.shape[0], canvas.shape[1]
    x, y = _places(shape)
    reach = float(rng.uniform(0.04, 0.25))
    tall = canvas.shape[1] / canvas.shape[0]
    beside = np.exp(-np.minimum(x, 1 - x) * tall / reach)
    edges = np.maximum(beside, np.maximum(0.7 * np.exp(-y / reach), np.exp(-(1 - y) / (reach * 1.6))))
    clouds = cloud(rng, shape, int(rng.integers(5, 18))) * 0.7 + cloud(rng, shape, int(rng.integers(30, 70))) * 0.3
    share = np.clip((0.12 + edges) * clouds * float(rng.uniform(0.4, 1.5)), 0, 0.75)[..., None]
    colour = np.asarray(rng.uniform(45, 125) + np.array([-10.0, 0.0, 8.0]) * rng.uniform(0, 1.5), np.float32)
    return np.asarray(canvas * (1 - share) + colour * share, np.float32)


def _old_film(rng: np.random.Generator, canvas: Floats, pixels_per_mm: float) -> Floats:
    """Return `canvas` with its ink washed out and blurred in places, as behind worn acrylic."""
    shape = canvas.shape[0], canvas.shape[1]
    sigma = float(rng.uniform(0.8, 2.8)) * pixels_per_mm
    dull = cv2.GaussianBlur(canvas, (0, 0), sigma)
    pale = float(rng.uniform(0, 0.3))
    dull = dull * (1 - pale) + np.median(canvas.reshape(-1, 3), axis=0) * pale
    share = np.clip((cloud(rng, shape, int(rng.integers(2, 6))) - 0.3) * 2.5, 0, 1)[..., None]
    return np.asarray(canvas * (1 - share) + dull * share, np.float32)


def _blooming(rng: np.random.Generator, canvas: Floats) -> Floats:
    """Return `canvas` so bright in a place that its ground is white and shines over the ink beside it."""
    high, wide = canvas.shape[:2]
    x, y = _places((high, wide))
    at = float(rng.uniform(0.05, 0.95)), float(rng.uniform(0, 1))
    across, down = float(rng.uniform(0.1, 0.6)), float(rng.uniform(0.4, 1.5))
    spot = np.exp(-(((x - at[0]) / across) ** 2) - ((y - at[1]) / down) ** 2)[..., None]
    bright = np.clip(canvas * (1 + spot * float(rng.uniform(0.4, 1.6))), 0, 1.4 * _WHITE)
    veil = cv2.GaussianBlur(bright, (0, 0), max(0.8, high * float(rng.uniform(0.03, 0.12))))
    return np.asarray(bright + (veil - bright) * spot * float(rng.uniform(0.15, 0.6)), np.float32)


def _places(shape: tuple[int, int]) -> tuple[Floats, Floats]:
    """Return how far right and how far down each pixel is, from 0 to 1."""
    x, y = np.meshgrid(np.linspace(0, 1, shape[1], dtype=np.float32), np.linspace(0, 1, shape[0], dtype=np.float32))
    return x, y
