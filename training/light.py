"""Kinds of light and weather in a picture, one function each; how often each comes is `training/degrade.py`'s affair.

Pictures are levels of 0 to 255 as float32, blue-green-red, and come back unclipped. Same generator, same picture.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def infrared(rng: np.random.Generator, canvas: Floats) -> Floats:
    """Return `canvas` in infrared: grey, the retroreflective ground bright, the rest dark."""
    bright = (canvas.mean(axis=2, keepdims=True) - 60) * float(rng.uniform(0.7, 1.6))
    return np.repeat(np.clip(bright, 0, 255), 3, axis=2)


def by_night(rng: np.random.Generator, canvas: Floats) -> Floats:
    """Return `canvas` dark, with warm or cold lamps."""
    tint = 1 + rng.normal(0, 0.25, 3)
    return canvas * np.asarray(tint, np.float32) * float(rng.uniform(0.2, 0.6))


def without_colour(canvas: Floats) -> Floats:
    """Return `canvas` as a camera without colour sees it."""
    return np.repeat(canvas.mean(axis=2, keepdims=True), 3, axis=2)


def shadowed(rng: np.random.Generator, canvas: Floats) -> Floats:
    """Return `canvas` with the edge of a shadow, hard or soft, level or slanting."""
    high, wide = canvas.shape[:2]
    slope, level = rng.normal(0, 0.6), rng.uniform(-0.2, 1.2)
    x, y = np.meshgrid(np.linspace(0, 1, wide), np.linspace(0, 1, high))
    edge = 1 / (1 + np.exp(-np.clip((y + slope * (x - 0.5) - level) * float(rng.uniform(8, 60)), -30, 30)))
    return np.asarray(canvas * (1 - edge[..., None].astype(np.float32) * float(rng.uniform(0.2, 0.7))), np.float32)


def glared(rng: np.random.Generator, canvas: Floats) -> Floats:
    """Return `canvas` with the spot of a lamp or of the sun."""
    high, wide = canvas.shape[:2]
    x, y = np.meshgrid(np.arange(wide), np.arange(high))
    at, reach = (rng.uniform(0, wide), rng.uniform(0, high)), rng.uniform(0.2, 1.2) * high
    spot = np.exp(-(((x - at[0]) / (reach * 1.8)) ** 2) - ((y - at[1]) / reach) ** 2)
    return np.asarray(canvas + spot[..., None].astype(np.float32) * float(rng.uniform(60, 260)), np.float32)


def rained_on(rng: np.random.Generator, canvas: Floats) -> Floats:
    """Return `canvas` behind pale streaks."""
    streaks = np.zeros(canvas.shape[:2], np.uint8)
    slant = float(rng.uniform(-0.4, 0.4))
    for _ in range(int(rng.integers(4, 30))):
        x, y, long = rng.uniform(0, canvas.shape[1]), rng.uniform(0, canvas.shape[0]), rng.uniform(3, 16)
        cv2.line(streaks, (round(x), round(y)), (round(x + slant * long), round(y + long)), (255,), 1, cv2.LINE_AA)
    share = streaks[..., None].astype(np.float32) / 255 * float(rng.uniform(0.1, 0.5))
    return np.asarray(canvas * (1 - share) + 210 * share, np.float32)
