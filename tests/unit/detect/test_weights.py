"""The shipped weights: the same answers from every runtime, and plates found in drawn scenes."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.detect.detector import CORNER_WEIGHTS, WEIGHTS, PlateDetector, open_detector
from pipeline.detect.framing import batch_of, frame_for
from pipeline.detect.settings import DetectSettings
from pipeline.detect.torch_session import TorchSession
from pipeline.detect.windows import HEIGHT, WIDTH
from pipeline.domain.plate import Detection, Pixels
from pipeline.errors import NotFound
from pipeline.inference.session import Runtime, open_session
from pipeline.inference.settings import InferenceSettings
from training.detector.vehicles import draw_vehicle
from training.plates import draw_british_plate

Floats = NDArray[np.float32]
LARGEST_FILES = 2.0e6


@pytest.fixture(scope="module")
def detector() -> PlateDetector:
    return open_detector(DetectSettings(), InferenceSettings(runtime="openvino", threads=1))


def street(height: int = 480, width: int = 640) -> Pixels:
    """A drawn road under a grey sky."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:] = np.linspace(190, 90, height)[:, None, None]
    pixels[height // 2 :] = 85
    noise = np.random.default_rng(5).normal(0, 3, pixels.shape)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


def with_car(pixels: Pixels, corners: Floats, two_line: bool = False) -> Pixels:
    """`pixels` with a drawn car whose plate has these corners."""
    scene = pixels.copy()
    x, y = corners.mean(axis=0).tolist()
    width = float(np.ptp(corners[:, 0])) * (1.8 if two_line else 1.0)
    draw_vehicle(np.random.default_rng(11), scene, (x, y), width, 1.0)
    plate = draw_british_plate("AB12CDE", rear=True, two_line=two_line, pixels_per_mm=0.5).pixels
    height, length = plate.shape[:2]
    flat = np.array([[0, 0], [length, 0], [length, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(flat, corners)
    size = scene.shape[1::-1]
    drawn = cv2.warpPerspective(plate, matrix, size, flags=cv2.INTER_AREA)
    cover = cv2.warpPerspective(np.full(plate.shape[:2], 255, np.uint8), matrix, size)
    scene[cover > 127] = drawn[cover > 127]
    return np.asarray(cv2.GaussianBlur(scene, (0, 0), 0.7), np.uint8)


CORNERS = np.array([[262, 298], [392, 304], [391, 333], [261, 326]], np.float32)


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
    settings = DetectSettings(weights=str(tmp_path / "none.onnx"))
    with pytest.raises(NotFound):
        open_detector(settings, InferenceSettings(runtime="openvino"))
