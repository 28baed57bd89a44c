"""What a detector finds of drawn scenes is counted by the plates' lines."""

from __future__ import annotations

import numpy as np

from pipeline.domain.plate import Box, Detection, Quad
from training.detector.evaluate_drawn import evaluate_drawn
from training.detector.views import Plate, Scene

LEFT, RIGHT, LOWER = ((10.0, 10.0), (110.0, 10.0)), ((200.0, 10.0), (260.0, 10.0)), ((10.0, 200.0), (70.0, 200.0))


def corners(top: tuple[tuple[float, float], tuple[float, float]], high: float) -> np.ndarray:
    (x, y), (end, _) = top
    return np.array([[x, y], [end, y], [end, y + high], [x, y + high]], np.float32)


class Maker:
    """Draws one scene over and over: a plate of one line, and two of two lines."""

    def scene(self, rng: np.random.Generator) -> Scene:
        plates = [
            Plate(quad=corners(LEFT, 20), exact=True, two_line=False),
            Plate(quad=corners(RIGHT, 40), exact=True, two_line=True),
            Plate(quad=corners(LOWER, 40), exact=True, two_line=True),
        ]
        return Scene(pixels=np.zeros((384, 640, 3), np.uint8), plates=plates)


class Detector:
    """Finds the plates above, and takes the one on the right for one of one line."""

    version = "none"

    def detect(self, images: list[np.ndarray], sides: object = None) -> list[tuple[Detection, ...]]:
        found = []
        for top, high in ((LEFT, 20), (RIGHT, 40)):
            (a, b, c, d) = (tuple(map(float, corner)) for corner in corners(top, high))
            box = Box(x=a[0], y=a[1], width=b[0] - a[0], height=high)
            found.append(Detection(box=box, quad=Quad(corners=(a, b, c, d)), confidence=0.9))  # type: ignore[arg-type]
        return [tuple(found) for _ in images]


def test_plates_of_two_lines_are_counted_for_themselves() -> None:
    findings = evaluate_drawn(Detector(), Maker(), 2, seed=1)  # type: ignore[arg-type]
    assert findings.by_lines == {False: [2, 2, 2], True: [4, 2, 0]}
    assert "of two lines: 2 of 4 found, 0 of them told so" in findings.lines()
