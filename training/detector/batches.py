"""Batches of the pool's scenes with their targets, cut and changed at random so that no scene is seen twice the same.

Targets are at the network's stride: `heat` (1 at a plate's centre cell, falling off around it), `heat_weight` (0 where
it does not count), `corners` in pixels from each cell's centre, `corner_weight`, `two_line` and `two_line_weight`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.detect.framing import PADDING_GREY
from pipeline.detect.network import STRIDE
from pipeline.domain.plate import Pixels
from training.detector.pool import Stored

# (height, width, pictures): about the same work each.
Cuts = tuple[tuple[int, int, int], ...]
CUTS: Cuts = ((384, 640, 4), (384, 640, 4), (256, 416, 9), (320, 512, 6))
SMALL_CUTS: Cuts = ((256, 416, 3), (320, 512, 2))
_BOX_CORNER_WEIGHT = 0.05
_SLANTED_BOX_ASPECT = 2.7
_INCOMPLETE_WEIGHT = 0.5
_CORNER_HEAT = 0.25
Floats = NDArray[np.float32]


class Batch(NamedTuple):
    """Pictures (batch x height x width x 3, uint8) and targets; see the module's promise."""

    images: Tensor
    heat: Tensor
    heat_weight: Tensor
    corners: Tensor
    corner_weight: Tensor
    two_line: Tensor
    two_line_weight: Tensor


def batches(scenes: list[Stored], hard: list[Stored], seed: int, first_step: int, cuts: Cuts = CUTS) -> Iterator[Batch]:
    """Yield batches for ever; step n of a seed is always the same, so a resumed run sees what it would have seen.

    One picture in five is from `hard`, if there are any.
    """
    step = first_step
    empty = [scene for scene in scenes if scene.complete and not len(scene.quads)]
    while True:
        rng = np.random.default_rng((seed, step))
        height, width, count = cuts[int(rng.integers(0, len(cuts)))]
        chosen = [
            hard[int(rng.integers(0, len(hard)))]
            if hard and rng.random() < 0.2
            else scenes[int(rng.integers(0, len(scenes)))]
            for _ in range(count)
        ]
        samples = [_sample(rng, scene, empty, height, width) for scene in chosen]
        yield Batch(*(torch.from_numpy(np.stack(parts)) for parts in zip(*samples, strict=True)))
        step += 1


