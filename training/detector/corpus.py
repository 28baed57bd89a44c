"""The real pictures the detector may learn from, and the ones held out from it.

Splits are by ride, because frames of one ride show the same vehicles: rides `dayride_type1_002` and `_003` are held
out, and so is every tenth background. Boxes are all the truth these sets have: a plate's corners are its box's.
"""

from __future__ import annotations

import csv
import json
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.domain.plate import Pixels

HELD_OUT_RIDES = ("dayride_type1_002", "dayride_type1_003")
HELD_OUT_PART = "valid"
_HELD_OUT_BACKGROUND_STEP = 10


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Labelled:
    """A picture and the boxes of its plates: n x 4, left, top, right, bottom in pixels.

    `unsure` are boxes of what may be plates that nobody labelled: neither finding nor missing them counts. The file's
    picture is `stretch` times too narrow; boxes are those of the stretched one.
    """

    path: Path
    boxes: NDArray[np.float32]
    unsure: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 4), np.float32))
    stretch: float = 1.0

    def pixels(self) -> Pixels:
        pixels = read_picture(self.path)
        return (
            pixels if self.stretch == 1.0 else np.asarray(cv2.resize(pixels, None, fx=self.stretch, fy=1.0), np.uint8)
        )

    def stretched(self, factor: float) -> Labelled:
        """Return the same picture, wider by `factor`."""
        wider = np.array([factor, 1, factor, 1], np.float32)
        return replace(self, boxes=self.boxes * wider, unsure=self.unsure * wider, stretch=self.stretch * factor)


def read_picture(path: Path) -> Pixels:
    """Return the picture at `path`, blue-green-red."""
    pixels = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise FileNotFoundError(path)
    return np.asarray(pixels, np.uint8)


def dashcam(root: Path, held_out: bool, unsure: Path | None = None) -> list[Labelled]:
    """Return the dashcam frames of the held-out rides, or of the others; `unsure` is a file that `mining` wrote."""
    doubts: dict[str, list[list[float]]] = json.loads(unsure.read_text()) if unsure and unsure.exists() else {}
    found = []
    for part in ("train", "valid"):
        for annotation in sorted((root / "ro_dashcam" / part / "annots").glob("*.xml")):
            ride = annotation.name.split(".mp4")[0]
            picture = root / "ro_dashcam" / part / "images" / f"{annotation.stem}.jpg"
            if (ride in HELD_OUT_RIDES) == held_out and picture.exists():
                doubtful = np.array(doubts.get(picture.name, []), np.float32).reshape(-1, 4)
                found.append(Labelled(path=picture, boxes=_voc_boxes(annotation), unsure=doubtful))
    return found


def _voc_boxes(annotation: Path) -> NDArray[np.float32]:
    boxes = [
        [float(entry.findtext(side, "nan")) for side in ("xmin", "ymin", "xmax", "ymax")]
        for entry in ElementTree.parse(annotation).iter("bndbox")
    ]
    return np.array(boxes, np.float32).reshape(-1, 4)


def photos(root: Path, held_out: bool) -> list[Labelled]:
    """Return the Polish photographs: those of its `valid` part are held out."""
    parts = (HELD_OUT_PART,) if held_out else ("train", "test")
    found = []
    for part in parts:
        folder = root / "pl_photos" / part
        boxes: dict[str, list[list[float]]] = defaultdict(list)
        with (folder / "_annotations.csv").open(newline="") as table:
            for row in csv.DictReader(table):
                # The set also boxes whole cars.
                if row["class"] == "license-plates":
                    boxes[row["filename"]].append([float(row[side]) for side in ("xmin", "ymin", "xmax", "ymax")])
        found += [
            Labelled(path=folder / name, boxes=np.array(rows, np.float32))
            for name, rows in sorted(boxes.items())
            if (folder / name).exists()
        ]
    return found


def backgrounds(root: Path, held_out: bool) -> list[Path]:
    """Return the pictures without vehicles: every tenth is held out."""
    paths = sorted((root / "backgrounds").glob("*.jpg"))
    return [path for index, path in enumerate(paths) if (index % _HELD_OUT_BACKGROUND_STEP == 0) == held_out]
