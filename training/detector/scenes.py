"""Scenes to learn from: real frames, real frames with their plate replaced or erased, drawn vehicles, bare plates and
pictures without a plate. Every scene is 640 x 384.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.domain.plate import Pixels
from training.detector.corpus import Labelled, read_picture
from training.detector.decoys import draw_decoys
from training.detector.effects import dim, erase, uncast
from training.detector.placing import Quad4, light_nearby, light_of_plate, paste, plate_for, turned
from training.detector.vehicles import draw_vehicle

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


class SceneMaker:
    """Draws random scenes from the pictures it is given."""

    def __init__(self, frames: list[Labelled], photos: list[Labelled], backgrounds: list[Path]) -> None:
        self._frames = [frame for frame in frames if len(frame.boxes)]
        self._photos = [photo for photo in photos if len(photo.boxes)]
        self._backgrounds = backgrounds
        self._kinds: tuple[tuple[float, Callable[[np.random.Generator], Scene]], ...] = (
            (0.24, self._real),
            (0.24, self._replaced),
            (0.20, self._vehicle),
            (0.12, self._bare),
            (0.05, self._erased),
            (0.04, self._vehicle_without),
            (0.11, self._empty),
        )

    def scene(self, rng: np.random.Generator) -> Scene:
        """Return a random scene."""
        shares = np.array([share for share, _ in self._kinds])
        _, make = self._kinds[int(rng.choice(len(shares), p=shares / shares.sum()))]
        return finished(rng, make(rng))

    def _labelled(self, rng: np.random.Generator) -> Scene:
        """A real picture at its own size, with the cast taken off by a random share."""
        dashcam = rng.random() < 0.7
        group = self._frames if dashcam else self._photos
        chosen = group[int(rng.integers(0, len(group)))]
        pixels, boxes = chosen.pixels(), chosen.boxes.copy()
        if dashcam:
            pixels = uncast(pixels, float(rng.uniform(0, 1.1)))
        else:
            # The photographs were squeezed to squares; their true proportions are unknown but mostly landscape.
            stretch = float(rng.uniform(1.2, 1.75))
            pixels = np.asarray(cv2.resize(pixels, None, fx=stretch, fy=1.0), np.uint8)
            boxes[:, ::2] *= stretch
        plates = [Plate(quad=_quad_of(box), exact=False, two_line=None) for box in boxes]
        return Scene(pixels=pixels, plates=plates, complete=not dashcam)

    def _real(self, rng: np.random.Generator) -> Scene:
        return framed(rng, self._labelled(rng))

    def _replaced(self, rng: np.random.Generator) -> Scene:
        scene = self._labelled(rng)
        for index, plate in enumerate(scene.plates):
            box = np.concatenate([plate.quad.min(axis=0), plate.quad.max(axis=0)])
            light = light_of_plate(scene.pixels, box)
            erase(scene.pixels, plate.quad)
            width = float(box[2] - box[0]) * float(rng.uniform(0.95, 1.15))
            drawn = plate_for(rng, width)
            width *= 0.62 if drawn.two_line else 1.0
            centre = float(box[::2].mean()), float(box[1::2].mean())
            quad = turned(rng, centre, width, drawn.width_mm / drawn.height_mm, tilt=0.35)
            paste(rng, scene.pixels, drawn, quad, light, holder=rng.random() < 0.5)
            scene.plates[index] = Plate(quad=quad, exact=True, two_line=drawn.two_line)
        return framed(rng, scene)

    def _erased(self, rng: np.random.Generator) -> Scene:
        scene = self._labelled(rng)
        placed = framed(rng, scene)
        for plate in placed.plates:
            erase(placed.pixels, plate.quad)
        placed.plates = []
        return placed

    def _backdrop(self, rng: np.random.Generator) -> Pixels:
        """A background, or a real frame whose plates are erased, cut to the scene's size."""
        if rng.random() < 0.3:
            return self._erased(rng).pixels
        picture = read_picture(self._backgrounds[int(rng.integers(0, len(self._backgrounds)))])
        height, width = picture.shape[:2]
        scale = max(WIDTH / width, HEIGHT / height) * float(rng.uniform(1.0, 1.8))
        scaled = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        left = int(rng.integers(0, scaled.shape[1] - WIDTH + 1))
        top = int(rng.integers(0, scaled.shape[0] - HEIGHT + 1))
        return np.ascontiguousarray(scaled[top : top + HEIGHT, left : left + WIDTH], dtype=np.uint8)

    def _empty(self, rng: np.random.Generator) -> Scene:
        pixels = self._backdrop(rng)
        if rng.random() < 0.6:
            draw_decoys(rng, pixels, int(rng.integers(1, 8)))
        return Scene(pixels=pixels)

    def _bare(self, rng: np.random.Generator) -> Scene:
        scene = self._empty(rng) if rng.random() < 0.4 else Scene(pixels=self._backdrop(rng))
        dark = dim(rng, scene.pixels)
        for _ in range(1 + int(rng.random() < 0.35) + int(rng.random() < 0.15)):
            _add_plate(rng, scene, _some_width(rng), tilt=1.0, dark=dark)
        return scene

    def _vehicle(self, rng: np.random.Generator) -> Scene:
        return self._with_vehicles(rng, plates=True)

    def _vehicle_without(self, rng: np.random.Generator) -> Scene:
        return self._with_vehicles(rng, plates=False)

    def _with_vehicles(self, rng: np.random.Generator, plates: bool) -> Scene:
        scene = Scene(pixels=self._backdrop(rng))
        dark = dim(rng, scene.pixels)
        for _ in range(1 + int(rng.random() < 0.3)):
            width = _some_width(rng)
            centre = _some_centre(rng, width)
            brightness = float(np.clip(scene.pixels.mean() / 120, 0.12, 1.25))
            draw_vehicle(rng, scene.pixels, centre, width, brightness)
            # A nearer vehicle may hide what was there.
            for plate in scene.plates:
                plate.visible = float(np.abs(plate.quad.mean(axis=0) - centre).max()) > width * 2.4
            if plates:
                _add_plate(rng, scene, width, tilt=0.4, dark=dark, centre=centre)
        if not scene.plates and rng.random() < 0.5:
            draw_decoys(rng, scene.pixels, 1)
        return _turned_scene(rng, scene) if rng.random() < 0.5 else scene


