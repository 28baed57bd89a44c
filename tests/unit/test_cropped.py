"""A picture that is a plate is read as it comes, and within the plate's corners where that is surer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import pytest

from pipeline.cropped import CropReader, whole_image
from pipeline.detect.detector import open_corners
from pipeline.detect.settings import DetectSettings
from pipeline.domain.plate import Detection, Pixels, PlateText, Quad
from pipeline.domain.posterior import CharacterPosterior
from pipeline.domain.vrm import Vrm
from pipeline.inference.settings import InferenceSettings
from training.plates import draw_british_plate

PICTURE = np.zeros((50, 200, 3), np.uint8)
WITHIN = Quad(corners=((10.0, 5.0), (190.0, 15.0), (190.0, 45.0), (10.0, 35.0)))


def text(vrm: str, confidence: float) -> PlateText:
    rows = np.full((24, 37), -3.6, np.float32)
    return PlateText(
        raw=vrm,
        vrm=Vrm(vrm),
        confidence=confidence,
        character_confidences=(confidence,) * len(vrm),
        candidates=(),
        posterior=CharacterPosterior(log_probabilities=rows),
    )


@dataclass
class Told:
    """A recogniser that answers what it was told, in that order."""

    answers: list[PlateText | None]
    asked: list[Detection] = field(default_factory=list)
    version: str = "told"

    def recognise(self, plates: Sequence[tuple[Pixels, Detection]]) -> list[PlateText | None]:
        self.asked += [found for _, found in plates]
        return [self.answers.pop(0) for _ in plates]


@dataclass
class Known:
    """Corners that are known."""

    quad: Quad | None

    def placed(self, picture: Pixels, found: Detection) -> Detection | None:
        return replace(found, quad=self.quad) if self.quad else None


def test_what_is_sure_is_read_once() -> None:
    told = Told([text("AB12CDE", 0.95)])
    found, read = CropReader(told, Known(WITHIN), sure_from=0.95).read(PICTURE)
    assert (found, read and read.vrm, len(told.asked)) == (whole_image(PICTURE), "AB12CDE", 1)


@pytest.mark.parametrize(
    ("first", "second", "expected", "within"),
    [
        (text("AB12CDE", 0.7), text("AB12CDF", 0.9), "AB12CDF", True),
        (text("AB12CDE", 0.7), text("AB12CDF", 0.6), "AB12CDE", False),
        (None, text("AB12CDF", 0.3), "AB12CDF", True),
        (text("AB12CDE", 0.3), None, "AB12CDE", False),
    ],
)
def test_of_two_readings_the_surer_counts(
    first: PlateText | None, second: PlateText | None, expected: str, within: bool
) -> None:
    told = Told([first, second])
    found, read = CropReader(told, Known(WITHIN), sure_from=0.95).read(PICTURE)
    assert read is not None
    assert read.vrm == expected
    assert (found.quad == WITHIN) is within
    assert told.asked[1].quad == WITHIN


def test_corners_that_make_no_plate_are_no_reading() -> None:
    told = Told([None])
    assert CropReader(told, Known(None), sure_from=0.95).read(PICTURE) == (whole_image(PICTURE), None)


def test_the_corners_of_a_slanting_plate_are_found_in_its_upright_crop() -> None:
    plate = draw_british_plate("AB12CDE", pixels_per_mm=0.5)
    true = np.array([[12, 8], [255, 38], [255, 92], [12, 62]], np.float32)
    placing = cv2.getPerspectiveTransform(np.array(plate.quad.corners, np.float32), true)
    crop = np.asarray(cv2.warpPerspective(plate.pixels, placing, (268, 100), borderValue=(60, 60, 60)), np.uint8)
    finder = open_corners(DetectSettings(), InferenceSettings(runtime="openvino", threads=1))
    placed = finder.placed(crop, whole_image(crop))
    assert placed is not None
    off = np.linalg.norm(np.array(placed.quad.corners) - true, axis=1)
    assert off.max() < 0.25 * 54
