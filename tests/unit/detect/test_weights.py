"""The shipped weights: the same answers from every runtime, and plates found in drawn scenes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

from pipeline.detect.detector import CORNER_WEIGHTS, WEIGHTS, PlateDetector, open_detector
from pipeline.detect.framing import batch_of, frame_for
from pipeline.detect.settings import DetectSettings
from pipeline.detect.torch_session import TorchSession
from pipeline.detect.windows import HEIGHT, WIDTH
from pipeline.domain.plate import Detection
from pipeline.errors import BadInput, NotFound
from pipeline.inference.session import Runtime, open_session
from pipeline.inference.settings import InferenceSettings
from pipeline.inference.weights import VERSION_KEY, model_version_of
from tests.support.drawn_cars import CORNERS, Floats, street, with_car

LARGEST_FILES = 2.0e6
CPU = InferenceSettings(runtime="openvino", threads=1)


@pytest.fixture(scope="module", params=["float32", "int8"])
def detector(request: pytest.FixtureRequest) -> PlateDetector:
    return open_detector(DetectSettings(), replace(CPU, precision=request.param))


def corner_error(detection: Detection, corners: Floats) -> float:
    """The mean distance of the corners, in heights of the plate."""
    distances = np.linalg.norm(np.array(detection.quad.corners) - corners, axis=1)
    return float(distances.mean() / np.linalg.norm(corners[3] - corners[0]))


def test_a_plate_on_a_drawn_car_is_found_with_its_corners(detector: PlateDetector) -> None:
    (found,) = detector.detect([with_car(street(), CORNERS)])
    assert len(found) == 1
    assert corner_error(found[0], CORNERS) < 0.25
    assert not found[0].two_line


@pytest.mark.parametrize("degrees", [-15, 15])
def test_the_corners_follow_a_slanting_plate(detector: PlateDetector, degrees: int) -> None:
    slanting = CORNERS.copy()
    slanting[:, 1] += (CORNERS[:, 0] - CORNERS[:, 0].mean()) * np.tan(np.radians(degrees))
    (found,) = detector.detect([with_car(street(), slanting)])
    assert len(found) == 1
    assert corner_error(found[0], slanting) < 0.3
    first, second = np.array(found[0].quad.corners[:2])
    true = slanting[1] - slanting[0]
    slope = (second - first)[1] / (second - first)[0]
    assert slope == pytest.approx(true[1] / true[0], abs=0.08)


def test_a_plate_that_nearly_fills_a_photograph_is_found_with_its_corners() -> None:
    corners = CORNERS * 4
    width = float(np.ptp(corners[:, 0])) / 0.95
    left, top = (corners.mean(axis=0) - [width / 2, width * 0.3]).astype(int).tolist()
    scene = with_car(street(1920, 2560), corners)
    close = np.ascontiguousarray(scene[top : top + int(width * 0.6), left : left + int(width)])
    (found,) = open_detector(DetectSettings(), CPU, still=True).detect([close])
    assert len(found) == 1
    assert corner_error(found[0], corners - np.float32([left, top])) < 0.25


def test_an_empty_road_and_an_empty_picture_yield_nothing(detector: PlateDetector) -> None:
    black = np.zeros((480, 640, 3), np.uint8)
    assert detector.detect([street(), black, np.full_like(black, 255)]) == [(), (), ()]


def test_an_image_gets_the_same_answer_alone_and_in_company(detector: PlateDetector) -> None:
    scene = with_car(street(), CORNERS)
    company = [street(), scene, with_car(street(), CORNERS + 40), street(360, 640)]
    ((alone,),) = detector.detect([scene])
    (together,) = detector.detect(company)[1]
    assert together.confidence == pytest.approx(alone.confidence, abs=1e-4)
    assert np.allclose(together.quad.corners, alone.quad.corners, atol=1e-2)


def test_every_runtime_gives_the_answers_of_torch() -> None:
    batch = batch_of([frame_for(image, 320) for image in (street(), with_car(street(), CORNERS))])
    windows = np.random.default_rng(1).integers(0, 255, (3, HEIGHT, WIDTH, 3)).astype(np.float32)
    for path, look, given in ((WEIGHTS, "rough", batch), (CORNER_WEIGHTS, "corners", windows)):
        expected = TorchSession(path, 1, look).run(given)
        for runtime in Runtime:
            for output, reference in zip(open_session(path, runtime, 1).run(given), expected, strict=True):
                assert output.shape == reference.shape
                assert np.allclose(output, reference, atol=2e-3), runtime


def test_the_files_are_small_and_say_which_they_are(detector: PlateDetector) -> None:
    assert WEIGHTS.stat().st_size + CORNER_WEIGHTS.stat().st_size <= LARGEST_FILES
    assert detector.version.startswith("detector-")
    assert "+corners-" in detector.version


def test_weights_that_are_not_there_are_an_error_and_not_an_empty_road(tmp_path: Path) -> None:
    absent = DetectSettings(weights=str(tmp_path / "none.onnx"))
    with pytest.raises(NotFound):
        open_detector(absent, InferenceSettings(runtime="openvino"))


def test_the_version_tells_whether_it_searches_in_int8() -> None:
    plain, quick = model_version_of(WEIGHTS), replace(CPU, precision="int8")
    assert open_detector(DetectSettings(), quick).version.startswith(f"{plain}-int8+corners-")
    assert open_detector(DetectSettings(), quick, still=True).version.startswith(f"{plain}+corners-")
    assert open_detector(DetectSettings(), CPU).version.startswith(f"{plain}+corners-")
    torch = replace(quick, runtime="torch")
    assert open_detector(DetectSettings(), torch).version.startswith(f"{plain}+corners-")


def test_weights_that_do_not_say_how_are_not_searched_with_in_int8(tmp_path: Path) -> None:
    model = onnx.load(str(WEIGHTS))
    helper.set_model_props(model, {VERSION_KEY: model_version_of(WEIGHTS)})
    onnx.save(model, str(tmp_path / "own.onnx"))
    own = DetectSettings(weights=str(tmp_path / "own.onnx"))
    open_detector(own, CPU)
    with pytest.raises(BadInput, match="names no ranges"):
        open_detector(own, replace(CPU, precision="int8"))
