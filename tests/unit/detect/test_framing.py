"""Images become inputs of the network."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pytest

from pipeline.detect.framing import PADDING_GREY, batch_of, frame_for
from pipeline.domain.plate import Pixels
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
    batch = batch_of([framed])
    assert framed.shape == (rows, columns)
    assert batch.shape == (1, rows, columns, 3)
    assert framed.scale == scale
    assert batch[0, 0, 0].tolist() == [7, 7, 7]


def test_what_the_image_does_not_fill_is_grey() -> None:
    flat, narrow = (frame_for(np.zeros(size, np.uint8), 640, 640) for size in ((360, 640, 3), (384, 630, 3)))
    batch = batch_of([flat, narrow])
    assert batch.dtype == np.uint8
    assert (batch[0, 360:] == PADDING_GREY).all()
    assert (batch[0, :360] == 0).all()
    assert (batch[1, :, 630:] == PADDING_GREY).all()
    assert (batch[1, :, :630] == 0).all()


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


class Reducible:
    """A picture that is not made of pixels yet."""

    shape = (270, 480, 3)

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []

    def __getitem__(self, where: tuple[slice, slice], /) -> Self:
        raise AssertionError("nothing is cut out")

    def __array__(self, dtype: Any = None, /, *, copy: bool | None = None) -> Pixels:
        self.asked.append(self.shape[:2])
        return np.full(self.shape, 9, np.uint8)

    def reduced(self, rows: int, columns: int) -> Pixels:
        self.asked.append((rows, columns))
        return np.full((rows, columns, 3), 7, np.uint8)


def test_pixels_are_made_at_the_size_of_the_search_alone_where_it_is_smaller() -> None:
    picture = Reducible()
    framed = [frame_for(picture, long_side) for long_side in (240, 480, 720)]
    assert picture.asked == [(135, 240), (270, 480), (270, 480)]
    assert [one.pixels.shape for one in framed] == [(135, 240, 3), (270, 480, 3), (405, 720, 3)]
