"""Golden scenes: three drawn pictures, committed, in which every runtime must find the same plates in the same places.

The scenes and what is found in them are renewed with `python -m tests.unit.detect.golden.draw` when weights change.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from pipeline.detect.corners import CornerFinder
from pipeline.detect.detector import CORNER_WEIGHTS, WEIGHTS, PlateDetector, open_detector
from pipeline.detect.settings import DetectSettings
from pipeline.detect.torch_session import TorchSession
from pipeline.domain.plate import Detection, Pixels
from pipeline.inference.precision import multiplies_bfloat16
from pipeline.inference.settings import InferenceSettings

FOLDER = Path(__file__).parent / "golden"
TRUTH: dict[str, dict[str, Any]] = json.loads((FOLDER / "truth.json").read_text())
SETTINGS = DetectSettings()


def scenes() -> list[Pixels]:
    return [np.asarray(cv2.imread(str(FOLDER / name)), np.uint8) for name in TRUTH]


def in_torch(precision: str) -> PlateDetector:
    """A detector in torch on the processor, in half precision and batches of few lengths, as a CUDA node has it."""
    rough, corners = (
        TorchSession(path, 1, look, precision=precision, device="cpu", lengths=(1, 2, 4))  # type: ignore[arg-type]
        for path, look in ((WEIGHTS, "rough"), (CORNER_WEIGHTS, "corners"))
    )
    return PlateDetector(
        rough,
        version="",
        minimum_confidence=min(SETTINGS.continuing_confidence, SETTINGS.minimum_confidence),
        sure_from=SETTINGS.minimum_confidence,
        long_sides=[SETTINGS.long_side_pixels],
        corners=CornerFinder(corners),
    )


def check(found: list[tuple[Detection, ...]], pixels: float, sure: float) -> None:
    """The plates that count are those of the goldens, in their order from left to right."""
    for ones, notes in zip(found, TRUTH.values(), strict=True):
        expected = sorted((one for one in notes["found"] if not one["doubtful"]), key=lambda one: one["quad"][0])
        counted = sorted((one for one in ones if not one.doubtful), key=lambda one: one.quad.corners[0])
        assert len(counted) == len(expected)
        for ours, golden in zip(counted, expected, strict=True):
            assert np.abs(np.array(ours.quad.corners) - np.array(golden["quad"])).max() < pixels
            assert ours.confidence == pytest.approx(golden["confidence"], abs=sure)
            assert ours.two_line is golden["two_line"]


@pytest.mark.parametrize("runtime", ["openvino", "onnxruntime", "torch"])
def test_every_runtime_finds_what_was_found_when_the_weights_came(runtime: str) -> None:
    exact = InferenceSettings(runtime=runtime, threads=1, precision="float32")  # type: ignore[arg-type]
    check(open_detector(SETTINGS, exact).detect(scenes()), pixels=0.1, sure=2e-3)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_torch_in_half_precision_finds_the_same(precision: str) -> None:
    check(in_torch(precision).detect(scenes()), pixels=2.0, sure=0.04)


def test_openvino_in_bfloat16_finds_the_same() -> None:
    if not multiplies_bfloat16():
        pytest.skip("this processor never computes in bfloat16: it has no instructions for it")
    check(open_detector(SETTINGS, InferenceSettings(runtime="openvino", threads=1)).detect(scenes()), 2.0, 0.04)


def test_openvino_in_int8_finds_the_same() -> None:
    chosen = InferenceSettings(runtime="openvino", threads=1, precision="int8")
    check(open_detector(SETTINGS, chosen).detect(scenes()), pixels=2.0, sure=0.06)


def test_what_is_golden_is_where_it_was_drawn() -> None:
    for notes in TRUTH.values():
        drawn = np.array(notes["drawn"])
        heights = np.linalg.norm(drawn[:, 3] - drawn[:, 0], axis=1)
        found = np.array([one["quad"] for one in notes["found"] if not one["doubtful"]])
        off = np.linalg.norm(drawn[:, None] - found[None], axis=3).mean(axis=2).min(axis=1) / heights
        assert (off < 0.3).all()
        assert len(found) == len(drawn)
