"""What is asked of a decoded picture is what converting the whole of it gives."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor

import av
import cv2
import numpy as np
import pytest
from av.video.reformatter import ColorRange
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.capture.planes import PlanarPicture, picture_of
from pipeline.domain.plate import Pixels

BT601, BT709, UNSAID = 5, 1, 2
LAYOUTS = ["yuv420p", "yuvj420p", "yuv422p", "yuvj422p"]


def drawn(width: int, height: int) -> Pixels:
    """A picture with edges, slopes and colours: ellipses over a slope."""
    chance = np.random.default_rng(4)
    pixels = np.linspace(20, 200, width * height * 3).reshape(height, width, 3).astype(np.uint8)
    for _ in range(60):
        centre = (int(chance.integers(width)), int(chance.integers(height)))
        axes = (int(chance.integers(2, 3 + width // 8)), int(chance.integers(2, 3 + height // 8)))
        cv2.ellipse(pixels, centre, axes, 30, 0, 360, chance.integers(0, 255, 3).tolist(), cv2.FILLED, cv2.LINE_AA)
    return pixels


def decoded(
    layout: str, *, colours: int = UNSAID, full_range: bool = False, size: tuple[int, int] = (480, 270)
) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(drawn(*size), format="bgr24").reformat(format=layout)
    frame.colorspace = colours
    frame.color_range = ColorRange.JPEG if full_range or layout.startswith("yuvj") else ColorRange.MPEG
    return frame


def whole_of(frame: av.VideoFrame) -> Pixels:
    return np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)


def planar(frame: av.VideoFrame) -> PlanarPicture:
    picture = picture_of(frame, 0)
    assert isinstance(picture, PlanarPicture)
    return picture


@pytest.mark.parametrize("size", [(480, 270), (1366, 768), (98, 50), (16, 2), (1920, 1088)])
@pytest.mark.parametrize(("colours", "full_range"), [(UNSAID, False), (BT601, True), (BT709, False)])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_all_of_it_is_what_ffmpeg_makes_of_it(
    layout: str, colours: int, full_range: bool, size: tuple[int, int]
) -> None:
    frame = decoded(layout, colours=colours, full_range=full_range, size=size)
    assert np.array_equal(np.asarray(planar(frame)), whole_of(frame))


PLACE = st.integers(-20, 600)


@given(rows=st.tuples(PLACE, PLACE), columns=st.tuples(PLACE, PLACE), layout=st.sampled_from(LAYOUTS))
@settings(max_examples=150, deadline=None)
def test_a_part_is_cut_out_as_from_an_array(rows: tuple[int, int], columns: tuple[int, int], layout: str) -> None:
    frame = decoded(layout, colours=BT709)
    where = slice(*rows), slice(*columns)
    part, expected = planar(frame)[where], whole_of(frame)[where]
    assert part.shape == expected.shape
    assert np.array_equal(np.asarray(part), expected)
    inside = slice(3, 40), slice(5, 77)
    assert np.array_equal(np.asarray(part[inside]), expected[inside])


@pytest.mark.parametrize(("colours", "full_range"), [(UNSAID, False), (BT601, True), (BT709, False)])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_reduced_it_is_what_averaging_the_pixels_gives(layout: str, colours: int, full_range: bool) -> None:
    frame = decoded(layout, colours=colours, full_range=full_range, size=(960, 540))
    for where in ((slice(None), slice(None)), (slice(60, 438), slice(128, 608)), (slice(2, 300), slice(6, 806))):
        part = planar(frame)[where]
        rows, columns = round(part.shape[0] / 1.5), round(part.shape[1] / 1.5)
        averaged = cv2.resize(np.asarray(part), (columns, rows), interpolation=cv2.INTER_AREA).astype(int)
        apart = np.abs(part.reduced(rows, columns) - averaged)
        # of a part whose columns become an odd number FFmpeg rounds to the nearest level, of all others down
        assert apart.mean() < 2.0
        # a plate is told by its brightness, of which nothing is lost
        brightness = np.abs((part.reduced(rows, columns) - averaged) @ (0.114, 0.587, 0.299))
        assert brightness.mean() < 1.5
        assert np.quantile(brightness, 0.999) < 12


def test_a_part_in_odd_places_is_reduced_with_what_lies_around_it() -> None:
    picture = planar(decoded("yuv420p"))
    odd, even = picture[11:101, 21:201], picture[10:102, 20:202]
    assert np.array_equal(odd.reduced(30, 60), even.reduced(30, 60))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_it_travels_as_the_part_that_it_is(layout: str) -> None:
    frame = decoded(layout, colours=BT709, full_range=True)
    part = planar(frame)[101:150, 67:203]
    sent = pickle.dumps(part, protocol=5)
    assert len(sent) < 0.1 * len(pickle.dumps(whole_of(frame), protocol=5))
    assert np.array_equal(np.asarray(pickle.loads(sent)), np.asarray(part))


def test_what_was_sent_may_lie_in_memory_that_must_not_be_written() -> None:
    part = planar(decoded("yuv420p"))[20:120, 40:300]
    buffers: list[pickle.PickleBuffer] = []
    sent = pickle.dumps(part, protocol=5, buffer_callback=buffers.append)
    arrived = pickle.loads(sent, buffers=[bytes(buffer) for buffer in buffers])
    assert np.array_equal(np.asarray(arrived), np.asarray(part))
    assert np.array_equal(arrived.reduced(50, 130), part.reduced(50, 130))


def test_several_threads_may_ask_at_once() -> None:
    frame = decoded("yuv420p", colours=BT709)
    picture, expected = planar(frame), whole_of(frame)
    with ThreadPoolExecutor(4) as pool:
        some = list(pool.map(lambda at: np.asarray(picture[at : at + 90, 2 * at : 2 * at + 160]), range(150)))
    assert all(np.array_equal(one, expected[at : at + 90, 2 * at : 2 * at + 160]) for at, one in enumerate(some))


def test_pixels_outlive_the_picture() -> None:
    frame = decoded("yuv420p")
    expected, part = whole_of(frame)[20:60, 40:90], picture_of(frame, 0)[20:60, 40:90]
    del frame
    assert np.array_equal(np.asarray(part), expected)


@pytest.mark.parametrize("layout", ["yuv420p10le", "yuv444p", "nv12", "gray", "rgb24", "bgra", "yuyv422", "pal8"])
def test_what_cameras_seldom_send_is_converted_as_it_comes(layout: str) -> None:
    if layout == "pal8":
        frame = av.VideoFrame(64, 48, "pal8")
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
    else:
        frame = decoded(layout)
    picture = picture_of(frame, 0)
    assert isinstance(picture, np.ndarray)
    assert np.array_equal(picture, whole_of(frame))


@pytest.mark.parametrize("size", [(65, 48), (64, 47), (31, 33)])
def test_a_picture_of_odd_sides_is_converted_as_it_comes(size: tuple[int, int]) -> None:
    frame = decoded("yuv420p", size=size)
    picture = picture_of(frame, 0)
    assert isinstance(picture, np.ndarray)
    assert np.array_equal(picture, whole_of(frame))


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_picture_that_is_turned_is_turned_upright(quarters: int) -> None:
    frame = decoded("yuv420p")
    assert np.array_equal(np.asarray(picture_of(frame, quarters)), np.rot90(whole_of(frame), quarters))
