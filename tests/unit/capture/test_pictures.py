"""The pictures of a capture record: the right part, small enough."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.capture.pictures import encode_jpeg, overview_of, patch_of, shrunk
from pipeline.domain.plate import Box, Pixels
from pipeline.errors import BadInput


def noise(height: int, width: int) -> Pixels:
    return np.random.default_rng(5).integers(0, 255, (height, width, 3), dtype=np.uint8)


def road_with_plate(box: Box) -> Pixels:
    pixels = np.zeros((720, 1280, 3), dtype=np.uint8)
    pixels[int(box.y) : int(box.y + box.height), int(box.x) : int(box.x + box.width)] = 255
    return pixels


def test_a_patch_holds_the_whole_plate_and_a_thin_border() -> None:
    box = Box(x=500, y=400, width=120, height=30)
    patch = patch_of(road_with_plate(box), box)
    assert 30 < patch.shape[0] <= 42
    assert 120 < patch.shape[1] <= 132
    assert (patch == 255).all(axis=2).sum() == 120 * 30


def test_an_overview_holds_the_vehicle_above_and_around_the_plate() -> None:
    box = Box(x=500, y=400, width=100, height=25)
    overview = overview_of(road_with_plate(box), box)
    assert overview.shape == (375, 500, 3)
    rows, columns = np.nonzero(overview[:, :, 0])
    assert columns.mean() == pytest.approx(249.5)
    assert rows.mean() > 375 * 0.6


def test_a_large_overview_is_scaled_to_640_pixels() -> None:
    overview = overview_of(noise(1080, 1920), Box(x=900, y=700, width=260, height=60))
    assert max(shrunk(overview).shape) == 640


@pytest.mark.parametrize(
    "box",
    [
        Box(x=-20, y=-5, width=60, height=20),
        Box(x=1250, y=700, width=60, height=40),
        Box(x=0, y=0, width=1280, height=720),
        Box(x=10.4, y=10.4, width=0.3, height=0.3),
    ],
)
def test_pictures_are_clipped_to_the_frame_and_never_empty(box: Box) -> None:
    pixels = noise(720, 1280)
    for picture in (patch_of(pixels, box), overview_of(pixels, box)):
        assert min(picture.shape) >= 1


def test_a_box_outside_the_frame_is_bad_input() -> None:
    with pytest.raises(BadInput):
        patch_of(noise(720, 1280), Box(x=2000, y=10, width=50, height=20))


def test_a_small_overview_is_stored_as_it_is() -> None:
    overview = overview_of(noise(720, 1280), Box(x=500, y=400, width=60, height=15))
    assert shrunk(overview) is overview


@pytest.mark.parametrize("limit_bytes", [1_000, 8_000, 25_000])
@pytest.mark.parametrize("shape", [(30, 120), (480, 640), (640, 480), (720, 1280), (9, 640)])
def test_a_jpeg_keeps_its_limit_even_for_noise(shape: tuple[int, int], limit_bytes: int) -> None:
    encoded = encode_jpeg(noise(*shape), limit_bytes)
    assert len(encoded) <= limit_bytes
    decoded = cv2.imdecode(np.frombuffer(encoded, dtype=np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    assert min(decoded.shape[:2]) >= 1


def test_a_picture_that_fits_keeps_its_size_and_colours() -> None:
    picture = np.full((60, 240, 3), (20, 200, 240), dtype=np.uint8)
    decoded = cv2.imdecode(np.frombuffer(encode_jpeg(picture, 8_000), dtype=np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    assert np.abs(decoded.astype(int) - picture).max() <= 4


def test_encoding_twice_gives_the_same_bytes() -> None:
    picture = noise(100, 200)
    assert encode_jpeg(picture, 8_000) == encode_jpeg(picture.copy(), 8_000)


def test_an_empty_picture_and_an_impossible_limit_are_bad_input() -> None:
    with pytest.raises(BadInput):
        encode_jpeg(np.zeros((0, 10, 3), dtype=np.uint8), 8_000)
    with pytest.raises(BadInput):
        encode_jpeg(noise(100, 100), 100)
