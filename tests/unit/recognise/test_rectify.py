"""A plate is laid flat whatever its size, slant and number of lines."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from pipeline.domain.plate import Box, Detection, Pixels, Quad
from pipeline.errors import BadInput
from pipeline.recognise.rectify import HEIGHT, WIDTH, flattened, patches_of, readings_of
from training.plates import draw_british_plate


def seen(plate: Pixels, corners: list[tuple[float, float]], size: tuple[int, int]) -> tuple[Pixels, Quad]:
    """The plate with its corners at `corners` of a grey picture."""
    high, wide = plate.shape[:2]
    edges = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    transform = cv2.getPerspectiveTransform(edges, np.asarray(corners, np.float32))
    picture = np.full((size[1], size[0], 3), 128, np.uint8)
    cv2.warpPerspective(plate, transform, size, picture, borderMode=cv2.BORDER_TRANSPARENT)
    a, b, c, d = corners
    return picture, Quad(corners=(a, b, c, d))


def upright(x: float, y: float, width: float, height: float) -> Quad:
    return Quad(corners=((x, y), (x + width, y), (x + width, y + height), (x, y + height)))


def found(quad: Quad) -> Detection:
    return Detection(box=Box(x=0, y=0, width=1, height=1), quad=quad, confidence=1.0)


def test_a_slanting_plate_is_laid_flat() -> None:
    plate = draw_british_plate("AB12CDE").pixels
    straight = flattened(plate, upright(0, 0, 520, 111), two_line=False)
    picture, quad = seen(plate, [(60, 40), (430, 120), (425, 210), (55, 135)], (500, 260))
    # The margin shows the picture around the plate, so only the plate itself is compared.
    inside = np.s_[5:-5, 8:-8]
    assert float(np.mean(cv2.absdiff(flattened(picture, quad, two_line=False)[inside], straight[inside]))) < 12


def test_the_lines_of_a_plate_of_two_lines_stand_side_by_side() -> None:
    plate = draw_british_plate("AB12CDE", two_line=True).pixels
    patch = flattened(plate, upright(0, 0, 285, 203), two_line=True)
    assert patch.shape == (HEIGHT, WIDTH, 3)
    dark = patch.min(axis=2) < 90
    assert dark[10:38, :96].sum() > 300
    assert dark[10:38, 96:].sum() > 300


def test_a_large_plate_is_averaged_and_not_sampled() -> None:
    stripes = np.zeros((480, 1920, 3), np.uint8)
    stripes[:, ::2] = 255
    patch = flattened(stripes, upright(0, 0, 1920, 480), two_line=False)[:, 6:-6]
    assert patch.min() > 100
    assert patch.max() < 156


def test_the_shape_tells_how_a_plate_is_read() -> None:
    assert readings_of(found(upright(0, 0, 470, 100))) == (False,)
    assert readings_of(found(upright(0, 0, 100, 100))) == (True,)
    assert readings_of(found(upright(0, 0, 200, 100))) == (False, True)
    assert readings_of(found(upright(0, 0, 140, 100))) == (True, False)


def test_where_the_shape_is_unclear_the_detector_tells_what_is_tried_first() -> None:
    unclear = found(upright(0, 0, 200, 100))
    assert readings_of(replace(unclear, two_line=True)) == (True, False)


def test_a_quad_out_of_the_picture_is_filled_with_its_edge() -> None:
    white = np.full((50, 100, 3), 255, np.uint8)
    assert flattened(white, upright(-40, -10, 190, 40), two_line=False).min() == 255


def test_a_quad_without_area_is_refused() -> None:
    with pytest.raises(BadInput):
        flattened(np.zeros((9, 9, 3), np.uint8), upright(1, 1, 0, 0), two_line=False)


def test_no_plates_make_an_empty_batch() -> None:
    assert patches_of([]).shape == (0, HEIGHT, WIDTH, 3)
