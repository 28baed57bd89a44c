"""A camera on Ray whose process is up before its clip begins: what is timed is the flow, not how a process starts.

Each read is timed from the frame that it shows, as the objective is: from when that frame was due, so that a decoder
which falls behind is counted as late and not as a late camera. It is timed from the frame that ended its passage too,
which is what the machine can do something about: a passage ends when its vehicle has gone.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import av
import ray

from actors.camera import CameraActor, CameraStatus, Neighbours
from pipeline.capture.feed import FeedState
from pipeline.domain.read import Read
from pipeline.flow import PassageRead
from pipeline.settings import Settings

OBJECTIVE_SECONDS = 2.0
"""From the frame that an alert shows to the alert, as deploy/prometheus/rules/objectives.yml has it."""
FEWEST_FOR_P99 = 100
"""Of fewer a p99 is the latest of all, which says more about their number."""
_LOADED_BEFORE = ("pipeline.bootstrap_cameras", "pipeline.capture.source", "pipeline.flow", "pipeline.track.tracker")


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedRead:
    """One read, in Unix seconds of this machine: when the frame that it shows was due, when the one came that ended its
    passage, and when it was durable. `shown_at` means nothing of a clip that is not shown in real time."""

    read_id: str
    shown_at: float
    ended_at: float
    durable_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a camera came to."""

    status: CameraStatus
    reads: list[TimedRead]


class _TimedCamera(CameraActor):
    """Keeps when its reads became durable, and of what frames they are."""

    def __init__(self, *given: Any) -> None:
        self.noted: list[tuple[Read, float, float]] = []
        super().__init__(*given)

    def _remember(self, finished: PassageRead) -> None:
        super()._remember(finished)
        now = time.time()
        self.noted.append((finished.record.read, now - (time.monotonic() - finished.decoded_at), now))


class ReadyCamera:
    """A camera actor that begins its feed when it is run, not when it is made: loading a process is no part of it."""

    def __init__(self, name: str, settings: Settings, neighbours: Neighbours) -> None:
        self._given = (name, settings, neighbours)
        self._recorded_at = _recorded_at(settings.feeds[name].url)
        for module in _LOADED_BEFORE:
            importlib.import_module(module)

    def ready(self) -> None:
        """Return once the process is up."""

    def run(self) -> Ran:
        """Run the clip to its end; return what was counted, and when each read was made."""
        camera = _TimedCamera(*self._given)
        # the clip's pace is reckoned from its first frame
        while camera.status().state == FeedState.CONNECTING:
            time.sleep(0.001)
        begun_at = time.time()
        camera.run()
        return Ran(status=camera.status(), reads=timed(camera.noted, self._recorded_at, begun_at))


def timed(noted: Sequence[tuple[Read, float, float]], recorded_at: float, begun_at: float) -> list[TimedRead]:
    """Return when all that happened: a clip recorded at `recorded_at` was shown from `begun_at` on."""
    return [
        TimedRead(
            read_id=read.read_id,
            shown_at=begun_at + read.captured_at.timestamp() - recorded_at,
            ended_at=ended_at,
            durable_at=durable_at,
        )
        for read, ended_at, durable_at in noted
    ]


def ready_camera(name: str, settings: Settings, neighbours: Neighbours) -> Any:
    """Return the camera called `name` of the settings, beside those neighbours; `ready` of it returns once it is up."""
    kind: Any = ray.remote(ReadyCamera)
    return kind.options(num_cpus=settings.cluster.camera_cpus).remote(name, settings, neighbours)


def percentiles(name: str, seconds: Sequence[float], *, asked: Sequence[int] = (50, 95, 99)) -> dict[str, float | None]:
    """Return these percentiles in milliseconds, each the smallest that so many per cent do not exceed; no p99 (None) of
    too few."""
    ordered = sorted(seconds)
    told: dict[str, float | None] = {}
    for percent in asked:
        enough = len(ordered) >= (FEWEST_FOR_P99 if percent >= 99 else 1)
        place = max(0, -(-len(ordered) * percent // 100) - 1)
        told[f"{name}_p{percent}_ms"] = round(1000 * ordered[place], 1) if enough else None
    return told


def share_within(seconds: Sequence[float], most: float = OBJECTIVE_SECONDS) -> float | None:
    """Return which share was in time, None of nothing."""
    return round(sum(one <= most for one in seconds) / len(seconds), 4) if seconds else None


def _recorded_at(clip: str) -> float:
    """Return the time of the clip's first frame, as capture takes it."""
    with av.open(clip) as container:
        return datetime.fromisoformat(container.metadata["creation_time"]).timestamp()
