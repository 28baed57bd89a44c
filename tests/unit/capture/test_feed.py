"""The supervised feed, with sources that do exactly what a test says."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest

from pipeline.capture.backoff import Backoff
from pipeline.capture.buffer import FrameBuffer
from pipeline.capture.feed import Feed, FeedState, open_feed, pace_seconds
from pipeline.capture.settings import CaptureSettings
from pipeline.domain.plate import Frame
from pipeline.domain.read import ClockState
from pipeline.errors import AnprError, BadInput, Unavailable
from tests.support import clips
from tests.support.clock import ManualClock
from tests.support.scripted import CAMERA, FAST, PATIENCE_SECONDS, Held, ScriptedSource, feed_of, frame, take


def test_a_camera_sheds_its_oldest_frames_and_counts_them() -> None:
    held = Held()
    with feed_of(ScriptedSource([*map(frame, range(10)), held], live=True)) as feed:
        assert held.reached.wait(PATIENCE_SECONDS)
        assert feed.buffered == 3
        assert take(feed, 3) == [7, 8, 9]
        assert feed.counters.frames == 10
        assert feed.counters.frames_dropped == 7
        held.release()


def test_once_frames_need_not_wait_any_more_the_decoder_is_renewed_but_not_too_often() -> None:
    clock = ManualClock()
    stalls = [(Held(), Held()) for _ in range(3)]
    steps: list[Frame | AnprError | Held] = [frame(0)]
    for at, (full, empty) in enumerate(stalls):
        steps += [*(frame(number) for number in range(10 * at + 1, 10 * at + 6)), full, frame(10 * at + 6), empty]
    source = ScriptedSource(steps, live=True)
    renewed = []
    with feed_of(source, clock) as feed:
        for at, (full, empty) in enumerate(stalls):
            assert full.reached.wait(PATIENCE_SECONDS)
            renewed.append(source.renewed)
            take(feed, 3)
            clock.advance(11 if at == 2 else 0)
            full.release()
            assert empty.reached.wait(PATIENCE_SECONDS)
            renewed.append(source.renewed)
            take(feed, 1)
            empty.release()
    assert renewed == [0, 1, 1, 1, 1, 2]


def test_a_file_waits_for_the_taker_and_loses_nothing() -> None:
    source = ScriptedSource([frame(number) for number in range(30)], live=False)
    with feed_of(source) as feed:
        for number in range(30):
            assert take(feed, 1) == [number]
            assert source.yielded <= number + 1 + FAST.buffer_frames + 1
        assert feed.take(1, PATIENCE_SECONDS) == []
        assert feed.ended
        assert feed.state is FeedState.ENDED
        assert feed.counters.frames_dropped == 0


def test_a_full_lossless_buffer_holds_its_writer_until_there_is_room() -> None:
    buffer = FrameBuffer(capacity=1, lossless=True)
    buffer.put(frame(0))
    writer = threading.Thread(target=buffer.put, args=(frame(1),))
    writer.start()
    assert [one.sequence for one in buffer.take(5, 0)] == [0]
    writer.join(PATIENCE_SECONDS)
    assert not writer.is_alive()
    assert [one.sequence for one in buffer.take(5, 0)] == [1]
    assert buffer.dropped == 0


def test_no_more_frames_are_taken_than_asked_for() -> None:
    held = Held()
    with feed_of(ScriptedSource([frame(0), frame(1), held], live=True)) as feed:
        assert held.reached.wait(PATIENCE_SECONDS)
        assert [len(feed.take(1, 0)), len(feed.take(5, 0)), len(feed.take(5, 0))] == [1, 1, 0]
        held.release()


def test_a_lost_camera_is_opened_again_and_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    held = Held()
    source = ScriptedSource(
        [frame(0), Unavailable("gone")], [Unavailable("still gone")], [frame(1)], [frame(2), held], live=True
    )
    with feed_of(source) as feed:
        assert take(feed, 3) == [0, 1, 2]
        assert held.reached.wait(PATIENCE_SECONDS)
        assert feed.counters.reconnects == 3
        assert feed.state is FeedState.RUNNING
        assert source.closed == 3
        held.release()
    assert "still gone" in caplog.text


def test_a_silent_camera_is_stalled_counted_once_and_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    held, again = Held(), Held()
    clock = ManualClock()
    with feed_of(ScriptedSource([frame(0), held, frame(1), again], live=True), clock) as feed:
        assert take(feed, 1) == [0]
        assert held.reached.wait(PATIENCE_SECONDS)
        assert feed.state is FeedState.RUNNING
        clock.advance(FAST.stall_after_seconds + 1)
        assert feed.take(1, 0) == []
        assert feed.state is FeedState.STALLED
        assert feed.counters.stalls == 1
        assert [record.levelno for record in caplog.records] == [logging.WARNING]
        held.release()
        assert take(feed, 1) == [1]
        assert feed.state is FeedState.RUNNING
        assert again.reached.wait(PATIENCE_SECONDS)
        clock.advance(FAST.stall_after_seconds + 1)
        assert feed.counters.stalls == 2
        again.release()


def test_a_camera_that_never_answers_is_stalled_too() -> None:
    held = Held()
    clock = ManualClock()
    with feed_of(ScriptedSource([held], live=True), clock) as feed:
        assert feed.state is FeedState.CONNECTING
        clock.advance(FAST.stall_after_seconds + 1)
        assert feed.state is FeedState.STALLED
        held.release()


def test_a_waiting_camera_is_reconnecting() -> None:
    settings = CaptureSettings(reconnect_first_seconds=600, reconnect_limit_seconds=600)
    with feed_of(ScriptedSource([frame(0), Unavailable("gone")], live=True), settings=settings) as feed:
        assert take(feed, 1) == [0]
        seen = {feed.state}
        for _ in range(200):
            if FeedState.RECONNECTING in seen:
                break
            feed.take(1, 0.05)
            seen.add(feed.state)
        assert FeedState.RECONNECTING in seen


@pytest.mark.parametrize("live", [True, False])
def test_what_no_retry_mends_is_raised_after_the_frames_before_it(live: bool) -> None:
    with feed_of(ScriptedSource([frame(0), frame(1), BadInput("broken")], live=live)) as feed:
        assert take(feed, 2) == [0, 1]
        for _ in range(2):
            with pytest.raises(BadInput, match="broken"):
                feed.take(1, PATIENCE_SECONDS)
        assert feed.state is FeedState.FAILED
        assert not feed.ended


def test_a_file_that_cannot_be_read_now_is_raised_not_retried() -> None:
    with (
        feed_of(ScriptedSource([Unavailable("disk")], live=False)) as feed,
        pytest.raises(Unavailable, match="disk"),
    ):
        feed.take(1, PATIENCE_SECONDS)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_capture_thread_that_dies_unforeseen_is_no_empty_road() -> None:
    with feed_of(ScriptedSource(live=True)) as feed, pytest.raises(Unavailable, match="thread died"):
        feed.take(1, PATIENCE_SECONDS)


def test_closing_a_feed_closes_its_video_and_ends_its_thread() -> None:
    before = set(threading.enumerate())
    source = ScriptedSource([frame(number) for number in range(100)], live=False)
    feed = feed_of(source)
    assert take(feed, 1) == [0]
    feed.close()
    assert not set(threading.enumerate()) - before
    assert source.closed == 1
    assert feed.ended
    assert feed.take(1, PATIENCE_SECONDS) == []


def test_a_feed_can_be_closed_while_it_waits_to_reconnect() -> None:
    settings = CaptureSettings(reconnect_first_seconds=600, reconnect_limit_seconds=600)
    feed = feed_of(ScriptedSource([Unavailable("gone")], live=True), settings=settings)
    feed.close()
    assert feed.ended


def test_pauses_double_up_to_the_limit_and_start_over_after_a_frame() -> None:
    backoff = Backoff(first_seconds=1, limit_seconds=5, chance=lambda: 1.0)
    assert [backoff.next_seconds() for _ in range(5)] == [1, 2, 4, 5, 5]
    backoff.succeeded()
    assert backoff.next_seconds() == 1


def test_jitter_shortens_a_pause_by_half_at_most() -> None:
    chances = iter([0.0, 0.5])
    backoff = Backoff(first_seconds=4, limit_seconds=4, chance=lambda: next(chances))
    assert [backoff.next_seconds(), backoff.next_seconds()] == [2, 3]


def test_a_paced_frame_waits_for_its_time_and_a_late_one_does_not() -> None:
    first, later = frame(0), frame(25)
    assert pace_seconds(first, 100.0, later, 100.4) == pytest.approx(0.6)
    assert pace_seconds(first, 100.0, later, 103.0) == 0


def test_a_file_paced_as_a_camera_sheds_like_one() -> None:
    held = Held()
    source = ScriptedSource([*(frame(number, gap_seconds=0.001) for number in range(10)), held], live=False)
    with Feed(source, camera_id=CAMERA, clock=ManualClock(), settings=FAST, realtime=True) as feed:
        assert held.reached.wait(PATIENCE_SECONDS)
        held.release()
        assert take(feed, 3) == [7, 8, 9]
        assert feed.counters.frames_dropped == 7
        assert feed.take(1, PATIENCE_SECONDS) == []
        assert feed.ended


def test_every_frame_of_a_real_clip_arrives_in_order(tmp_path: Path) -> None:
    path = clips.write_clip(tmp_path / "a.mp4", clips.counted(40))
    settings = CaptureSettings(buffer_frames=2)
    with open_feed(str(path), camera_id=CAMERA, clock=ManualClock(), settings=settings) as feed:
        assert take(feed, 40) == list(range(40))
        assert feed.take(1, PATIENCE_SECONDS) == []
        assert feed.ended
        assert feed.clock_state is ClockState.FILE


def test_a_missing_clip_is_an_error_not_an_empty_road(tmp_path: Path) -> None:
    with (
        open_feed(str(tmp_path / "none.mp4"), camera_id=CAMERA, clock=ManualClock(), settings=FAST) as feed,
        pytest.raises(BadInput),
    ):
        feed.take(1, PATIENCE_SECONDS)


@pytest.mark.parametrize("fault", [{"buffer_frames": 0}, {"stall_after_seconds": 0}, {"reconnect_limit_seconds": 0.1}])
def test_settings_that_cannot_work_are_refused(fault: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(fault))):
        CaptureSettings(**fault)  # type: ignore[arg-type]
