"""The camera actor: one feed's capture and tracking; its frames go to the inference actor of the same node."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass

import ray

from actors.remote import RemoteJournal, RemotePlateReader
from actors.versions import CrossesByName
from pipeline import bootstrap, bootstrap_cameras, metrics
from pipeline.camera_run import CameraRun
from pipeline.clock import SystemClock
from pipeline.domain.plate import CameraId
from pipeline.flow import PassageRead
from pipeline.settings import Settings

log = logging.getLogger(__name__)
_READS_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours(CrossesByName):
    """The names of the actors a camera talks to, and the version of the models there.

    Names, because handles among an actor's arguments lie in the object store, where a restart may not find them.
    """

    inference: str
    journal: str
    model_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraStatus(CrossesByName):
    """What the terminal view shows of a camera."""

    name: str
    state: str
    frames: int
    dropped: int
    buffered: int
    in_flight: int
    reads: int
    reads_waiting: int
    faults: int
    """Packets and frames that could not be decoded."""
    latest: str
    late_seconds: float
    """From the frame that ended the newest read's passage to the durable read."""


class CameraActor:
    """Runs one camera's flow until its stream ends or `stop` is called. A restart begins a file from its start."""

    def __init__(self, name: str, settings: Settings, neighbours: Neighbours) -> None:
        metrics.ACTOR_STARTS.labels(f"camera-{name}").inc()
        self._name = name
        self._stopping = threading.Event()
        self._reads: deque[tuple[str, str, float]] = deque(maxlen=_READS_REMEMBERED)
        self._plates = RemotePlateReader(
            ray.get_actor(neighbours.inference),
            version=neighbours.model_version,
            camera_id=CameraId(name),
            in_flight=settings.flow.batches_in_flight,
        )
        journal = RemoteJournal(ray.get_actor(neighbours.journal))
        self._run = CameraRun(
            name,
            feed=lambda: bootstrap_cameras.admitted_feed(name, settings),
            flow=lambda feed: bootstrap.camera_flow(
                name, settings, feed=feed, plates=self._plates, journal=journal, on_read=self._remember
            ),
            pause_seconds=settings.flow.batch_wait_seconds,
            clock=SystemClock(),
        )

    def run(self) -> None:
        """Return when the stream has ended and every read is durable. Raises what ended the feed otherwise."""
        try:
            self._run.until_the_end(self._stopping)
        finally:
            self._plates.close()

    def stop(self) -> None:
        self._stopping.set()

    def status(self) -> CameraStatus:
        feed, flow = self._run.feed, self._run.flow
        counters = feed.counters
        return CameraStatus(
            name=self._name,
            state=feed.state.value,
            frames=counters.frames,
            dropped=counters.frames_dropped,
            buffered=feed.buffered,
            in_flight=flow.batches_in_flight,
            reads=len(self._reads),
            reads_waiting=flow.reads_waiting,
            faults=counters.decode_faults,
            latest=self._reads[-1][1] if self._reads else "",
            late_seconds=self._reads[-1][2] if self._reads else 0.0,
        )

    def reads(self) -> list[str]:
        """Return the ids of the reads made durable since this actor started, oldest first."""
        return [read_id for read_id, _, _ in self._reads]

    def latencies(self) -> list[float]:
        """Return the seconds from frame to journal of the same reads."""
        return [seconds for _, _, seconds in self._reads]

    def _remember(self, finished: PassageRead) -> None:
        read = finished.record.read
        self._reads.append((read.read_id, read.vrm, time.monotonic() - finished.decoded_at))
