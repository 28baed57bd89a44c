"""How a detector does on drawn scenes over held-out pictures, where the truth of every corner is known."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from pipeline.domain.plate import Detection
from pipeline.domain.ports import Detector
from training.detector.evaluate import overlap
from training.detector.scenes import SceneMaker
from training.detector.views import Plate

_ENOUGH_OVERLAP = 0.5
_WIDTH_STEPS = (0, 30, 60, 120, 240, 10_000)


@dataclass(slots=True, kw_only=True)
class DrawnFindings:
    """`by_width`: visible plates and found ones by width in the 640 pixel scene; `corner_errors` in plate heights."""

    by_width: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    corner_errors: list[float] = field(default_factory=list)
    lines_told: int = 0
    lines_asked: int = 0

    def lines(self) -> list[str]:
        """Return the findings as readable lines."""
        widths = [f"{name} px wide: {got} of {all_}" for name, (all_, got) in sorted(self.by_width.items())]
        median, worst = np.percentile(self.corner_errors, (50, 90)) if self.corner_errors else (0.0, 0.0)
        corners = f"corners off by {median:.3f} plate heights (median), {worst:.3f} (90th percentile)"
        return [*widths, corners, f"number of lines right: {self.lines_told} of {self.lines_asked}"]


def evaluate_drawn(detector: Detector, maker: SceneMaker, count: int, seed: int) -> DrawnFindings:
    """Return what `detector` finds in `count` scenes of `maker`."""
    findings, rng = DrawnFindings(), np.random.default_rng(seed)
    for _ in range(count):
        scene = maker.scene(rng)
        (detections,) = detector.detect([scene.pixels])
        for plate in scene.plates:
            if plate.exact and plate.visible:
                _count(findings, plate, detections)
    return findings


def _count(findings: DrawnFindings, plate: Plate, detections: tuple[Detection, ...]) -> None:
    box = np.concatenate([plate.quad.min(axis=0), plate.quad.max(axis=0)])
    width = float(box[2] - box[0])
    index = int(np.searchsorted(_WIDTH_STEPS, width, side="right"))
    counts = findings.by_width[f"{_WIDTH_STEPS[index - 1]:>3} to {_WIDTH_STEPS[index] - 1}"]
    counts[0] += 1
    best = max(detections, key=lambda detection: overlap(box, detection.box), default=None)
    if best is None or overlap(box, best.box) < _ENOUGH_OVERLAP:
        return
    counts[1] += 1
    distances = np.linalg.norm(np.array(best.quad.corners) - plate.quad, axis=1)
    findings.corner_errors.append(float(distances.mean() / np.linalg.norm(plate.quad[3] - plate.quad[0])))
    findings.lines_asked += 1
    findings.lines_told += best.two_line == plate.two_line
