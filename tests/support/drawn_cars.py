"""A drawn car on a drawn road, which the shipped detector finds."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.domain.plate import Pixels
from training.detector.vehicles import draw_vehicle
from training.plates import draw_british_plate

Floats = NDArray[np.float32]
CORNERS = np.array([[262, 298], [392, 304], [391, 333], [261, 326]], np.float32)
"""Of a plate that stands a little aslant in 640 x 480 pixels."""


def street(height: int = 480, width: int = 640) -> Pixels:
    """A drawn road under a grey sky."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:] = np.linspace(190, 90, height)[:, None, None]
    pixels[height // 2 :] = 85
    noise = np.random.default_rng(5).normal(0, 3, pixels.shape)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


def with_car(pixels: Pixels, corners: Floats, two_line: bool = False) -> Pixels:
    """`pixels` with a drawn car whose plate has these corners."""
    scene = pixels.copy()
    x, y = corners.mean(axis=0).tolist()
    width = float(np.ptp(corners[:, 0])) * (1.8 if two_line else 1.0)
    draw_vehicle(np.random.default_rng(11), scene, (x, y), width, 1.0)
    plate = draw_british_plate("AB12CDE", rear=True, two_line=two_line, pixels_per_mm=0.5).pixels
    height, length = plate.shape[:2]
    flat = np.array([[0, 0], [length, 0], [length, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(flat, corners)
    size = scene.shape[1::-1]
    drawn = cv2.warpPerspective(plate, matrix, size, flags=cv2.INTER_AREA)
    cover = cv2.warpPerspective(np.full(plate.shape[:2], 255, np.uint8), matrix, size)
    scene[cover > 127] = drawn[cover > 127]
    return np.asarray(cv2.GaussianBlur(scene, (0, 0), 0.7), np.uint8)
