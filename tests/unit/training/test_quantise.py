"""What the search in 8 bits needs is measured on pictures and noted beside the weights, which stay as they are."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from pipeline.detect.detector import WEIGHTS
from pipeline.inference.eight_bits import ranges_of
from pipeline.inference.weights import metadata_of, model_version_of, parameters_of
from tests.support.drawn_cars import CORNERS, street, with_car
from training.detector.quantise import measured_ranges, note


def test_a_road_lies_within_the_ranges_of_the_shipped_network_and_of_the_same_layers() -> None:
    shipped = ranges_of(WEIGHTS)
    measured = measured_ranges(WEIGHTS, [street(384, 640), with_car(street(384, 640), CORNERS)])
    assert measured.keys() == shipped.keys()
    for name, (low, high) in measured.items():
        assert low < high
        # Another road may go a little beyond what the pictures of the calibration had, but not far.
        assert shipped[name][0] * 1.2 <= low
        assert high <= shipped[name][1] * 1.2


def test_more_pictures_only_widen_the_ranges() -> None:
    one = measured_ranges(WEIGHTS, [street(384, 640)])
    two = measured_ranges(WEIGHTS, [street(384, 640), np.zeros((384, 640, 3), np.uint8)])
    assert one != two
    assert all(two[name][0] <= low and high <= two[name][1] for name, (low, high) in one.items())


def test_a_note_leaves_weights_and_version(tmp_path: Path) -> None:
    path = tmp_path / "noted.onnx"
    shutil.copy(WEIGHTS, path)
    note(path, {"some_layer": (-0.25, 3.5)})
    assert ranges_of(path) == {"some_layer": (-0.25, 3.5)}
    assert model_version_of(path) == model_version_of(WEIGHTS)
    assert metadata_of(path).keys() == metadata_of(WEIGHTS).keys()
    before, after = parameters_of(WEIGHTS), parameters_of(path)
    assert before.keys() == after.keys()
    for name, numbers in before.items():
        assert after[name] == pytest.approx(numbers, abs=0)
