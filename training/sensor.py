"""What a camera's chip and its processing leave of a picture: fine noise, smoothed, sharpened, coded.

Noise grows with the light (photons are counted) and is there in the dark (read-out). Before anybody sees it a camera
takes most of it out again, colours more than light, and sharpens what is left; a picture is often made smaller than
the chip, which averages noise. So a plate shows less and finer noise than independent noise on each of its pixels, and
its colours are soft. JPEG's blocks lie where the picture, not where the plate begins.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.domain.plate import Pixels
from training.codec import as_video

Floats = NDArray[np.float32]
_BLOCK = 16
_VIDEO_SHARE, _CODED_SHARE, _SHARPENED_SHARE, _SMOOTHED_SHARE = 0.12, 0.6, 0.35, 0.6


def developed(rng: np.random.Generator, canvas: Floats, amount: float = 1.0) -> Pixels:
    """Return `canvas`, levels of 0 to 255, as 8 bit: with noise of a strength around `amount`, and a camera's work."""
    photons, read_out = (abs(float(rng.normal(0, scale * amount))) for scale in (0.32, 1.6))
    spread = np.sqrt(photons**2 * np.clip(canvas.mean(axis=2, keepdims=True), 0, 255) + read_out**2)
    grain = rng.standard_normal((*canvas.shape[:2], 1), np.float32)
    canvas = canvas + grain * spread * 0.8
    colours = cv2.GaussianBlur(rng.standard_normal(canvas.shape, np.float32), (0, 0), float(rng.uniform(0.8, 2.0)))
    canvas = np.clip(canvas + (colours - colours.mean(axis=2, keepdims=True)) * spread, 0, 255)
    if rng.random() < _SMOOTHED_SHARE:
        strength = float(rng.uniform(8, 40))
        canvas = cv2.bilateralFilter(np.asarray(canvas, np.float32), 5, strength, float(rng.uniform(0.6, 1.6)))
    if rng.random() < _SHARPENED_SHARE:
        soft = cv2.GaussianBlur(canvas, (0, 0), float(rng.uniform(0.7, 1.6)))
        canvas = canvas + (canvas - soft) * float(rng.uniform(0.2, 1.3))
    pixels = np.clip(canvas, 0, 255).astype(np.uint8)
    chance = rng.random()
    if chance < _VIDEO_SHARE:
        return as_video(rng, pixels)
    return _coded(rng, pixels) if chance < _VIDEO_SHARE + _CODED_SHARE else pixels


def _coded(rng: np.random.Generator, pixels: Pixels) -> Pixels:
    """Return `pixels` from the middle of a JPEG: its blocks begin anywhere."""
    top, left = (int(one) for one in rng.integers(0, _BLOCK, 2))
    whole = cv2.copyMakeBorder(pixels, top, _BLOCK, left, _BLOCK, cv2.BORDER_REPLICATE)
    quality = int(100 - 62 * float(rng.random()) ** 1.5)
    _, coded = cv2.imencode(".jpg", whole, [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
    return np.ascontiguousarray(decoded[top : top + pixels.shape[0], left : left + pixels.shape[1]])
