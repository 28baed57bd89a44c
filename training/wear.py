"""What a plate gathers on the road: screws, dirt, fading, scratches. Same seed, same wear."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.domain.plate import Pixels

_SCREWS = ((30, 30, 30), (235, 235, 235), (60, 190, 230), (120, 120, 125), (60, 90, 110))


def worn(rng: np.random.Generator, pixels: Pixels, pixels_per_mm: float, amount: float = 1.0) -> Pixels:
    """Return `pixels` with random wear; `amount` 1 is ordinary, more is worse."""
    canvas = pixels.copy()
    if rng.random() < 0.55:
        _screw(rng, canvas, pixels_per_mm)
    if rng.random() < 0.22:
        _screw_among_characters(rng, canvas, pixels_per_mm)
    faded = canvas.astype(np.float32)
    if rng.random() < 0.4:
        weight = float(rng.uniform(0, 0.35)) * amount
        faded = faded * (1 - weight) + float(faded.mean()) * weight
    if rng.random() < 0.5:
        faded *= (
            1 - cloud(rng, faded.shape[:2], int(rng.integers(2, 9)))[..., None] * float(rng.uniform(0, 0.4)) * amount
        )
    if rng.random() < 0.25:
        dirt = np.clip(cloud(rng, faded.shape[:2], int(rng.integers(8, 40))) * 3 - 1.8, 0, 1)
        share = dirt[..., None] * float(rng.uniform(0.1, 0.6)) * min(amount, 1.5)
        faded = faded * (1 - share) + np.asarray(rng.uniform(50, 130) + rng.uniform(-12, 12, 3)) * share
    return np.clip(faded, 0, 255).astype(np.uint8)


def cloud(rng: np.random.Generator, shape: tuple[int, int], cells: int) -> NDArray[np.float32]:
    """Return smooth noise in 0..1 of `shape`, with about `cells` bumps across."""
    coarse = rng.random((max(2, cells * shape[0] // max(shape[1], 1) + 2), cells + 1)).astype(np.float32)
    smooth = cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.clip(np.asarray(smooth, dtype=np.float32), 0, 1)


def _screw(rng: np.random.Generator, canvas: NDArray[np.uint8], pixels_per_mm: float) -> None:
    height, width = canvas.shape[:2]
    colour = _SCREWS[int(rng.integers(0, len(_SCREWS)))]
    radius = max(1, round(float(rng.uniform(4, 8)) * pixels_per_mm))
    level = float(rng.choice([0.12, 0.5, 0.5, 0.88])) * height
    reach = float(rng.uniform(0.04, 0.3)) * width
    for x in (reach, width - reach):
        at = (round(x + rng.uniform(-6, 6) * pixels_per_mm), round(level + rng.uniform(-3, 3) * pixels_per_mm))
        cv2.circle(canvas, at, radius, colour, -1, cv2.LINE_AA)


def _screw_among_characters(rng: np.random.Generator, canvas: NDArray[np.uint8], pixels_per_mm: float) -> None:
    """Draw one to three caps along the characters: between 1 and 1 a dark one makes an H, at the foot of O a Q."""
    height, width = canvas.shape[:2]
    for _ in range(int(rng.integers(1, 4))):
        colour = _SCREWS[int(rng.integers(0, len(_SCREWS)))] if rng.random() < 0.5 else _SCREWS[0]
        level = float(rng.normal(0.5, 0.1) if rng.random() < 0.4 else rng.uniform(0.12, 0.9))
        at = round(float(rng.uniform(0.06, 0.94)) * width), round(level * height)
        radius = max(1, round(float(rng.uniform(4, 9)) * pixels_per_mm))
        cv2.circle(canvas, at, radius, colour, -1, cv2.LINE_AA)
        if rng.random() < 0.3:
            cv2.circle(canvas, at, radius, (90, 90, 90), max(1, radius // 4), cv2.LINE_AA)
