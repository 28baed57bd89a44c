"""Windows for the corner network: cut from the pool's scenes as rough finds would cut them, seen from any side.

A rough find is a level box: it hardly follows the slant of a plate, and is off by a share of its size. Windows that
are no plate's come from boxes that an earlier state of the detector took for plates, and from random places.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.detect.framing import PADDING_GREY
from pipeline.detect.windows import HEIGHT, WIDTH, cut, scale_for
from pipeline.domain.plate import Pixels
from training.detector.pool import Stored

_NO_PLATE_SHARE = 0.3
_LEAST_PLATE_WIDTH = 12.0
Floats = NDArray[np.float32]
_Sample = tuple[NDArray[np.uint8], np.float32, Floats, np.float32, np.float32, np.float32]


class Windows(NamedTuple):
    """A batch: pictures (uint8), plate 0 or 1, corners in window pixels, their weight, two_line and its weight."""

    images: Tensor
    plate: Tensor
    corners: Tensor
    corner_weight: Tensor
    two_line: Tensor
    two_line_weight: Tensor


def windows(
    scenes: Sequence[Stored], fooled: Sequence[Stored], seed: int, first_step: int, count: int
) -> Iterator[Windows]:
    """Yield batches for ever; no quad of the `fooled` scenes is a plate."""
    step = first_step
    shown = [scene for scene in scenes if len(scene.marks) and scene.marks[:, 2].any()]
    empty = [scene for scene in scenes if not len(scene.marks) and scene.complete]
    while True:
        rng = np.random.default_rng((seed, step))
        samples: list[_Sample] = []
        while len(samples) < count:
            if rng.random() < _NO_PLATE_SHARE:
                samples.append(_without(rng, shown, empty, fooled))
            else:
                # Two of one picture: decoding it costs more than cutting.
                scene = shown[int(rng.integers(0, len(shown)))]
                pixels = scene.pixels()
                samples += [_with(rng, pixels, scene) for _ in range(2)]
        yield Windows(*(torch.from_numpy(np.stack(parts)) for parts in zip(*samples[:count], strict=True)))
        step += 1


def _with(rng: np.random.Generator, pixels: Pixels, scene: Stored) -> _Sample:
    visible = np.flatnonzero(scene.marks[:, 2])
    chosen = int(visible[int(rng.integers(0, len(visible)))])
    exact, lines, _ = (int(mark) for mark in scene.marks[chosen])
    quad = scene.quads[chosen].astype(np.float64)
    turn = some_view(rng, quad) if rng.random() < 0.75 else np.eye(3)
    moved = cv2.perspectiveTransform(quad[None], turn)[0]
    if rng.random() < 0.3:
        # Mirrored: the characters are wrong, the corners are not.
        mirror = np.array([[-1.0, 0, pixels.shape[1]], [0, 1, 0], [0, 0, 1]])
        turn = mirror @ turn
        moved = cv2.perspectiveTransform(quad[None], turn)[0][[1, 0, 3, 2]]
    image, placed = _cut_on(rng, pixels, turn, moved, rough_box(rng, moved))
    inside = ((placed > -6) & (placed < (WIDTH + 6, HEIGHT + 6))).all()
    corners = np.clip(placed, 0, (WIDTH, HEIGHT)).astype(np.float32)
    height = float(np.linalg.norm(placed[3] - placed[0]) + np.linalg.norm(placed[2] - placed[1]))
    weight = np.float32(float(exact and inside) / max(height / 2, 4.0))
    return image, np.float32(1), corners, weight, np.float32(lines == 1), np.float32(lines >= 0)


def _without(
    rng: np.random.Generator, shown: Sequence[Stored], empty: Sequence[Stored], fooled: Sequence[Stored]
) -> _Sample:
    if fooled and rng.random() < 0.6:
        scene = fooled[int(rng.integers(0, len(fooled)))]
        pixels = scene.pixels()
        quad = scene.quads[int(rng.integers(0, len(scene.quads)))].astype(np.float64)
        turn = some_view(rng, quad, 0.5) if rng.random() < 0.5 else np.eye(3)
        moved = cv2.perspectiveTransform(quad[None], turn)[0]
    else:
        pixels, moved = _place_without(rng, shown, empty)
        turn = np.eye(3)
    image, _ = _cut_on(rng, pixels, turn, moved, rough_box(rng, moved))
    nothing = np.zeros((4, 2), np.float32)
    return image, np.float32(0), nothing, np.float32(0), np.float32(0), np.float32(0)


def _place_without(
    rng: np.random.Generator, shown: Sequence[Stored], empty: Sequence[Stored]
) -> tuple[Pixels, NDArray[np.float64]]:
    """A box of a plate's proportions where none is; beside plates too, where the detector also looks."""
    while True:
        group = empty if empty and rng.random() < 0.6 else shown
        scene = group[int(rng.integers(0, len(group)))]
        pixels = scene.pixels()
        width = float(np.exp(rng.uniform(np.log(18), np.log(300))))
        half = np.array([width, width / float(rng.uniform(1.3, 6))]) / 2
        middle = rng.uniform(0, pixels.shape[1::-1])
        near = [
            (np.abs(quad.mean(axis=0) - middle) < half * 1.2 + np.ptp(quad, axis=0) * 0.6).all() for quad in scene.quads
        ]
        if scene.complete and not any(near):
            low, high = middle - half, middle + half
            return pixels, np.array([low, [high[0], low[1]], high, [low[0], high[1]]])


