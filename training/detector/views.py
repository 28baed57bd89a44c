"""A scene and its plates, and the ways to look at it: framed, cut close, from another side, through a bad camera."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from pipeline.domain.plate import Pixels
from training.detector.placing import Quad4

WIDTH, HEIGHT = 640, 384
PADDING_GREY = 114
_NARROWEST, _WIDEST = 20.0, 560.0
_LARGEST_ENLARGEMENT = 1.7
_LEAST_SHOWN, _LEAST_CONTRAST = 0.75, 16.0


@dataclass(slots=True, kw_only=True, eq=False)
class Plate:
    """A plate in a scene. `exact`: the corners are the plate's, not its box's. `two_line` is None where unknown.

    `visible` is False where nobody could tell that there is a plate: neither a find nor a miss there counts.
    """

    quad: Quad4
    exact: bool
    two_line: bool | None
    visible: bool = True


@dataclass(slots=True, kw_only=True, eq=False)
class Scene:
    """A picture and its plates. `complete`: every plate in it is known, however small."""

    pixels: Pixels
    plates: list[Plate] = field(default_factory=list)
    complete: bool = True


def framed(rng: np.random.Generator, scene: Scene) -> Scene:
    """Return a cut of a large scene, scaled so that one of its plates gets a random width, at a random place."""
    chosen = _one_of(rng, scene).quad
    present = max(float(np.ptp(chosen[:, 0])), 8.0)
    least = WIDTH / scene.pixels.shape[1] * (0.7 if rng.random() < 0.15 else 1.0)
    scale = float(np.clip(some_width(rng) / present, least, max(least, _LARGEST_ENLARGEMENT)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    scaled = cv2.resize(scene.pixels, None, fx=scale, fy=scale, interpolation=method)
    centre = chosen.mean(axis=0) * scale
    shift = np.round(centre - np.asarray(some_centre(rng, min(present * scale, WIDTH * 0.9))))
    if rng.random() < 0.8:
        # Keep to the picture where it is large enough, as a camera does.
        shift = np.clip(shift, 0, np.maximum(np.array(scaled.shape[1::-1]) - (WIDTH, HEIGHT), 0))
    matrix = np.array([[1, 0, -shift[0]], [0, 1, -shift[1]]], np.float64)
    grey = (PADDING_GREY,) * 3
    pixels = cv2.warpAffine(scaled, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_NEAREST, borderValue=grey)
    plates = [replace(p, quad=np.asarray(p.quad * scale - shift, np.float32)) for p in scene.plates]
    return Scene(pixels=np.asarray(pixels, np.uint8), plates=plates, complete=scene.complete)


def cut_close(rng: np.random.Generator, scene: Scene) -> Scene:
    """Return a cut of the scene that holds one of its plates and not much else, enlarged, with grey beside it."""
    quad = _one_of(rng, scene).quad
    low, high = quad.min(axis=0), quad.max(axis=0)
    size = high - low
    low = np.maximum(low - size * rng.uniform((0.01, 0.05), (0.45, 1.6)), 0).astype(int)
    high = np.ceil(high + size * rng.uniform((0.01, 0.05), (0.45, 1.6))).astype(int)
    region = scene.pixels[low[1] : high[1], low[0] : high[0]]
    wanted = float(rng.uniform(180, WIDTH))
    scale = min(wanted / region.shape[1], HEIGHT / region.shape[0])
    scaled = cv2.resize(
        region, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    )
    canvas = np.full((HEIGHT, WIDTH, 3), PADDING_GREY, np.uint8)
    room = np.maximum((WIDTH - scaled.shape[1], HEIGHT - scaled.shape[0]), 0)
    corner = rng.integers(0, room + 1) if rng.random() < 0.4 else np.zeros(2, int)
    piece = scaled[: HEIGHT - corner[1], : WIDTH - corner[0]]
    canvas[corner[1] : corner[1] + piece.shape[0], corner[0] : corner[0] + piece.shape[1]] = piece
    plates = [replace(p, quad=np.asarray((p.quad - low) * scale + corner, np.float32)) for p in scene.plates]
    return Scene(pixels=canvas, plates=plates, complete=scene.complete)


def _one_of(rng: np.random.Generator, scene: Scene) -> Plate:
    known = [plate for plate in scene.plates if plate.visible]
    return known[int(rng.integers(0, len(known)))]


def finished(rng: np.random.Generator, scene: Scene) -> Scene:
    """Return the scene as a camera gives it: exposure, infrared, haze, blur, noise."""
    values = scene.pixels.astype(np.float32)
    if rng.random() < 0.12:
        values[:] = (values @ np.array([0.2, 0.5, 0.3], np.float32))[..., None]
    if rng.random() < 0.5:
        values *= rng.uniform(0.85, 1.15, 3).astype(np.float32)
    if rng.random() < 0.6:
        gamma = np.float32(np.exp(rng.normal(0, 0.3)))
        values = np.asarray(255 * (np.clip(values, 0, 255) / 255) ** gamma, np.float32)
        values = (values - 128) * np.float32(rng.uniform(0.6, 1.25)) + 128 + np.float32(rng.normal(0, 18))
    if rng.random() < 0.35:
        values = np.asarray(cv2.GaussianBlur(values, (0, 0), float(rng.uniform(0.4, 1.4))), np.float32)
    if rng.random() < 0.5:
        noise = rng.standard_normal((HEIGHT // 2, WIDTH // 2, 3), np.float32) * np.float32(rng.uniform(1, 9))
        values += np.tile(noise, (2, 2, 1)) if rng.random() < 0.5 else cv2.resize(noise, (WIDTH, HEIGHT))
    scene.pixels = np.clip(values, 0, 255).astype(np.uint8)
    for plate in scene.plates:
        plate.visible = plate.visible and _visible(scene.pixels, plate.quad)
    return scene


def _visible(pixels: Pixels, quad: Quad4) -> bool:
    low, high = np.maximum(quad.min(axis=0), 0).astype(int), quad.max(axis=0).astype(int) + 1
    region = pixels[low[1] : high[1], low[0] : high[0]]
    if region.size == 0:
        return False
    inside = np.clip(quad, 0, (WIDTH, HEIGHT))
    shown = float(np.prod(np.ptp(inside, axis=0)) / max(float(np.prod(np.ptp(quad, axis=0))), 1.0))
    dark, bright = np.percentile(region, (8, 92))
    return shown > _LEAST_SHOWN and bright - dark > _LEAST_CONTRAST


def turned_scene(rng: np.random.Generator, scene: Scene) -> Scene:
    """Look at the whole scene from another side."""
    corners = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], np.float32)
    moved = corners + rng.uniform(-0.14, 0.14, (4, 2)).astype(np.float32) * (WIDTH, HEIGHT)
    matrix = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    pixels = cv2.warpPerspective(scene.pixels, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
    for plate in scene.plates:
        plate.quad = np.asarray(cv2.perspectiveTransform(plate.quad[None], matrix)[0], np.float32)
    scene.pixels = np.asarray(pixels, np.uint8)
    return scene


def some_width(rng: np.random.Generator) -> float:
    """Log-uniform, with a second helping of the small ones, which fill few cells, and of close-ups."""
    chance = rng.random()
    low, high = (_NARROWEST, 70.0) if chance < 0.3 else (230.0, _WIDEST) if chance > 0.9 else (_NARROWEST + 8, 330.0)
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def some_centre(rng: np.random.Generator, width: float) -> tuple[float, float]:
    """Return a place where a plate that wide is in the picture."""
    margin_x, margin_y = min(width * 0.5, WIDTH * 0.48), min(width * 0.14, HEIGHT * 0.45)
    return float(rng.uniform(margin_x, WIDTH - margin_x)), float(rng.uniform(margin_y, HEIGHT - margin_y))
