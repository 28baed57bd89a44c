"""Draws the detector's golden scenes once and notes what the shipped weights find in them.

python -m tests.unit.detect.golden.draw
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from pipeline.detect.detector import open_detector
from pipeline.detect.settings import DetectSettings
from pipeline.domain.plate import Pixels
from pipeline.inference.settings import InferenceSettings
from tests.support.drawn_cars import CORNERS, Floats, street, with_car
from training.scenes.render import frames_of
from training.scenes.scene import Kind, scene_of

FOLDER = Path(__file__).parent
_QUALITY = 92
_SLANT = 12.0


def main() -> None:
    """Draw what is missing, search all, write `truth.json`."""
    cv2.setNumThreads(1)
    exact = InferenceSettings(runtime="openvino", threads=1, precision="float32")
    detector, truth = open_detector(DetectSettings(), exact), {}
    for at, (pixels, quads) in enumerate(_scenes()):
        path = FOLDER / f"{at}.jpg"
        if not path.is_file():
            cv2.imwrite(str(path), pixels, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        [found] = detector.detect([cv2.imread(str(path))])
        truth[path.name] = {
            "drawn": np.round(np.asarray(quads, np.float64), 1).tolist(),
            "found": [
                {
                    "quad": np.round(one.quad.corners, 2).tolist(),
                    "confidence": round(one.confidence, 4),
                    "two_line": one.two_line,
                    "doubtful": one.doubtful,
                }
                for one in found
            ],
        }
    (FOLDER / "truth.json").write_text(json.dumps(truth, indent=1) + "\n")


def _scenes() -> Iterator[tuple[Pixels, list[Any]]]:
    """Yield a slanting plate, one of two lines, and two vehicles on a road, each with its legible plates."""
    slanting = CORNERS.copy()
    slanting[:, 1] += (CORNERS[:, 0] - CORNERS[:, 0].mean()) * np.tan(np.radians(_SLANT))
    yield with_car(street(), slanting), [slanting]
    square = _square()
    yield with_car(street(), square, two_line=True), [square]
    frames = frames_of(scene_of(Kind.TWO_AT_ONCE, seed=3, size=(960, 540)))
    most = max(frames, key=lambda frame: sum(one.legible for one in frame.plates))
    yield most.pixels, [one.quad.corners for one in most.plates if one.legible]


def _square() -> Floats:
    middle = CORNERS.mean(axis=0)
    return np.asarray(middle + np.array([[-42, -30], [42, -28], [42, 32], [-42, 30]]), np.float32)


if __name__ == "__main__":
    main()
