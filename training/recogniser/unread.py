"""Real patches that bear no mark: where the detector is fooled in pictures without plates, and pieces beside plates.

    python -m training.recogniser.unread --pictures DATA --out training/work/recogniser-mixed/unread.npy

Held-out backgrounds and held-out rides give none. Dashcam frames show plates that nobody labelled, so of them only
pieces right above and below a labelled plate are taken, where a vehicle bears no second one.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from pipeline.detect.detector import open_detector
from pipeline.detect.settings import DetectSettings
from pipeline.domain.plate import Pixels, Quad
from pipeline.inference.settings import InferenceSettings
from pipeline.recognise.rectify import flattened, readings_of
from training.degrade import jittered
from training.detector.corpus import backgrounds, dashcam, read_picture

_LEAST_CONFIDENCE, _VARIANTS = 0.15, 4
_BESIDE = ((0.0, -1.35), (0.0, 1.35), (0.3, -1.8), (-0.3, 1.8))
"""Where the pieces beside a plate are: moved by so many of its widths and heights."""


def main() -> None:
    """Cut and write them."""
    parser = argparse.ArgumentParser(prog="python -m training.recogniser.unread")
    parser.add_argument(
        "--pictures", type=Path, required=True, help="folder whose `train` holds the permitted pictures"
    )
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    rng = np.random.default_rng(6)
    root = chosen.pictures / "train"
    found = [*_fooled(rng, root), *_beside(rng, root)]
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    np.save(chosen.out, np.stack(found))
    print(f"{len(found)} patches")


def _fooled(rng: np.random.Generator, root: Path) -> Iterator[Pixels]:
    settings = replace(DetectSettings(), still_minimum_confidence=_LEAST_CONFIDENCE)
    detector = open_detector(settings, InferenceSettings(runtime="openvino", threads=1), still=True)
    for path in tqdm(backgrounds(root, False), desc="backgrounds", mininterval=5):
        pixels = read_picture(path)
        (finds,) = detector.detect([pixels])
        for found in finds:
            for _ in range(_VARIANTS):
                two_line = bool(rng.choice(readings_of(found)))
                yield flattened(pixels, jittered(rng, found.quad), two_line=two_line)


def _beside(rng: np.random.Generator, root: Path) -> Iterator[Pixels]:
    for frame in dashcam(root, False):
        pixels = frame.pixels()
        for left, top, right, low in frame.boxes.tolist():
            across, down = _BESIDE[int(rng.integers(len(_BESIDE)))]
            x, y = across * (right - left), down * (low - top)
            if left + x >= 0 and right + x < pixels.shape[1] and top + y >= 0 and low + y < pixels.shape[0]:
                corners = ((left + x, top + y), (right + x, top + y), (right + x, low + y), (left + x, low + y))
                yield flattened(pixels, jittered(rng, Quad(corners=corners), 0.04), two_line=False)


if __name__ == "__main__":
    main()
