"""Images become inputs of the network."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.detect.framing import PADDING_GREY, frame_for
from pipeline.errors import BadInput


@pytest.mark.parametrize(
    ("height", "width", "rows", "columns", "scale"),
    [
        (720, 1280, 384, 640, 0.5),
        (480, 640, 480, 640, 1.0),
        (1000, 500, 640, 320, 0.64),
        (100, 200, 224, 416, 2.0),
        (1, 1, 32, 32, 2.0),
    ],
)
def test_the_long_side_fits_and_the_input_is_whole_granules(
    height: int, width: int, rows: int, columns: int, scale: float
) -> None:
    framed = frame_for(np.full((height, width, 3), 7, np.uint8), 640)
    assert framed.pixels.shape == (rows, columns, 3)
    assert framed.scale == scale
    assert framed.pixels[0, 0].tolist() == [7, 7, 7]


def test_what_the_image_does_not_fill_is_grey() -> None:
    framed = frame_for(np.zeros((360, 640, 3), np.uint8), 640)
    assert (framed.pixels[360:] == PADDING_GREY).all()
    assert (framed.pixels[:360] == 0).all()


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(np.zeros((4, 4), np.uint8), id="grey"),
        pytest.param(np.zeros((4, 4, 4), np.uint8), id="with alpha"),
        pytest.param(np.zeros((4, 4, 3), np.float32), id="floats"),
        pytest.param(np.zeros((0, 4, 3), np.uint8), id="empty"),
    ],
)
def test_what_is_no_picture_is_refused(image: np.ndarray) -> None:
    with pytest.raises(BadInput):
        frame_for(image, 640)


def test_a_part_of_a_picture_is_scaled_as_the_whole_is() -> None:
    picture = np.random.default_rng(2).integers(0, 255, (360, 640, 3), np.uint8)
    whole = frame_for(picture, 320)
    part = frame_for(picture[64:256, 128:448], 320, 640)
    assert part.scale == whole.scale
    assert np.array_equal(part.pixels[:96, :160], whole.pixels[32:128, 64:224])
