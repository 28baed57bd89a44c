"""Are plates read that nearly fill their picture, and do pictures without a plate stay without a read?

`python -m benchmarks.close_ups` takes the permitted real pictures under `ANPR_DATA` (`train/`; the detector learnt on
most of them, so compare shares of the width with one another). A plate that is read surely in its whole picture is cut
out so that it takes up a share of the new picture's width, and read again; what comes out small is enlarged, as people
do. Then every picture without a plate is read: those that the detector's training holds out, and all.

Results: `close_ups.json`. On failure: NotFound where ANPR_DATA names no such pictures.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.harness import publish
from pipeline import bootstrap_reading
from pipeline.domain.plate import Box, Pixels
from pipeline.domain.vrm import fold_vrm
from pipeline.errors import NotFound
from pipeline.reading import LocalPlateReader
from pipeline.settings import Settings
from training.detector.corpus import backgrounds, dashcam, photos, read_picture

SHARES = (0.4, 0.6, 0.8, 0.9, 0.97)
_EVERY_FRAME = 3
"""Dashcam frames that follow one another show the same cars."""
_SURE_FIND, _SURE_TEXT, _WIDE_PIXELS = 0.72, 0.9, 60
_HEIGHT_TO_WIDTH, _ABOVE = 0.75, 0.55
_SMALL_PIXELS, _ENLARGED_PIXELS = 400, 800


def main() -> None:
    root = Path(os.environ.get("ANPR_DATA", "../shared/data")) / "train"
    if not root.is_dir():
        raise NotFound(f"{root}: no such folder; ANPR_DATA names the folder of real pictures")
    reader = bootstrap_reading.still_reader(Settings())
    plates = list(sure_plates(root, reader))
    publish("close_ups", {"close_ups": [at_share(share, plates, reader) for share in SHARES]} | without(root, reader))


def sure_plates(root: Path, reader: LocalPlateReader) -> Iterator[tuple[Path, Box, str]]:
    """Yield picture, place and folded mark of each plate that is found and read surely in its whole picture."""
    pictures = [one.path for held in (False, True) for one in photos(root, held)]
    pictures += [one.path for held in (False, True) for one in dashcam(root, held)[::_EVERY_FRAME]]
    for path in pictures:
        for found, text in reader.read([read_picture(path)])[0]:
            sure = text is not None and text.confidence > _SURE_TEXT and found.confidence > _SURE_FIND
            if text is not None and sure and found.box.width >= _WIDE_PIXELS:
                yield path, found.box, fold_vrm(text.vrm)


def at_share(share: float, plates: list[tuple[Path, Box, str]], reader: LocalPlateReader) -> dict[str, Any]:
    """Return how many plates are read as in their whole pictures where they take up that share of the width."""
    right = other = 0
    for path, box, mark in plates:
        close = around(read_picture(path), box, share)
        marks = [fold_vrm(text.vrm) for _, text in reader.read([close])[0] if text]
        right += mark in marks
        other += len(marks) - (mark in marks)
    return {"share of the width": share, "plates": len(plates), "read as before": right, "other texts": other}


def around(picture: Pixels, box: Box, share: float) -> Pixels:
    """Return the part of `picture` around `box` in which the box takes up that share of the width, as far as there is
    as much picture; enlarged where it is small."""
    rows, columns = picture.shape[:2]
    width = min(box.width / share, columns)
    height = min(width * _HEIGHT_TO_WIDTH, rows)
    x, y = box.centre
    left, top = int(np.clip(x - width / 2, 0, columns - width)), int(np.clip(y - _ABOVE * height, 0, rows - height))
    part = np.ascontiguousarray(picture[top : top + int(height), left : left + int(width)])
    if part.shape[1] >= _SMALL_PIXELS:
        return part
    larger = _ENLARGED_PIXELS / part.shape[1]
    return np.asarray(cv2.resize(part, None, fx=larger, fy=larger, interpolation=cv2.INTER_CUBIC), np.uint8)


def without(root: Path, reader: LocalPlateReader) -> dict[str, int]:
    """Return of how many pictures without a plate how many give a read."""
    figures = {}
    for name, paths in (
        ("held-out backgrounds", backgrounds(root, True)),
        ("other backgrounds", backgrounds(root, False)),
    ):
        seen = [reader.read([read_picture(path)])[0] for path in paths]
        figures[name] = len(paths)
        figures[f"{name} with a read"] = sum(any(text for _, text in ones) for ones in seen)
    return figures


if __name__ == "__main__":
    main()