def _sample(
    rng: np.random.Generator, scene: Stored, empty: list[Stored], height: int, width: int
) -> tuple[NDArray[np.generic], ...]:
    pixels, quads = scene.pixels(), scene.quads.copy()
    if rng.random() < 0.3:
        pixels = pixels[:, ::-1]
        quads[..., 0] = pixels.shape[1] - quads[..., 0]
        quads = quads[:, [1, 0, 3, 2]]
    if rng.random() < 0.6:
        scale = float(np.exp(rng.uniform(-0.4, 0.35)))
        ground = np.full((height, width, 3), PADDING_GREY, np.uint8)
        if rng.random() < 0.3:
            # Far off.
            scale = float(np.exp(rng.uniform(-1.1, -0.4)))
        if empty and rng.random() < 0.7:
            # A picture without plates fills the rest.
            other = empty[int(rng.integers(0, len(empty)))].pixels()
            ground = np.ascontiguousarray(other[-height:, -width:])
        pixels, quads = _turned(rng, pixels, quads, scale, ground)
    else:
        pixels, quads = _cut(rng, pixels, quads, height, width)
    if rng.random() < 0.5:
        gains = rng.uniform(0.85, 1.15, 3) * rng.uniform(0.75, 1.2)
        pixels = np.clip(pixels * gains.astype(np.float32), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(pixels), *targets(quads, scene.marks, scene.complete, height, width)


def _turned(
    rng: np.random.Generator, pixels: Pixels, quads: Floats, scale: float, ground: Pixels
) -> tuple[Pixels, Floats]:
    """A cut that is turned, scaled and slanted, on `ground`: slanted cameras, and sizes between those rendered."""
    height, width = ground.shape[:2]
    angle = float(np.clip(rng.normal(0, 10), -30, 30))
    matrix = np.asarray(cv2.getRotationMatrix2D((0, 0), angle, scale), np.float64)
    matrix[0, :2] *= float(np.exp(rng.uniform(-0.15, 0.15)))
    matrix[0, 1] += float(rng.normal(0, 0.06))
    # A plate seen from the side: its short edges stay upright, its long ones slant.
    matrix[1] += matrix[0] * float(np.clip(rng.normal(0, 0.2), -0.5, 0.5))
    anchor = rng.uniform((0, 0), pixels.shape[1::-1])
    if len(quads):
        anchor = quads[int(rng.integers(0, len(quads)))].mean(axis=0)
    matrix[:, 2] = np.array([width, height]) * rng.uniform(0.2, 0.8, 2) - matrix[:, :2] @ anchor
    pixels = np.ascontiguousarray(pixels)
    if scale < 0.75:
        pixels = np.asarray(cv2.GaussianBlur(pixels, (0, 0), 0.35 / scale), np.uint8)
    turned = cv2.warpAffine(
        pixels, matrix, (width, height), dst=ground, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_TRANSPARENT
    )
    moved = quads @ matrix[:, :2].T + matrix[:, 2]
    return np.asarray(turned, np.uint8), np.asarray(moved, np.float32)


def _cut(rng: np.random.Generator, pixels: Pixels, quads: Floats, height: int, width: int) -> tuple[Pixels, Floats]:
    room = np.array([pixels.shape[1] - width, pixels.shape[0] - height])
    corner = rng.integers(0, room + 1)
    if len(quads) and rng.random() < 0.85:
        # Around a plate, so that small cuts are not mostly empty.
        quad = quads[int(rng.integers(0, len(quads)))]
        spread = np.array([width, height]) * rng.uniform(0.2, 0.8, 2)
        corner = np.clip(quad.mean(axis=0) - spread, 0, room).astype(int)
    left, top = int(corner[0]), int(corner[1])
    return pixels[top : top + height, left : left + width], quads - np.array([left, top], np.float32)


def targets(quads: Floats, marks: NDArray[np.int8], complete: bool, height: int, width: int) -> tuple[Floats, ...]:
    """Return heat, heat_weight, corners, corner_weight, two_line and two_line_weight of one picture."""
    rows, columns = height // STRIDE, width // STRIDE
    heat = np.zeros((rows, columns), np.float32)
    heat_weight = np.full((rows, columns), 1.0 if complete else _INCOMPLETE_WEIGHT, np.float32)
    corners = np.zeros((8, rows, columns), np.float32)
    corner_weight, two_line, two_line_weight = (np.zeros((rows, columns), np.float32) for _ in range(3))
    y, x = np.mgrid[:rows, :columns].astype(np.float32) * STRIDE + STRIDE / 2
    for quad, (exact, lines, visible) in zip(quads, marks, strict=True):
        low, high = quad.min(axis=0), quad.max(axis=0)
        size, centre = high - low, quad.mean(axis=0)
        inside = np.clip(quad, 0, (width, height))
        shown = float(np.prod(np.ptp(inside, axis=0)) / max(float(np.prod(size)), 1.0))
        cell = (int(centre[1] // STRIDE), int(centre[0] // STRIDE))
        if not visible or shown < 0.8 or not (0 <= cell[0] < rows and 0 <= cell[1] < columns):
            around = (np.abs(x - centre[0]) < size[0] * 0.7 + 8) & (np.abs(y - centre[1]) < size[1] * 0.7 + 8)
            heat_weight[around] = 0.0
            continue
        spread = np.maximum(size * (0.11, 0.18), STRIDE * 0.55)
        bump = np.exp(-0.5 * (((x - centre[0]) / spread[0]) ** 2 + ((y - centre[1]) / spread[1]) ** 2))
        bump = (bump / bump[cell]).clip(0, 1)
        bump[cell] = 1.0
        core = (bump > _CORNER_HEAT) & (bump > heat)
        offsets = quad.reshape(8, 1, 1) - np.stack([x, y] * 4)
        corners[:, core] = offsets[:, core]
        trust = 1.0 if exact else _BOX_CORNER_WEIGHT * float(size[0] / max(float(size[1]), 1.0) > _SLANTED_BOX_ASPECT)
        # The loss is in plate heights: what matters to the reader is the share of the plate that is cut off.
        height_of = float(np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2
        corner_weight[core] = trust * bump[core] / max(height_of, 6.0)
        two_line[core] = float(lines == 1)
        two_line_weight[core] = float(lines >= 0) * bump[core]
        heat = np.maximum(heat, bump.astype(np.float32))
    # A plate's own cells count in full, also in pictures whose smallest plates nobody labelled.
    heat_weight = np.where((heat > 0.05) & (heat_weight > 0), np.float32(1.0), heat_weight)
    return heat, heat_weight, corners, corner_weight, two_line, two_line_weight
