"""A real RTSP camera: served, hung, switched off and on again."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.capture.address import parse_address
from pipeline.capture.feed import Feed, FeedState, open_feed
from pipeline.capture.settings import CaptureSettings
from pipeline.capture.source import VideoSource
from pipeline.clock import SystemClock
from pipeline.domain.plate import CameraId, Frame
from pipeline.domain.read import ClockState
from pipeline.errors import Unavailable
from tests.support import clips
from tests.support.rtsp_server import RtspServer, missing_rtsp_server

CAMERA = CameraId("gate-1")
QUICK = CaptureSettings(
    open_timeout_seconds=10.0, stall_after_seconds=3.0, reconnect_first_seconds=0.05, reconnect_limit_seconds=0.2
)
ATTEMPTS = 300


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pictures = (clips.grey(16 + 4 * (number % 50), width=160, height=96) for number in range(1500))
    return clips.write_clip(tmp_path_factory.mktemp("rtsp") / "a.mp4", pictures, keyframe_every=5)


@pytest.fixture
def camera(clip: Path) -> Iterator[RtspServer]:
    reason = missing_rtsp_server()
    if reason:
        pytest.skip(reason)
    with RtspServer(clip) as server:
        yield server


def feed_of(url: str, settings: CaptureSettings = QUICK) -> Feed:
    return open_feed(url, camera_id=CAMERA, clock=SystemClock(), settings=settings)


def take(feed: Feed, count: int) -> list[Frame]:
    taken: list[Frame] = []
    for _ in range(ATTEMPTS):
        taken += feed.take(count - len(taken), 0.1)
        if len(taken) == count:
            return taken
    raise AssertionError(f"{len(taken)} of {count} frames came; the feed is {feed.state}, {feed.counters}")


def stalled(feed: Feed) -> bool:
    """Take what comes until the feed is seen to stall."""
    for _ in range(ATTEMPTS):
        feed.take(8, 0.1)
        if feed.state is FeedState.STALLED:
            return True
    return False


def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_a_camera_gives_frames_in_order_with_the_streams_own_times(camera: RtspServer) -> None:
    before = datetime.now(UTC)
    with feed_of(camera.url) as feed:
        frames = take(feed, 40)
        assert feed.state is FeedState.RUNNING
        assert feed.clock_state is ClockState.STREAM
    after = datetime.now(UTC)
    times = [one.captured_at for one in frames]
    assert [one.sequence for one in frames] == sorted({one.sequence for one in frames})
    assert times == sorted(set(times))
    assert before <= times[0] <= times[-1] <= after
    # the steady part of the stream, after what came in one burst at the start: frames of 25 a second
    steps = {later - earlier for earlier, later in zip(times[-8:], times[-7:], strict=False)}
    assert timedelta(seconds=0.04) in steps
    assert frames[0].pixels.shape == (96, 160, 3)


def test_a_camera_switched_off_and_on_again_stalls_and_comes_back(camera: RtspServer) -> None:
    with feed_of(camera.url) as feed:
        before = take(feed, 5)
        # a camera may take its time to begin
        stalls = feed.counters.stalls
        camera.stop()
        assert stalled(feed)
        assert feed.counters.stalls == stalls + 1
        camera.start()
        after = take(feed, 5)
        assert feed.state is FeedState.RUNNING
        assert feed.counters.reconnects >= 1
        assert after[0].sequence > before[-1].sequence
        assert after[0].captured_at > before[-1].captured_at


def test_a_camera_that_hangs_with_its_connection_open_stalls_and_comes_back(camera: RtspServer) -> None:
    with feed_of(camera.url) as feed:
        take(feed, 5)
        stalls = feed.counters.stalls
        camera.freeze()
        assert stalled(feed)
        camera.thaw()
        take(feed, 5)
        assert feed.state is FeedState.RUNNING
        assert feed.counters.stalls == stalls + 1


def test_a_password_reaches_neither_logs_nor_output(
    camera: RtspServer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with feed_of(camera.url_with("operator", "opensesame") + "?token=opensesame") as feed:
        take(feed, 3)
        camera.stop()
        assert stalled(feed)
    output = "".join(capfd.readouterr())
    assert caplog.records
    assert "opensesame" not in caplog.text + output
    assert "operator" not in caplog.text + output


def test_an_unreachable_camera_is_unavailable_and_the_error_keeps_its_secrets() -> None:
    address = parse_address(f"rtsp://operator:opensesame@127.0.0.1:{closed_port()}/live?token=opensesame")
    source = VideoSource(address, camera_id=CAMERA, clock=SystemClock(), settings=QUICK)
    with pytest.raises(Unavailable, match=r"rtsp://127\.0\.0\.1:\d+/live: cannot be opened") as raised:
        next(iter(source.frames()))
    assert "opensesame" not in str(raised.value)
    assert raised.value.__suppress_context__


def test_a_camera_that_accepts_but_never_answers_is_given_up_in_time() -> None:
    settings = CaptureSettings(open_timeout_seconds=0.3)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        address = parse_address(f"rtsp://127.0.0.1:{listener.getsockname()[1]}/live")
        source = VideoSource(address, camera_id=CAMERA, clock=SystemClock(), settings=settings)
        with pytest.raises(Unavailable, match="cannot be opened"):
            next(iter(source.frames()))


def test_an_unreachable_camera_is_tried_for_ever_not_failed() -> None:
    with feed_of(f"rtsp://127.0.0.1:{closed_port()}/live") as feed:
        assert stalled(feed)
        assert feed.counters.reconnects >= 1
        assert not feed.ended
