"""How a plate sits on a vehicle: in a holder with a dealer's name on its lip, in a recess, under lamps."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.domain.plate import Pixels

Floats = NDArray[np.float32]
_LETTERS = "ABCDEFGHIJKLMNOPRSTUVWXYZabcdefghiklmnoprstuvwxyz.&0123456789"
_HOLDERS = ((22, 22, 22), (40, 38, 36), (190, 190, 192), (70, 70, 72))


def held(rng: np.random.Generator, plate: Pixels, pixels_per_mm: float) -> tuple[Pixels, tuple[int, int, int, int]]:
    """Return `plate` in a holder, and how many pixels that adds at the top, bottom, left and right."""
    side, lip = float(rng.uniform(3, 9)), float(rng.uniform(3, 24))
    top, left = max(1, round(side * pixels_per_mm)), max(1, round(side * float(rng.uniform(0.6, 1.4)) * pixels_per_mm))
    bottom = max(1, round(lip * pixels_per_mm))
    colour = _HOLDERS[int(rng.integers(0, len(_HOLDERS)))]
    framed = cv2.copyMakeBorder(plate, top, bottom, left, left, cv2.BORDER_CONSTANT, value=colour)
    if bottom >= 5 and rng.random() < 0.7:
        ink = (225, 225, 225) if colour[0] < 100 else (30, 30, 30)
        words = "".join(_LETTERS[i] for i in rng.integers(0, len(_LETTERS), int(rng.integers(5, 22))))
        scale = bottom * 0.75 / 22
        wide = cv2.getTextSize(words, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)[0][0]
        at = max(0, (framed.shape[1] - wide) // 2), framed.shape[0] - max(1, round(bottom * 0.2))
        cv2.putText(framed, words, at, cv2.FONT_HERSHEY_SIMPLEX, scale, ink, 1, cv2.LINE_AA)
    return np.asarray(framed, np.uint8), (top, bottom, left, left)


def recessed(rng: np.random.Generator, canvas: Floats, corners: NDArray[np.float64]) -> Floats:
    """Return `canvas` with the shadow that a bumper or a boot lid throws onto a band at the top of the plate."""
    high, wide = canvas.shape[:2]
    tall = float(corners[3, 1] - corners[0, 1])
    edge = float(corners[:2, 1].mean()) + tall * float(rng.uniform(-0.3, 0.35))
    rows = (np.arange(high, dtype=np.float32) - edge) / max(tall * float(rng.uniform(0.05, 0.5)), 0.5)
    shade = 1 - float(rng.uniform(0.2, 0.65)) / (1 + np.exp(np.clip(rows, -30, 30)))
    return np.asarray(canvas * shade[:, None, None].astype(np.float32).repeat(wide, axis=1), np.float32)


def under_lamps(rng: np.random.Generator, canvas: Floats, corners: NDArray[np.float64]) -> Floats:
    """Return `canvas` with the plate's own lamps: one or two bright spots at its upper edge."""
    high, wide = canvas.shape[:2]
    tall = float(corners[3, 1] - corners[0, 1])
    x, y = np.meshgrid(np.arange(wide, dtype=np.float32), np.arange(high, dtype=np.float32))
    for share in (0.3, 0.7) if rng.random() < 0.6 else (0.5,):
        at = corners[0] + (corners[1] - corners[0]) * (share + float(rng.normal(0, 0.04)))
        reach = max(1.0, tall * float(rng.uniform(0.2, 0.9)))
        spot = np.exp(-(((x - at[0]) / (reach * 1.6)) ** 2) - ((y - at[1] + 0.1 * tall) / reach) ** 2)
        canvas = canvas + spot[..., None] * float(rng.uniform(40, 220))
    return np.asarray(np.clip(canvas, 0, 255), np.float32)
