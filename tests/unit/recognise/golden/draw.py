"""Draws the golden images once and notes what the shipped weights read of them.

python -m tests.unit.recognise.golden.draw
"""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np

from pipeline.inference.session import open_session
from pipeline.recognise.eyes import Eye
from pipeline.recognise.opening import SMALL_WEIGHTS, WEIGHTS
from pipeline.recognise.rectify import flattened
from training.degrade import Hardship, photographed
from training.plates import draw_british_plate

FOLDER = Path(__file__).parent
_MARKS = ("AB12CDE", "K7XYZ", "ABC123D", "GZF4821", "Q345FGH", "LN71XKP", "VW04MNO", "RS56TUV")
_SQUARE = (6, 7)
_HARD_MARKS = ("BD08ODB", "WV66VWW")
_KIND = Hardship(smallest_character=14, largest_character=26, blur=0.7, noise=0.7, light=0.5, jitter=0.0)
_HARD = Hardship(smallest_character=9, largest_character=11, blur=0.6, noise=1.0, light=1.0)
"""Plates of some 65 pixels: the reader hesitates between D and O there, and must not between runtimes."""


def main() -> None:
    """Draw what is missing, read all, write `truth.json`."""
    cv2.setNumThreads(1)
    rng, texts = np.random.default_rng(12), {}
    for at, mark in enumerate((*_MARKS, *_HARD_MARKS)):
        name = f"{at}.png"
        plate = draw_british_plate(mark, rear=at % 2 == 1, two_line=at in _SQUARE, pixels_per_mm=0.75)
        hard = mark in _HARD_MARKS
        drawing = np.random.default_rng([0, at]) if hard else rng
        pixels, quad = photographed(drawing, plate, hardship=_HARD if hard else _KIND)
        if not (FOLDER / name).is_file():
            cv2.imwrite(str(FOLDER / name), flattened(pixels, quad, two_line=at in _SQUARE))
        texts[name] = {"text": mark}
    patches = np.stack([cv2.imread(str(FOLDER / name)) for name in texts])
    for weights in (WEIGHTS, SMALL_WEIGHTS):
        if weights.is_file():
            looks = Eye(open_session(weights)).looks(np.asarray(patches, np.uint8), [False] * len(patches))
            for name, look in zip(texts, looks, strict=True):
                texts[name][weights.stem] = look.posterior.candidates(1)[0].text
    (FOLDER / "truth.json").write_text(json.dumps(texts, indent=2) + "\n")


if __name__ == "__main__":
    main()