def some_view(rng: np.random.Generator, quad: NDArray[np.float64], strength: float = 1.0) -> NDArray[np.float64]:
    """Return a perspective that turns, slants and stretches the picture around `quad`."""
    centre, size = quad.mean(axis=0), np.ptp(quad, axis=0)
    reach = max(float(size[0]), 8.0)
    angle = np.radians(np.clip(rng.normal(0, 11), -32, 32)) * strength
    slant, lean = np.clip(rng.normal(0, 0.18, 2) * (1.0, 0.8), -0.5, 0.5) * strength
    stretch = np.exp(rng.uniform(-0.25, 0.25))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = turn @ np.array([[1.0, lean], [slant, 1.0]]) @ np.diag([stretch, 1 / stretch])
    tilt = rng.normal(0, 0.12, 2) * strength / reach
    there = np.array([[1, 0, centre[0]], [0, 1, centre[1]], [0, 0, 1.0]])
    back = np.array([[1, 0, -centre[0]], [0, 1, -centre[1]], [0, 0, 1.0]])
    middle = np.eye(3)
    middle[:2, :2] = linear
    # Far from the plate the picture must not turn inside out.
    middle[2, :2] = np.clip(tilt, -0.0011, 0.0011)
    return np.asarray(there @ middle @ back, np.float64)


def rough_box(rng: np.random.Generator, quad: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a level box as a detector would give it that follows slants partly and is a little off."""
    low, high = quad.min(axis=0), quad.max(axis=0)
    size, centre = high - low, (low + high) / 2
    own = (np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2
    height = own + (size[1] - own) * float(rng.uniform(0.0, 1.1))
    size = np.array([size[0], max(height, 3.0)]) * np.exp(rng.normal(0, (0.13, 0.2)))
    centre = centre + rng.normal(0, (0.05, 0.13)) * size
    return np.concatenate([centre - size / 2, centre + size / 2])


def _cut_on(
    rng: np.random.Generator,
    pixels: Pixels,
    turn: NDArray[np.float64],
    quad: NDArray[np.float64],
    box: NDArray[np.float64],
) -> tuple[Pixels, NDArray[np.float64]]:
    """Return the window on `box` of the picture seen through `turn`, and `quad` in it."""
    width, height = max(float(box[2] - box[0]), 3.0), max(float(box[3] - box[1]), 2.0)
    scale = scale_for(width, height)
    centre = (box[:2] + box[2:]) / 2
    placing = np.array(
        [[scale, 0, WIDTH / 2 - scale * centre[0]], [0, scale, HEIGHT / 2 - scale * centre[1]], [0, 0, 1.0]]
    )
    if np.array_equal(turn, np.eye(3)):
        image = cut(pixels, placing[:2])
    else:
        # Averaged before it is turned, as the pipeline's window averages what it reduces.
        if scale < 0.75:
            pixels = np.asarray(cv2.GaussianBlur(pixels, (0, 0), 0.35 / scale), np.uint8)
        grey = (PADDING_GREY,) * 3
        image = np.asarray(cv2.warpPerspective(pixels, placing @ turn, (WIDTH, HEIGHT), borderValue=grey), np.uint8)
    image = _seen(rng, image)
    return image, quad * scale + placing[:2, 2]


def _seen(rng: np.random.Generator, image: Pixels) -> Pixels:
    """Change light, sharpness and noise, which the scenes' own vary too little."""
    values = image.astype(np.float32)
    if rng.random() < 0.6:
        values *= rng.uniform(0.85, 1.15, 3).astype(np.float32) * np.float32(rng.uniform(0.6, 1.3))
    if rng.random() < 0.15:
        values[:] = values.mean(axis=2, keepdims=True)
    if rng.random() < 0.25:
        values = np.asarray(cv2.GaussianBlur(values, (0, 0), float(rng.uniform(0.4, 1.6))), np.float32)
    if rng.random() < 0.3:
        values += rng.standard_normal(values.shape, np.float32) * np.float32(rng.uniform(1, 10))
    return np.clip(values, 0, 255).astype(np.uint8)
