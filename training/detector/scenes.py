"""Scenes to learn from: real frames, real frames with their plate replaced or erased, drawn vehicles, bare plates and
pictures without a plate. Every scene is 640 x 384.
"""

from __future__ import annotations

from collections.abc import Callable
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
from training.detector.views import (
    HEIGHT,
    WIDTH,
    Plate,
    Scene,
    cut_close,
    finished,
    framed,
    some_centre,
    some_width,
    turned_scene,
)


class SceneMaker:
    """Draws random scenes from the pictures it is given."""

    def __init__(self, frames: list[Labelled], photos: list[Labelled], backgrounds: list[Path]) -> None:
        self._frames = [frame for frame in frames if len(frame.boxes)]
        self._photos = [photo for photo in photos if len(photo.boxes)]
        self._backgrounds = backgrounds
        self._kinds: tuple[tuple[float, Callable[[np.random.Generator], Scene]], ...] = (
            (0.22, self._real),
            (0.20, self._replaced),
            (0.09, self._close_up),
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
        if not dashcam:
            # The photographs were squeezed to squares; their true proportions are unknown but mostly landscape.
            chosen = chosen.stretched(float(rng.uniform(1.2, 1.75)))
        pixels = chosen.pixels()
        if dashcam:
            pixels = uncast(pixels, float(rng.uniform(0, 1.1)))
        plates = [Plate(quad=_quad_of(box), exact=False, two_line=None) for box in chosen.boxes]
        plates += [Plate(quad=_quad_of(box), exact=False, two_line=None, visible=False) for box in chosen.unsure]
        return Scene(pixels=pixels, plates=plates, complete=not dashcam)

    def _real(self, rng: np.random.Generator) -> Scene:
        return framed(rng, self._labelled(rng))

    def _replaced(self, rng: np.random.Generator) -> Scene:
        return framed(rng, self._with_other_plates(rng))

    def _with_other_plates(self, rng: np.random.Generator) -> Scene:
        scene = self._labelled(rng)
        for index, plate in enumerate(scene.plates):
            if not plate.visible:
                continue
            box = np.concatenate([plate.quad.min(axis=0), plate.quad.max(axis=0)])
            light = light_of_plate(scene.pixels, box)
            erase(scene.pixels, plate.quad)
            width = float(box[2] - box[0]) * float(rng.uniform(0.95, 1.15))
            drawn = plate_for(rng, width)
            width *= 0.62 if drawn.two_line else 1.0
            centre = float(box[::2].mean()), float(box[1::2].mean())
            quad = turned(rng, centre, width, drawn.width_mm / drawn.height_mm, tilt=float(rng.uniform(0.2, 0.9)))
            paste(rng, scene.pixels, drawn, quad, light, holder=rng.random() < 0.5)
            scene.plates[index] = Plate(quad=quad, exact=True, two_line=drawn.two_line)
        return scene

    def _close_up(self, rng: np.random.Generator) -> Scene:
        """Little but a plate: show plates, photographs for sale, cuts."""
        chance = rng.random()
        if chance < 0.3:
            return cut_close(rng, self._labelled(rng))
        if chance < 0.65:
            return cut_close(rng, self._with_other_plates(rng))
        scene = Scene(pixels=self._backdrop(rng))
        _add_plate(rng, scene, float(rng.uniform(160, 520)), tilt=0.7, dark=False)
        return cut_close(rng, scene)

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
            _add_plate(rng, scene, some_width(rng), tilt=1.0, dark=dark)
        return scene

    def _vehicle(self, rng: np.random.Generator) -> Scene:
        return self._with_vehicles(rng, plates=True)

    def _vehicle_without(self, rng: np.random.Generator) -> Scene:
        return self._with_vehicles(rng, plates=False)

    def _with_vehicles(self, rng: np.random.Generator, plates: bool) -> Scene:
        scene = Scene(pixels=self._backdrop(rng))
        dark = dim(rng, scene.pixels)
        for _ in range(1 + int(rng.random() < 0.3)):
            width = some_width(rng)
            centre = some_centre(rng, width)
            brightness = float(np.clip(scene.pixels.mean() / 120, 0.12, 1.25))
            draw_vehicle(rng, scene.pixels, centre, width, brightness)
            # A nearer vehicle may hide what was there.
            for plate in scene.plates:
                plate.visible = float(np.abs(plate.quad.mean(axis=0) - centre).max()) > width * 2.4
            if plates:
                _add_plate(rng, scene, width, tilt=0.4, dark=dark, centre=centre)
        if not scene.plates and rng.random() < 0.5:
            draw_decoys(rng, scene.pixels, 1)
        return turned_scene(rng, scene) if rng.random() < 0.5 else scene


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
    quad = turned(rng, centre or some_centre(rng, width), width, drawn.width_mm / drawn.height_mm, tilt)
    for other in scene.plates:
        if np.abs(other.quad.mean(axis=0) - quad.mean(axis=0)).max() < (np.ptp(other.quad[:, 0]) + width) * 0.6:
            return
    light = light_nearby(rng, scene.pixels, quad, dark)
    paste(rng, scene.pixels, drawn, quad, light, holder=rng.random() < 0.5)
    scene.plates.append(Plate(quad=quad, exact=True, two_line=drawn.two_line))


def _quad_of(box: NDArray[np.float32]) -> Quad4:
    left, top, right, bottom = box
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
