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


def test_a_taker_that_wants_the_newest_loses_the_others_unless_nothing_may_be_lost() -> None:
    shedding, lossless = (FrameBuffer(capacity=8, lossless=lossless) for lossless in (False, True))
    for buffer in (shedding, lossless):
        for one in (frame(0), bare(1), frame(2), frame(3), bare(4), frame(5)):
            buffer.put(one)
    assert [one.sequence for one in shedding.take(1, 0, newest=2)] == [1, 3, 4]
    assert (shedding.dropped, len(shedding)) == (2, 1)
    assert [one.sequence for one in lossless.take(1, 0, newest=2)] == [0, 1]
    assert (lossless.dropped, len(lossless)) == (0, 3)


def test_no_more_is_lost_than_waits_beyond_the_newest() -> None:
    buffer = FrameBuffer(capacity=8, lossless=False)
    for one in (frame(0), frame(1)):
        buffer.put(one)
    assert len(buffer.take(8, 0, newest=2)) == 2
    assert buffer.dropped == 0
