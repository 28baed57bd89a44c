"""Capture times: true, rising, and never silently corrected."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.capture.settings import CaptureSettings
from pipeline.capture.timestamps import FileTimes, StreamTimes
from pipeline.domain.read import ClockState
from tests.support.clock import ManualClock

BASE = datetime(2025, 6, 1, 8, tzinfo=UTC)


def streamed(clock: ManualClock) -> StreamTimes:
    return StreamTimes(clock, CaptureSettings(clock_jump_seconds=2.0, clock_lag_seconds=5.0))


def of_file(start: float | None = 0.0) -> FileTimes:
    return FileTimes(BASE, start=start, frame_seconds=0.04, jump_seconds=2.0)


def seconds(times: FileTimes, *positions: float | None) -> list[float]:
    return [round((times.stamp(position) - BASE).total_seconds(), 6) for position in positions]


def test_a_streams_own_timestamps_count_from_the_first_frame() -> None:
    clock = ManualClock()
    times = streamed(clock)
    first = times.stamp(1000.0)
    clock.advance(0.3)
    assert times.stamp(1000.04) - first == timedelta(seconds=0.04)
    assert times.state is ClockState.STREAM
    assert times.jumps == 0


def test_a_burst_of_old_frames_at_the_start_is_never_stamped_in_the_future() -> None:
    clock = ManualClock()
    times = streamed(clock)
    burst = [times.stamp(number * 0.04) for number in range(50)]
    assert max(burst) <= clock.now() + timedelta(milliseconds=1)
    assert burst == sorted(set(burst))


@pytest.mark.parametrize("position", [0.0, 3.0, 9_000.0, 1e12])
def test_a_jump_of_the_timestamps_is_counted_and_anchored_anew(position: float) -> None:
    clock = ManualClock()
    times = streamed(clock)
    times.stamp(5.0)
    clock.advance(0.04)
    assert times.stamp(position) == clock.now()
    assert times.jumps == 1
    clock.advance(0.5)
    assert times.stamp(position + 0.25) == clock.now() - timedelta(seconds=0.25)
    assert times.jumps == 1


def test_a_pause_as_long_as_the_timestamps_say_is_no_jump() -> None:
    clock = ManualClock()
    times = streamed(clock)
    times.stamp(0.0)
    clock.advance(60)
    assert times.stamp(60.0) == clock.now()
    assert times.jumps == 0


def test_a_camera_whose_clock_is_slow_is_brought_back_within_the_limit() -> None:
    clock = ManualClock()
    times = streamed(clock)
    for number in range(200):
        captured = times.stamp(number * 0.9)
        assert timedelta(0) <= clock.now() - captured <= timedelta(seconds=5)
        clock.advance(1.0)
    assert times.jumps > 0


def test_a_new_connection_is_not_a_jump_and_does_not_go_back() -> None:
    clock = ManualClock()
    times = streamed(clock)
    before = times.stamp(500.0)
    times.reconnected()
    assert times.stamp(0.0) > before
    assert times.jumps == 0


def test_without_timestamps_the_receipt_counts_and_says_so() -> None:
    clock = ManualClock()
    times = streamed(clock)
    assert times.stamp(None) == clock.now()
    assert times.state is ClockState.RECEIPT


def test_a_small_step_back_of_this_machines_clock_does_not_turn_the_order() -> None:
    clock = ManualClock()
    times = streamed(clock)
    before = times.stamp(None)
    clock.set_back(1.0)
    assert times.stamp(None) > before
    assert times.jumps == 0


def test_a_large_step_back_of_this_machines_clock_is_followed_and_counted() -> None:
    clock = ManualClock()
    times = streamed(clock)
    times.stamp(0.0)
    clock.set_back(3600)
    assert times.stamp(0.04) == clock.now()
    assert times.jumps == 1


def test_a_file_counts_from_its_base() -> None:
    times = of_file(start=1.4)
    assert seconds(times, 1.4, 1.44, 1.48) == [0.0, 0.04, 0.08]
    assert times.state is ClockState.FILE


def test_frames_of_a_file_without_timestamps_follow_at_the_frame_rate() -> None:
    assert seconds(of_file(start=None), None, None, None) == [0.0, 0.04, 0.08]


def test_timestamps_of_a_file_that_start_over_go_on_and_are_counted() -> None:
    times = of_file()
    assert seconds(times, 10.0, 10.04, 0.0, 0.04) == [10.0, 10.04, 10.08, 10.12]
    assert times.jumps == 1


def test_a_gap_in_a_file_is_followed_and_counted() -> None:
    times = of_file()
    assert seconds(times, 0.0, 60.0) == [0.0, 60.0]
    assert times.jumps == 1


def test_an_absurd_timestamp_in_a_damaged_file_is_not_followed() -> None:
    times = of_file()
    assert seconds(times, 0.0, 1e15, 1e15 + 1) == [0.0, 0.04, 1.04]
    assert times.jumps == 1
