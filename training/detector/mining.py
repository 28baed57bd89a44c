"""Scenes that the detector of the moment gets wrong: they are shown to the next steps of training more often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm  # type: ignore[import-untyped]

from pipeline.detect.framing import PADDING_GREY, batch_of, frame_for
from pipeline.domain.plate import Detection, Pixels
from pipeline.domain.ports import Detector
from training.detector.corpus import Labelled, read_picture
from training.detector.evaluate import overlap
from training.detector.pool import Stored, store
from training.detector.scenes import SceneMaker
from training.detector.views import HEIGHT, WIDTH, Scene

_ENOUGH_OVERLAP = 0.5


def fooled_by_backgrounds(
    detector: Detector, paths: Sequence[Path], rng: np.random.Generator
) -> list[tuple[float, Stored]]:
    """Return cuts around what `detector` took for plates in pictures that hold none, with its confidence."""
    found = []
    for path in tqdm(paths, desc="backgrounds", mininterval=10):
        pixels = batch_of([frame_for(read_picture(path), WIDTH)])[0].astype(np.uint8)
        (detections,) = detector.detect([pixels])
        if detections:
            scene = Scene(pixels=_cut_around(pixels, detections[0]))
            found.append((detections[0].confidence, store(rng, scene)))
    return found


def mistaken_scenes(detector: Detector, maker: SceneMaker, rng: np.random.Generator, count: int) -> list[Stored]:
    """Return those of `count` new scenes in which `detector` misses a plate or invents one."""
    wrong = []
    for _ in tqdm(range(count), desc="scenes", mininterval=10):
        scene = maker.scene(rng)
        (detections,) = detector.detect([scene.pixels])
        if is_mistaken(scene, detections):
            wrong.append(store(rng, scene))
    return wrong


def unsure_boxes(detector: Detector, frames: Sequence[Labelled]) -> dict[str, list[list[float]]]:
    """Return by file name what `detector` takes for plates in `frames` and nobody labelled.

    The dashcam's labels leave out many small plates of parked and distant cars, which must not be taught as none.
    """
    doubts = {}
    for frame in tqdm(frames, desc="frames", mininterval=10):
        (detections,) = detector.detect([frame.pixels()])
        boxes = [detection.box for detection in detections]
        unlabelled = [box for box in boxes if all(overlap(truth, box) < 0.1 for truth in frame.boxes)]
        doubts[frame.path.name] = [[box.x, box.y, box.x + box.width, box.y + box.height] for box in unlabelled]
    return doubts


def is_mistaken(scene: Scene, detections: Sequence[Detection]) -> bool:
    """True if a visible plate was missed, or something was found where no plate is (and every plate is known)."""
    explained: set[int] = set()
    for plate in scene.plates:
        box = np.concatenate([plate.quad.min(axis=0), plate.quad.max(axis=0)])
        overlaps = [overlap(box, detection.box) for detection in detections]
        explained |= {index for index, share in enumerate(overlaps) if share > 0.1}
        if plate.visible and max(overlaps, default=0.0) < _ENOUGH_OVERLAP:
            return True
    return scene.complete and len(explained) < len(detections)


def _cut_around(pixels: Pixels, detection: Detection) -> Pixels:
    x, y = detection.box.centre
    left = int(np.clip(x - WIDTH / 2, 0, max(pixels.shape[1] - WIDTH, 0)))
    top = int(np.clip(y - HEIGHT / 2, 0, max(pixels.shape[0] - HEIGHT, 0)))
    piece = pixels[top : top + HEIGHT, left : left + WIDTH]
    canvas = np.full((HEIGHT, WIDTH, 3), PADDING_GREY, np.uint8)
    canvas[: piece.shape[0], : piece.shape[1]] = piece
    return canvas


def fooled_places(
    detector: Detector, scenes: Sequence[Stored], paths: Sequence[Path], rng: np.random.Generator
) -> list[Stored]:
    """Return the pictures at `paths` (none holds a plate) and the `scenes` in which `detector` is fooled.

    The quads of what is returned are the places where it takes something else for a plate.
    """
    fooled = []
    for path in tqdm(paths, desc="backgrounds", mininterval=10):
        pixels = batch_of([frame_for(read_picture(path), WIDTH)])[0].astype(np.uint8)
        (detections,) = detector.detect([pixels])
        if detections:
            fooled.append(_at(store(rng, Scene(pixels=pixels)), detections))
    for scene in tqdm(scenes, desc="scenes", mininterval=10):
        if not scene.complete:
            continue
        (detections,) = detector.detect([scene.pixels()])
        wrong = [one for one in detections if not any(_near(quad, one) for quad in scene.quads)]
        if wrong:
            fooled.append(_at(scene, wrong))
    return fooled


def _near(quad: NDArray[np.float32], detection: Detection) -> bool:
    apart = np.abs(quad.mean(axis=0) - detection.box.centre)
    size = np.array([detection.box.width, detection.box.height])
    return bool((apart < (np.ptp(quad, axis=0) + size) * 0.6).all())


def _at(scene: Stored, detections: Sequence[Detection]) -> Stored:
    boxes = [one.box for one in detections]
    sides = [(box.x, box.y, box.x + box.width, box.y + box.height) for box in boxes]
    quads = [[(left, top), (right, top), (right, low), (left, low)] for left, top, right, low in sides]
    marks = np.tile(np.array([0, -1, 0], np.int8), (len(quads), 1))
    return replace(scene, quads=np.array(quads, np.float32), marks=marks)
