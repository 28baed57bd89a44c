"""Drawn plates and scenes beside real ones, to see what still tells them apart: `python -m training.sheet --beside`.

Real pictures are those the detector may learn from (`training/detector/corpus.py`); what was held out is not shown.
Every drawn plate has characters as high as those of the real one beside it, and both are shown equally large.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from pipeline.domain.plate import Pixels
from training.degrade import Hardship, photographed
from training.detector.corpus import Labelled, backgrounds, dashcam, photos
from training.detector.scenes import SceneMaker
from training.detector.views import Scene
from training.plates import render_plate

_PLATE_CELL, _SCENE_CELL, _GAP, _PAPER = (300, 110), (480, 288), 6, 255
_LEAST_WIDTH, _AROUND, _CHARACTER_SHARE = 40.0, 0.35, 79 / 111
_TWO_LINE_BELOW = 2.2
_PIXELS_PER_MM = 0.75


def plates_beside(root: Path, seed: int, pairs: int) -> Pixels:
    """Return `pairs` of plates, real left and drawn right, two pairs a row. Raises BadInput where no plate is."""
    rng = np.random.default_rng(seed)
    pictures = [one for one in (*dashcam(root, False), *photos(root, False)) if len(one.boxes)]
    cells = list[Pixels]()
    while len(cells) < 2 * pairs:
        real, tall, two_line = _real_plate(rng, pictures[int(rng.integers(0, len(pictures)))])
        if real is None:
            continue
        height = tall * (0.4 if two_line else _CHARACTER_SHARE)
        plate = render_plate(rng, _PIXELS_PER_MM, british_share=0.5, two_line_share=float(two_line))
        size = Hardship(smallest_character=height, largest_character=height)
        cells += [_fitted(real, _PLATE_CELL), _fitted(photographed(rng, plate, hardship=size)[0], _PLATE_CELL)]
    return _grid(cells, 4)


def _real_plate(rng: np.random.Generator, picture: Labelled) -> tuple[Pixels | None, float, bool]:
    """Return a plate of `picture` with what is around it, its height in pixels, and whether it is a high one."""
    left, top, right, bottom = (float(side) for side in picture.boxes[int(rng.integers(0, len(picture.boxes)))])
    wide, tall = right - left, bottom - top
    if wide < _LEAST_WIDTH:
        return None, tall, False
    pixels = picture.pixels()
    margin = tall * _AROUND
    x, y = max(0, round(left - margin)), max(0, round(top - margin))
    return pixels[y : round(bottom + margin), x : round(right + margin)], tall, wide < _TWO_LINE_BELOW * tall


def scenes_beside(root: Path, seed: int, pairs: int) -> Pixels:
    """Return `pairs` of the detector's scenes: left real pictures as they are, right such with something drawn."""
    rng = np.random.default_rng(seed)
    maker = SceneMaker(dashcam(root, False), photos(root, False), backgrounds(root, False))
    cells = list[Pixels]()
    for _ in range(pairs):
        for wanted in (_is_real, _is_drawn):
            cells.append(_fitted(_scene(rng, maker, wanted).pixels, _SCENE_CELL))
    return _grid(cells, 2)


def _is_real(scene: Scene) -> bool:
    return bool(scene.plates) and not any(plate.exact for plate in scene.plates)


def _is_drawn(scene: Scene) -> bool:
    return any(plate.exact for plate in scene.plates)


def _scene(rng: np.random.Generator, maker: SceneMaker, wanted: Callable[[Scene], bool]) -> Scene:
    while True:
        scene = maker.scene(rng)
        if wanted(scene):
            return scene


def _fitted(pixels: Pixels, room: tuple[int, int]) -> Pixels:
    scale = min(room[0] / pixels.shape[1], room[1] / pixels.shape[0])
    size = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
    shown = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    cell = np.full((room[1] + _GAP, room[0] + _GAP, 3), _PAPER, np.uint8)
    cell[: size[1], : size[0]] = shown
    return cell


def _grid(cells: list[Pixels], columns: int) -> Pixels:
    rows = [np.hstack(cells[start : start + columns]) for start in range(0, len(cells) - columns + 1, columns)]
    return np.vstack(rows)
