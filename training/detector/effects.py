"""What happens to a picture before plates go in: night, white balance, a plate painted over."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.domain.plate import Pixels
from training.detector.placing import Quad4


def dim(rng: np.random.Generator, pixels: Pixels) -> bool:
    """Make night of one picture in five, in place; True if it is night."""
    if rng.random() > 0.2:
        return False
    pixels[:] = (pixels * float(rng.uniform(0.06, 0.4))).astype(np.uint8)
    for _ in range(int(rng.integers(0, 6))):
        at = (int(rng.integers(0, pixels.shape[1])), int(rng.integers(0, pixels.shape[0])))
        cv2.circle(pixels, at, int(rng.integers(1, 9)), rng.uniform(150, 255, 3).tolist(), -1, cv2.LINE_AA)
    return True


def uncast(pixels: Pixels, strength: float) -> Pixels:
    """Take the camera's colour cast off (the dashcam's frames are purple)."""
    means = pixels.reshape(-1, 3)[::64].mean(axis=0) + 1.0
    gains = np.asarray(np.clip(means.mean() / means, 0.65, 1.5) ** strength, np.float32)
    return np.asarray(np.clip(pixels * gains, 0, 255), np.uint8)


def erase(pixels: Pixels, quad: Quad4) -> None:
    """Paint over the plate at `quad` with what surrounds it, in place."""
    size = quad.max(axis=0) - quad.min(axis=0)
    low = np.maximum(quad.min(axis=0) - size * (0.1, 0.25) - 8, 0).astype(int)
    high = (quad.max(axis=0) + size * (0.1, 0.25) + 8).astype(int)
    region = pixels[low[1] : high[1], low[0] : high[0]]
    if min(region.shape[:2], default=0) < 8:
        return
    small = max(1.0, size[0] / 80)
    reduced = cv2.resize(region, None, fx=1 / small, fy=1 / small, interpolation=cv2.INTER_AREA)
    mask = np.zeros(reduced.shape[:2], np.uint8)
    edge = max(1, round(4 / small))
    mask[edge:-edge, edge:-edge] = 255
    filled = cv2.inpaint(reduced, mask, 3, cv2.INPAINT_TELEA)
    region[:] = cv2.resize(filled, region.shape[1::-1], interpolation=cv2.INTER_LINEAR)
