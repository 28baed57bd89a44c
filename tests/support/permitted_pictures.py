"""A folder laid out as the permitted pictures are, in which what is held out has a colour of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np

from training.detector.corpus import HELD_OUT_PART, HELD_OUT_RIDES

Colour: TypeAlias = tuple[int, int, int]
_LEFT, _TOP, _RIGHT, _BOTTOM = 260, 160, 380, 190


def written_pictures(root: Path, *, learnt: Colour, held_out: Colour) -> Path:
    """Write two rides that may be learnt from beside the held-out ones, each in both parts, as there; a photograph for
    each part, all with one plate; and twenty backgrounds."""
    for ride in ("dayride_type1_001", "nightride_type3_001", *HELD_OUT_RIDES):
        for part in ("train", "valid"):
            name = f"{ride}.mp4#t={part}"
            colour = held_out if ride in HELD_OUT_RIDES else learnt
            _written(root / "ro_dashcam" / part / "images" / f"{name}.jpg", colour)
            notes = root / "ro_dashcam" / part / "annots" / f"{name}.xml"
            notes.parent.mkdir(parents=True, exist_ok=True)
            sides = f"<xmin>{_LEFT}</xmin><ymin>{_TOP}</ymin><xmax>{_RIGHT}</xmax><ymax>{_BOTTOM}</ymax>"
            notes.write_text(f"<annotation><object><bndbox>{sides}</bndbox></object></annotation>")
    for part in ("train", "test", "valid"):
        _written(root / "pl_photos" / part / "one.jpg", held_out if part == HELD_OUT_PART else learnt)
        plate = f"one.jpg,640,360,license-plates,{_LEFT},{_TOP},{_RIGHT},{_BOTTOM}\n"
        header = "filename,width,height,class,xmin,ymin,xmax,ymax\n"
        (root / "pl_photos" / part / "_annotations.csv").write_text(header + plate)
    for index in range(20):
        _written(root / "backgrounds" / f"{index:02d}.jpg", learnt if index % 10 else held_out)
    return root


def _written(path: Path, colour: Colour) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((360, 640, 3), colour, np.uint8))
