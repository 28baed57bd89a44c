"""The window on a rough find, and the way back into the picture."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.detect.framing import PADDING_GREY
from pipeline.detect.windows import HEIGHT, WIDTH, scale_for, window_on

Floats = NDArray[np.float32]


def marked(x: int, y: int, size: int) -> NDArray[np.uint8]:
    """A black picture of 1280 x 720 with a white square around x, y."""
    pixels = np.zeros((720, 1280, 3), np.uint8)
    pixels[y - size : y + size, x - size : x + size] = 255
    return pixels


@pytest.mark.parametrize(
    ("size", "box"), [(3, (600, 300, 640, 310)), (6, (500, 280, 700, 325)), (40, (100, 90, 1200, 400))]
)
def test_a_place_in_the_window_is_that_place_in_the_picture(size: int, box: tuple[float, ...]) -> None:
    window = window_on(marked(620, 304, size), np.array(box, np.float32))
    rows, columns = np.nonzero(window.pixels[..., 0] > 127)
    middle = np.array([[columns.mean(), rows.mean()]], np.float32)
    # The square's middle lies between pixels 619 and 620, and a window pixel may stand for several.
    assert np.abs(window.positions(middle) - (619.5, 303.5)).max() < max(0.5, 0.5 / window.scale)


def test_the_box_is_in_the_middle_with_room_around_it() -> None:
    box = np.array([400, 300, 520, 326], np.float32)
    window = window_on(marked(10, 10, 2), box)
    corners = (np.array([[400, 300], [520, 326]]) - window.origin) * window.scale
    assert np.allclose(corners.mean(axis=0), (WIDTH / 2, HEIGHT / 2), atol=1e-3)
    assert corners.min() > 0
    assert (corners < (WIDTH, HEIGHT)).all()


def test_a_window_over_the_edge_is_grey_there_and_one_outside_is_all_grey() -> None:
    picture = np.full((100, 100, 3), 255, np.uint8)
    over = window_on(picture, np.array([-20, 40, 20, 50], np.float32)).pixels
    assert (over[:, :4] == PADDING_GREY).all()
    assert (over[HEIGHT // 2, -8:] == 255).all()
    assert (window_on(picture, np.array([500, 500, 540, 510], np.float32)).pixels == PADDING_GREY).all()


def test_a_level_box_of_a_plate_that_slants_by_25_degrees_still_shows_the_plate() -> None:
    width, height = 520.0, 111.0
    rise = width * np.tan(np.radians(25))
    scale = scale_for(width, height)
    assert (rise + height) * scale <= HEIGHT


def test_tiny_boxes_are_not_enlarged_without_limit() -> None:
    assert scale_for(1.0, 1.0) == scale_for(2.0, 1.0) == 4.0