def framed(rng: np.random.Generator, scene: Scene) -> Scene:
    """Return a cut of a large scene, scaled so that one of its plates gets a random width, at a random place."""
    chosen = scene.plates[int(rng.integers(0, len(scene.plates)))].quad
    present = max(float(np.ptp(chosen[:, 0])), 8.0)
    least = WIDTH / scene.pixels.shape[1] * (0.7 if rng.random() < 0.15 else 1.0)
    scale = float(np.clip(_some_width(rng) / present, least, max(least, _LARGEST_ENLARGEMENT)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    scaled = cv2.resize(scene.pixels, None, fx=scale, fy=scale, interpolation=method)
    centre = chosen.mean(axis=0) * scale
    shift = np.round(centre - np.asarray(_some_centre(rng, min(present * scale, WIDTH * 0.9))))
    if rng.random() < 0.8:
        # Keep to the picture where it is large enough, as a camera does.
        shift = np.clip(shift, 0, np.maximum(np.array(scaled.shape[1::-1]) - (WIDTH, HEIGHT), 0))
    matrix = np.array([[1, 0, -shift[0]], [0, 1, -shift[1]]], np.float64)
    grey = (PADDING_GREY,) * 3
    pixels = cv2.warpAffine(scaled, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_NEAREST, borderValue=grey)
    plates = [
        Plate(quad=(p.quad * scale - shift).astype(np.float32), exact=p.exact, two_line=p.two_line)
        for p in scene.plates
    ]
    return Scene(pixels=np.asarray(pixels, np.uint8), plates=plates, complete=scene.complete)


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


def _some_width(rng: np.random.Generator) -> float:
    """Log-uniform, with a second helping of the small ones, which fill few cells, and of close-ups."""
    chance = rng.random()
    low, high = (_NARROWEST, 70.0) if chance < 0.3 else (230.0, _WIDEST) if chance > 0.9 else (_NARROWEST + 8, 330.0)
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _some_centre(rng: np.random.Generator, width: float) -> tuple[float, float]:
    margin_x, margin_y = min(width * 0.5, WIDTH * 0.48), min(width * 0.14, HEIGHT * 0.45)
    return float(rng.uniform(margin_x, WIDTH - margin_x)), float(rng.uniform(margin_y, HEIGHT - margin_y))


def _add_plate(
    rng: np.random.Generator,
    scene: Scene,
    width: float,
    tilt: float,
    dark: bool,
    centre: tuple[float, float] | None = None,
) -> None:
    drawn = plate_for(rng, width)
    width *= 0.6 if drawn.two_line else 1.0
    quad = turned(rng, centre or _some_centre(rng, width), width, drawn.width_mm / drawn.height_mm, tilt)
    for other in scene.plates:
        if np.abs(other.quad.mean(axis=0) - quad.mean(axis=0)).max() < (np.ptp(other.quad[:, 0]) + width) * 0.6:
            return
    light = light_nearby(rng, scene.pixels, quad, dark)
    paste(rng, scene.pixels, drawn, quad, light, holder=rng.random() < 0.5)
    scene.plates.append(Plate(quad=quad, exact=True, two_line=drawn.two_line))


def _quad_of(box: NDArray[np.float32]) -> Quad4:
    left, top, right, bottom = box
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)


def _turned_scene(rng: np.random.Generator, scene: Scene) -> Scene:
    """Look at the whole scene from another side."""
    corners = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], np.float32)
    moved = corners + rng.uniform(-0.14, 0.14, (4, 2)).astype(np.float32) * (WIDTH, HEIGHT)
    matrix = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    pixels = cv2.warpPerspective(scene.pixels, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
    for plate in scene.plates:
        plate.quad = np.asarray(cv2.perspectiveTransform(plate.quad[None], matrix)[0], np.float32)
    scene.pixels = np.asarray(pixels, np.uint8)
    return scene
