"""The detector around its network: a network written by hand finds a bright rectangle."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.detect.detector import PlateDetector
from pipeline.errors import BadInput

Floats = NDArray[np.float32]
STRIDE = 8


class BrightCellSession:
    """Takes the brightest cell of each image for the centre of a plate of 64 x 16 input pixels."""

    at_once = 8

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def run(self, batch: Floats) -> list[Floats]:
        self.shapes.append(batch.shape)
        count, height, width, _ = batch.shape
        rows, columns = height // STRIDE, width // STRIDE
        cells = batch.mean(axis=3).reshape(count, rows, STRIDE, columns, STRIDE).mean(axis=(2, 4)) / 255
        half = np.array([-32, -8, 32, -8, 32, 8, -32, 8], np.float32)
        corners = np.tile(half[None, :, None, None], (count, 1, rows, columns))
        return [cells.astype(np.float32), corners, np.zeros_like(cells, np.float32)]


def picture(height: int, width: int, x: int, y: int) -> NDArray[np.uint8]:
    """A black picture with one white cell whose top left corner is at `x`, `y`."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[y : y + STRIDE, x : x + STRIDE] = 255
    return pixels


def detector_of(session: BrightCellSession, *long_sides: int) -> PlateDetector:
    return PlateDetector(session, version="by hand", minimum_confidence=0.9, long_sides=long_sides or (640,))


def test_no_images_give_no_answers_and_ask_nothing_of_the_network() -> None:
    session = BrightCellSession()
    assert detector_of(session).detect([]) == []
    assert session.shapes == []


def test_a_picture_without_a_plate_gives_an_empty_answer() -> None:
    assert detector_of(BrightCellSession()).detect([np.zeros((480, 640, 3), np.uint8)]) == [()]


def test_positions_are_in_pixels_of_the_image_whatever_its_size() -> None:
    pixels = np.zeros((720, 1280, 3), np.uint8)
    pixels[320:336, 640:656] = 255
    ((detection,),) = detector_of(BrightCellSession()).detect([pixels])
    assert detection.box.centre == (648.0, 328.0)
    assert detection.quad.corners == ((584.0, 312.0), (712.0, 312.0), (712.0, 344.0), (584.0, 344.0))


def test_images_of_several_sizes_keep_their_order_and_travel_with_their_like() -> None:
    session = BrightCellSession()
    images = [picture(480, 640, 80, 80), picture(360, 640, 160, 80), picture(480, 640, 240, 80)]
    answers = detector_of(session).detect(images)
    assert [answer[0].box.centre[0] for answer in answers] == [84.0, 164.0, 244.0]
    assert sorted(session.shapes) == [(1, 384, 640, 3), (2, 480, 640, 3)]


def test_only_an_image_without_a_sure_find_is_searched_again_at_the_next_size() -> None:
    session = BrightCellSession()
    small = np.zeros((960, 1280, 3), np.uint8)
    small[400:408, 400:408] = 255
    answers = detector_of(session, 640, 1280).detect([picture(480, 640, 80, 80), small])
    assert [answer[0].box.centre for answer in answers] == [(84.0, 84.0), (404.0, 404.0)]
    assert session.shapes == [(2, 480, 640, 3), (1, 960, 1280, 3)]


def test_what_may_be_a_close_up_is_searched_at_the_close_size_as_well() -> None:
    session = BrightCellSession()
    detector = PlateDetector(session, version="", minimum_confidence=0.9, long_sides=(640,), close_side=320)
    empty = np.zeros((480, 640, 3), np.uint8)
    answers = detector.detect([picture(480, 640, 80, 80), empty])
    assert [len(answer) for answer in answers] == [1, 0]
    assert session.shapes == [(2, 480, 640, 3), (1, 256, 320, 3)]


class SureOfSmallSession(BrightCellSession):
    """As sure as the cell is bright where the input is small, and less sure where it is large."""

    def run(self, batch: Floats) -> list[Floats]:
        scores, corners, lines = super().run(batch)
        return [scores * np.float32(1.0 if batch.shape[2] <= 64 else 0.8), corners, lines]


def test_a_sure_find_that_takes_up_much_of_the_picture_gives_way_to_a_surer_one_at_the_close_size() -> None:
    session = SureOfSmallSession()
    detector = PlateDetector(session, version="", minimum_confidence=0.7, long_sides=(128, 256), close_side=64)
    pixels = np.zeros((480, 640, 3), np.uint8)
    pixels[160:240, 320:400] = 255
    ((found,),) = detector.detect([pixels])
    assert session.shapes == [(1, 96, 128, 3), (1, 64, 64, 3)]
    assert found.confidence == 1.0
    assert found.quad.corners[0] == (40.0, 120.0), "the close size has cells of 80 pixels"


def test_another_plate_beside_a_close_up_stays() -> None:
    detector = PlateDetector(SureOfSmallSession(), version="", minimum_confidence=0.7, long_sides=(128,), close_side=64)
    pixels = np.zeros((480, 640, 3), np.uint8)
    pixels[80:160, 320:400] = 255
    pixels[400:440, 80:120] = 255
    (found,) = detector.detect([pixels])
    assert [(round(one.confidence, 3), one.quad.corners[0]) for one in found] == [
        (1.0, (40.0, 40.0)),
        (0.8, (-60.0, 380.0)),
    ]


def test_the_box_of_a_plate_at_the_edge_stays_in_the_image() -> None:
    ((detection,),) = detector_of(BrightCellSession()).detect([picture(480, 640, 0, 0)])
    assert (detection.box.x, detection.box.y) == (0.0, 0.0)
    assert detection.quad.corners[0] == (-28.0, -4.0)


def test_one_image_that_is_none_spoils_the_call() -> None:
    session = BrightCellSession()
    with pytest.raises(BadInput):
        detector_of(session).detect([picture(480, 640, 80, 80), np.zeros((480, 640), np.uint8)])
    assert session.shapes == []


def test_a_detector_without_a_size_to_search_at_is_refused() -> None:
    with pytest.raises(BadInput):
        PlateDetector(BrightCellSession(), version="", minimum_confidence=0.5, long_sides=())


def test_what_is_found_less_surely_than_is_enough_to_begin_a_plate_is_doubtful() -> None:
    dim = picture(480, 640, 80, 80) // 2
    detector = PlateDetector(BrightCellSession(), version="", minimum_confidence=0.4, long_sides=(640,), sure_from=0.65)
    (unsure,), (sure,) = detector.detect([dim, picture(480, 640, 80, 80)])
    assert unsure.doubtful
    assert unsure.confidence < 0.65
    assert not sure.doubtful
