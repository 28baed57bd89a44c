"""A camera gives frames only while it is admitted, and stops with an alarm when it no longer is."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline import bootstrap_cameras, metrics
from pipeline.admitted import AdmittedFeed
from pipeline.camera_run import CameraRun
from pipeline.capture.feed import Feed, FeedState
from pipeline.capture.settings import CaptureSettings
from pipeline.domain.camera import Admission, Admitted, NotAdmitted
from pipeline.domain.plate import CameraId, Frame
from pipeline.domain.read import ClockState
from pipeline.flow import CameraFlow
from pipeline.settings import FeedSettings, Settings
from tests.unit.access.stand import NOW, ManualClock

GATE = CameraId("gate")
HELD = NotAdmitted(camera_id=GATE, reason="its assessment was withdrawn")


class LiveSource:
    """A camera that gives as many frames as are taken; `opened` counts its connections."""

    live, clock_state, decode_faults, clock_jumps, opened = True, ClockState.STREAM, 0, 0, 0

    def renew(self) -> None: ...

    def frames(self) -> Iterator[Frame]:
        self.opened += 1
        for sequence in range(10**9):
            yield Frame(camera_id=GATE, sequence=sequence, captured_at=NOW, pixels=np.zeros((2, 2, 3), np.uint8))


class Road:
    """One camera, whose admission can be given and taken."""

    def __init__(self) -> None:
        self.clock, self.source = ManualClock(), LiveSource()
        self.admission: Admission = Admitted(camera_id=GATE)

    def feed(self, name: str = "gate") -> AdmittedFeed:
        def open_() -> Feed:
            return Feed(self.source, camera_id=GATE, clock=self.clock, settings=CaptureSettings())

        return AdmittedFeed(name, open_, lambda: self.admission, clock=self.clock, look_every_seconds=1.0)


def test_no_connection_is_made_to_a_camera_that_is_not_admitted(caplog: pytest.LogCaptureFixture) -> None:
    road = Road()
    road.admission = HELD
    feed = road.feed("held")
    for _ in range(5):
        road.clock.pass_(1)
        assert feed.take(8, 0) == []
    assert (road.source.opened, feed.ended, feed.state) == (0, False, FeedState.NOT_ADMITTED)
    assert [one.message for one in caplog.records] == [f"camera held: does not run: {HELD.reason}"]
    assert metrics.CAMERA_NOT_ADMITTED.labels("held")._value.get() == 1
    road.admission = Admitted(camera_id=GATE)
    road.clock.pass_(1)
    assert feed.take(8, 5)
    assert metrics.CAMERA_NOT_ADMITTED.labels("held")._value.get() == 0
    feed.close()
    assert feed.ended


def test_a_running_camera_stops_within_a_second_of_withdrawal_with_an_alarm(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    road = Road()
    feed = road.feed("halted")
    assert feed.take(8, 5)
    before = metrics.CAMERA_HALTS.labels("halted")._value.get()
    road.admission = HELD
    road.clock.pass_(0.9)
    assert feed.take(8, 5)
    road.clock.pass_(0.1)
    assert feed.take(8, 5) == []
    assert (feed.halted, feed.ended, feed.buffered, feed.state) == (True, True, 0, FeedState.NOT_ADMITTED)
    assert metrics.CAMERA_HALTS.labels("halted")._value.get() == before + 1
    assert "STOPPED" in caplog.text
    # what was lost does not come back by itself: a new feed waits
    road.admission = Admitted(camera_id=GATE)
    road.clock.pass_(5)
    assert feed.take(8, 0) == []
    feed.close()


class ShortFlow:
    """Takes frames until the feed has ended, as a flow does."""

    in_flight = batches_in_flight = reads_waiting = 0
    rejections: dict[str, int] = {}  # noqa: RUF012

    def __init__(self, feed: AdmittedFeed, told: list[str]) -> None:
        self.feed, self.told = feed, told

    def step(self) -> bool:
        frames = self.feed.take(8, 0.01)
        self.told.append("frames" if frames else "none")
        return frames != [] or not self.feed.ended

    def drain(self) -> None:
        self.told.append("drained")


def test_a_stopped_camera_makes_its_reads_durable_and_begins_again_when_it_is_admitted() -> None:
    road, told, stopping = Road(), [], threading.Event()
    stages: list[str] = []

    def flow(feed: AdmittedFeed) -> CameraFlow:
        return ShortFlow(feed, told)  # type: ignore[return-value]

    class Steps(threading.Event):
        """Asked at every turn: moves the story on when the last part of it has happened."""

        def is_set(self) -> bool:
            road.clock.pass_(1)
            if "frames" in told and not stages:
                stages.append("withdrawn")
                road.admission = HELD
            elif "drained" in told and told[-1] == "none" and stages == ["withdrawn"]:
                stages.append("admitted again")
                road.admission = Admitted(camera_id=GATE)
            elif stages[-1:] == ["admitted again"] and told[-1] == "frames":
                return True
            return stopping.is_set()

    run = CameraRun("again", feed=lambda: road.feed("again"), flow=flow, pause_seconds=0.01, clock=road.clock)
    run.until_the_end(Steps())
    assert stages == ["withdrawn", "admitted again"]
    assert told.count("drained") == 2
    assert road.source.opened == 2


@pytest.mark.parametrize("realtime", [True, False])
def test_recordings_are_no_cameras_and_always_run(tmp_path: Path, realtime: bool) -> None:
    feeds = {"clip": FeedSettings(url="clip.mp4", realtime=realtime), "gate": FeedSettings(url="rtsp://127.0.0.1:9/x")}
    settings = Settings(folder=str(tmp_path), feeds=feeds)
    assert set(bootstrap_cameras.not_admitted(settings, NOW)) == {"gate"}
    tried = replace(settings, cameras=replace(settings.cameras, require_assessment=False))
    assert bootstrap_cameras.not_admitted(tried, NOW) == {}
