"""How a detector does on drawn scenes over held-out pictures, where the truth of every corner is known."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass, field

import cv2
import numpy as np

from pipeline.detect.framing import PADDING_GREY
from pipeline.domain.plate import Detection
from pipeline.domain.ports import Detector
from training.detector.corner_samples import some_view
from training.detector.evaluate import overlap
from training.detector.placing import Quad4
from training.detector.scenes import SceneMaker
from training.detector.views import HEIGHT, WIDTH, Plate, Scene

_ENOUGH_OVERLAP = 0.5
_WIDTH_STEPS = (0, 20, 30, 40, 60, 120, 240, 480, 10_000)


@dataclass(slots=True, kw_only=True)
class DrawnFindings:
    """`by_width`: visible plates and found ones by width in the 640 pixel scene; `corner_errors` in plate heights.

    `by_lines`: by whether they have two lines, plates, found ones, and found ones whose lines were told rightly.
    `slants` are the true and the found angle of each found plate's long edges, in degrees.
    """

    by_width: dict[int, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    corner_errors: list[float] = field(default_factory=list)
    slants: list[tuple[float, float]] = field(default_factory=list)
    by_lines: dict[bool, list[int]] = field(default_factory=lambda: {False: [0, 0, 0], True: [0, 0, 0]})

    def lines(self) -> list[str]:
        """Return the findings as readable lines."""
        steps = dict(itertools.pairwise(_WIDTH_STEPS))
        widths = [
            f"{low} to {steps[low] - 1} px wide: {got} of {all_}" for low, (all_, got) in sorted(self.by_width.items())
        ]
        median, worst = np.percentile(self.corner_errors, (50, 90)) if self.corner_errors else (0.0, 0.0)
        corners = f"corners off by {median:.3f} plate heights (median), {worst:.3f} (90th percentile)"
        true, found = np.array(self.slants or [(0.0, 0.0)]).T
        share = float((true * found).sum() / max(float((true**2).sum()), 1e-6))
        slant = f"slant followed {share:.2f} (deviation of the true ones {true.std():.1f} degrees), "
        slant += f"off by {np.median(np.abs(found - true)):.2f} degrees (median)"
        lines = [
            f"of {'two lines' if two else 'one line'}: {got} of {all_} found, {told} of them told so"
            for two, (all_, got, told) in self.by_lines.items()
        ]
        return [*widths, *lines, corners, slant]


def evaluate_drawn(
    detector: Detector, maker: SceneMaker, count: int, seed: int, *, steep: bool = False
) -> DrawnFindings:
    """Return what `detector` finds in `count` scenes of `maker`; with `steep`, each seen from another side."""
    findings, rng = DrawnFindings(), np.random.default_rng(seed)
    for _ in range(count):
        scene = maker.scene(rng)
        if steep:
            scene = _from_the_side(rng, scene)
        (detections,) = detector.detect([scene.pixels])
        for plate in scene.plates:
            if plate.exact and plate.visible:
                _count(findings, plate, detections)
    return findings


def _from_the_side(rng: np.random.Generator, scene: Scene) -> Scene:
    shown = [plate for plate in scene.plates if plate.visible and plate.exact]
    if not shown:
        return scene
    quad = shown[int(rng.integers(0, len(shown)))].quad.astype(np.float64)
    view = some_view(rng, quad)
    grey = (PADDING_GREY,) * 3
    scene.pixels = np.asarray(cv2.warpPerspective(scene.pixels, view, (WIDTH, HEIGHT), borderValue=grey), np.uint8)
    for plate in scene.plates:
        plate.quad = np.asarray(cv2.perspectiveTransform(plate.quad[None].astype(np.float64), view)[0], np.float32)
        plate.visible = plate.visible and bool(((plate.quad > 0) & (plate.quad < (WIDTH, HEIGHT))).all())
    return scene


def _count(findings: DrawnFindings, plate: Plate, detections: tuple[Detection, ...]) -> None:
    box = np.concatenate([plate.quad.min(axis=0), plate.quad.max(axis=0)])
    width = float(box[2] - box[0])
    counts = findings.by_width[_WIDTH_STEPS[int(np.searchsorted(_WIDTH_STEPS, width, side="right")) - 1]]
    counts[0] += 1
    lines = findings.by_lines[bool(plate.two_line)]
    lines[0] += 1
    best = max(detections, key=lambda detection: overlap(box, detection.box), default=None)
    if best is None or overlap(box, best.box) < _ENOUGH_OVERLAP:
        return
    counts[1] += 1
    found = np.array(best.quad.corners, np.float32)
    distances = np.linalg.norm(found - plate.quad, axis=1)
    findings.corner_errors.append(float(distances.mean() / np.linalg.norm(plate.quad[3] - plate.quad[0])))
    findings.slants.append((_slant(plate.quad), _slant(found)))
    lines[1] += 1
    lines[2] += best.two_line == plate.two_line


def _slant(quad: Quad4) -> float:
    edge = quad[1] + quad[2] - quad[0] - quad[3]
    return float(np.degrees(np.arctan2(edge[1], edge[0])))
