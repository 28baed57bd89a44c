"""The buffer between decoder and taker: frames without pixels tell the time and take no room."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import numpy as np

from pipeline.capture.buffer import FrameBuffer
from pipeline.domain.plate import CameraId, Frame, HeldBack
from tests.support.clock import ManualClock

PATIENCE_SECONDS = 20.0


def frame(sequence: int) -> Frame:
    at = ManualClock().now() + timedelta(seconds=sequence * 0.04)
    return Frame(camera_id=CameraId("gate-1"), sequence=sequence, captured_at=at, pixels=np.zeros((2, 2, 3), np.uint8))


def bare(sequence: int) -> Frame:
    return replace(frame(sequence), pixels=None, held_back=HeldBack.QUIET)


def test_frames_without_pixels_take_no_room_and_leave_in_order_with_the_others() -> None:
    buffer = FrameBuffer(capacity=2, lossless=False)
    for one in (bare(0), frame(1), bare(2), bare(3), frame(4), bare(5)):
        assert buffer.put(one)
    assert (buffer.dropped, len(buffer)) == (0, 2)
    assert [one.sequence for one in buffer.take(1, 0)] == [0, 1, 2, 3]
    assert [one.sequence for one in buffer.take(1, 0)] == [4, 5]


def test_shedding_loses_the_oldest_frame_with_pixels_and_not_what_tells_the_time() -> None:
    buffer = FrameBuffer(capacity=1, lossless=False)
    for one in (bare(0), frame(1), bare(2), frame(3)):
        buffer.put(one)
    assert [one.sequence for one in buffer.take(5, 0)] == [0, 2, 3]
    assert buffer.dropped == 1


def test_of_frames_without_pixels_the_newest_thousand_are_kept() -> None:
    buffer = FrameBuffer(capacity=1, lossless=False)
    for number in range(1100):
        buffer.put(bare(number))
    assert [one.sequence for one in buffer.take(1, 0)] == list(range(100, 1100))


def test_a_frame_that_comes_late_waits_for_room() -> None:
    buffer = FrameBuffer(capacity=1, lossless=False)
    buffer.put(frame(0))
    writer = threading.Thread(target=buffer.put, args=(frame(1), PATIENCE_SECONDS))
    writer.start()
    assert [one.sequence for one in buffer.take(1, 0)] == [0]
    writer.join(PATIENCE_SECONDS)
    assert [one.sequence for one in buffer.take(1, 0)] == [1]
    assert buffer.dropped == 0


def test_a_taker_that_is_too_late_keeps_the_newest_as_long_as_frames_are_lost() -> None:
    buffer = FrameBuffer(capacity=4, lossless=False)
    for one in (frame(0), bare(1), frame(2), frame(3), bare(4), frame(5), frame(6)):
        buffer.put(one)
    # the first was lost for want of room, two more because they are not the newest
    assert [one.sequence for one in buffer.take(1, 0, newest=2)] == [1, 4, 5]
    assert (buffer.dropped, len(buffer)) == (3, 1)
    for one in (frame(7), frame(8)):
        buffer.put(one)
    assert [one.sequence for one in buffer.take(1, 0, newest=2)] == [7]
    assert (buffer.dropped, len(buffer)) == (4, 1)
    # the last call lost one, this one nothing, and so the next one nothing either
    assert [one.sequence for one in buffer.take(1, 0, newest=2)] == [8]
    for one in (frame(9), frame(10), frame(11)):
        buffer.put(one)
    assert [one.sequence for one in buffer.take(1, 0, newest=2)] == [9]
    assert (buffer.dropped, len(buffer)) == (4, 2)


def test_a_burst_that_waits_for_room_is_not_lost_to_a_taker_that_wants_the_newest() -> None:
    buffer = FrameBuffer(capacity=2, lossless=False)
    taken: list[int] = []

    def put() -> None:
        for number in range(6):
            buffer.put(frame(number), PATIENCE_SECONDS)
        buffer.close()

    putting = threading.Thread(target=put)
    putting.start()
    while not buffer.drained:
        taken += [one.sequence for one in buffer.take(1, PATIENCE_SECONDS, newest=1)]
    putting.join()
    assert (taken, buffer.dropped) == (list(range(6)), 0)


def test_nothing_is_lost_where_nothing_may_be() -> None:
    buffer = FrameBuffer(capacity=8, lossless=True)
    for number in range(4):
        buffer.put(frame(number))
    assert [one.sequence for one in buffer.take(8, 0, newest=1)] == [0, 1, 2, 3]
    assert buffer.dropped == 0
