"""A source of frames that does exactly what a test says, and a feed of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import numpy as np

from pipeline.capture.feed import Feed
from pipeline.capture.settings import CaptureSettings
from pipeline.domain.plate import CameraId, Frame
from pipeline.domain.read import ClockState
from pipeline.errors import AnprError
from tests.support.clock import ManualClock

CAMERA = CameraId("gate-1")
FAST = CaptureSettings(buffer_frames=3, reconnect_first_seconds=0.001, reconnect_limit_seconds=0.002)
PATIENCE_SECONDS = 20.0


def frame(sequence: int, *, gap_seconds: float = 0.04) -> Frame:
    at = ManualClock().now() + timedelta(seconds=sequence * gap_seconds)
    return Frame(camera_id=CAMERA, sequence=sequence, captured_at=at, pixels=np.zeros((2, 2, 3), dtype=np.uint8))


class Held:
    """A place in a script where the source falls silent until it is released."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self._released = threading.Event()

    def release(self) -> None:
        self._released.set()

    def wait(self) -> None:
        self.reached.set()
        assert self._released.wait(PATIENCE_SECONDS), "the test never released its source"


class ScriptedSource:
    """Each call of `frames` plays the next script: frames to yield, errors to raise, places to wait."""

    clock_state = ClockState.STREAM
    decode_faults = 0
    clock_jumps = 0

    def __init__(self, *scripts: list[Frame | AnprError | Held], live: bool) -> None:
        self.live = live
        self._scripts = iter(scripts)
        self.yielded = 0
        self.closed = 0
        self.renewed = 0

    def renew(self) -> None:
        self.renewed += 1

    def frames(self) -> Iterator[Frame]:
        try:
            for step in next(self._scripts):
                if isinstance(step, Held):
                    step.wait()
                elif isinstance(step, AnprError):
                    raise step
                else:
                    self.yielded += 1
                    yield step
        finally:
            self.closed += 1


def feed_of(source: ScriptedSource, clock: ManualClock | None = None, settings: CaptureSettings = FAST) -> Feed:
    return Feed(source, camera_id=CAMERA, clock=clock or ManualClock(), settings=settings, chance=lambda: 1.0)


def take(feed: Feed, count: int) -> list[int]:
    """Return the sequence numbers of the next `count` frames."""
    taken: list[int] = []
    while len(taken) < count:
        frames = feed.take(count - len(taken), PATIENCE_SECONDS)
        assert frames, "the feed gave no frame in time"
        taken += [one.sequence for one in frames]
    return taken
