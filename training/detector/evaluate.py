"""How well a detector finds: recall by the plate's width at IoU 0.5, and false finds in pictures without a plate."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.plate import Box
from pipeline.domain.ports import Detector
from training.detector.corpus import Labelled, read_picture

_WIDTH_STEPS = (0, 40, 80, 160, 320, 10_000)
_ENOUGH_OVERLAP = 0.5


@dataclass(slots=True, kw_only=True)
class Findings:
    """What a detector found of a set. `by_width`: plates and found ones for each range of widths in pixels."""

    plates: int = 0
    found: int = 0
    false_finds: int = 0
    pictures: int = 0
    pictures_with_false_finds: int = 0
    by_width: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    missed: list[str] = field(default_factory=list)
    overlaps: list[float] = field(default_factory=list)

    def lines(self) -> list[str]:
        """Return the findings as readable lines."""
        overlap = float(np.mean(self.overlaps)) if self.overlaps else 0.0
        heading = f"found {self.found} of {self.plates} plates (mean IoU {overlap:.3f}), " if self.plates else ""
        heading += f"{self.false_finds} false finds in {self.pictures_with_false_finds} of {self.pictures} pictures"
        widths = [f"  {name} px wide: {got} of {all_}" for name, (all_, got) in sorted(self.by_width.items())]
        return [heading, *widths]


def evaluate(detector: Detector, pictures: Sequence[Labelled]) -> Findings:
    """Return what `detector` finds in `pictures`; a find of no labelled plate is false."""
    findings = Findings()
    for labelled in pictures:
        (detections,) = detector.detect([labelled.pixels()])
        findings.pictures += 1
        taken: set[int] = set()
        for box in labelled.boxes:
            overlaps = [overlap(box, detection.box) for detection in detections]
            best = int(np.argmax(overlaps)) if overlaps else -1
            got = best >= 0 and overlaps[best] >= _ENOUGH_OVERLAP
            if got:
                taken.add(best)
                findings.overlaps.append(overlaps[best])
            else:
                findings.missed.append(labelled.path.name)
            findings.plates += 1
            findings.found += got
            counts = findings.by_width[_range_of(float(box[2] - box[0]))]
            counts[0] += 1
            counts[1] += got
        wrong = len(detections) - len(taken)
        findings.false_finds += wrong
        findings.pictures_with_false_finds += wrong > 0
    return findings


def without_plates(paths: Sequence[Path]) -> list[Labelled]:
    """Return pictures that hold no plate, for counting false finds."""
    return [Labelled(path=path, boxes=np.zeros((0, 4), np.float32)) for path in paths]


def measured_set(folder: Path) -> list[Labelled]:
    """Return a set for measuring: `labels.csv` with file, x, y, w, h, and its pictures in `images`."""
    boxes: dict[str, list[list[float]]] = defaultdict(list)
    with (folder / "labels.csv").open(newline="") as table:
        for row in csv.DictReader(table):
            x, y, w, h = (float(row[key]) for key in "xywh")
            boxes[row["file"]].append([x, y, x + w, y + h])
    return [Labelled(path=folder / "images" / name, boxes=np.array(rows, np.float32)) for name, rows in boxes.items()]


def blank_picture_finds(detector: Detector, paths: Sequence[Path]) -> list[tuple[Path, float]]:
    """Return each picture's surest find's confidence, surest first: where the detector is fooled."""
    fooled = []
    for path in paths:
        (detections,) = detector.detect([read_picture(path)])
        if detections:
            fooled.append((path, max(detection.confidence for detection in detections)))
    return sorted(fooled, key=lambda entry: -entry[1])


def overlap(truth: NDArray[np.float32], box: Box) -> float:
    """Return the intersection over union of left, top, right, bottom with `box`."""
    left, top, right, bottom = (float(side) for side in truth)
    across = min(right, box.x + box.width) - max(left, box.x)
    down = min(bottom, box.y + box.height) - max(top, box.y)
    shared = max(across, 0.0) * max(down, 0.0)
    return shared / ((right - left) * (bottom - top) + box.width * box.height - shared)


def _range_of(width: float) -> str:
    index = int(np.searchsorted(_WIDTH_STEPS, width, side="right"))
    return f"{_WIDTH_STEPS[index - 1]:>3} to {_WIDTH_STEPS[index] - 1}"
