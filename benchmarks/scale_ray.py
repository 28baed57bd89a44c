"""The part of `benchmarks.scale` that runs on Ray: what Ray adds, and one camera after the other past the limit.

One node is started for all of it, with room for the most cameras: a camera that Ray cannot seat would wait for ever.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import ray

from actors.camera import CameraActor, CameraStatus, Neighbours
from actors.topology import Node, connect
from benchmarks.end_to_end import end, node_of
from benchmarks.scale_clips import Clip
from pipeline.settings import FeedSettings, Settings

_LOADED_BEFORE = ("pipeline.bootstrap_cameras", "pipeline.capture.source", "pipeline.flow", "pipeline.track.tracker")
_PATIENCE_SECONDS = 60.0
_TIMES_AS_LONG = 3.0
"""A run that takes so many times the clip's length has failed."""


class ReadyCamera:
    """A camera actor that begins its feed when it is run, not when it is made: loading a process is no part of it."""

    def __init__(self, *given: Any) -> None:
        self._given = given
        for name in _LOADED_BEFORE:
            importlib.import_module(name)

    def ready(self) -> None:
        """Return once the process is up."""

    def run(self) -> tuple[CameraStatus, list[float]]:
        """Run the clip to its end; return what was counted, and how late each read was."""
        camera = CameraActor(*self._given)
        camera.run()
        return camera.status(), camera.latencies()


@contextmanager
def node_for(cameras: int, settings: Settings, folder: Path) -> Iterator[Node]:
    """Start Ray, and a node in it that has room for so many cameras."""
    connect(replace(settings, feeds={f"camera-{at}": FeedSettings(url="-") for at in range(cameras)}))
    try:
        node = node_of(settings, folder, {})
        yield node
        end(node)
    finally:
        ray.shutdown()


def processor_seconds_on_ray(node: Node, clip: Clip, settings: Settings) -> float:
    """Return the processor time of all Ray's processes for one camera's clip, everything loaded before."""
    spent, _ = _played(node.neighbours, clip, settings, {"bench": FeedSettings(url=str(clip.path))})
    return spent


def cameras_in_real_time(node: Node, clip: Clip, settings: Settings, number: int) -> dict[str, Any]:
    """Return what that many cameras that show `clip` in real time came to: what was shed, and how late reads were.

    A read's delay is from the frame that ended its passage to the journal.
    """
    feeds = {f"bench-{number}-{at}": FeedSettings(url=str(clip.path), realtime=True) for at in range(number)}
    used, ended = _played(node.neighbours, clip, settings, feeds)
    delays = sorted(one for _, latencies in ended for one in latencies)
    return {
        "cameras": number,
        "frames a second": round(sum(status.frames for status, _ in ended) / clip.seconds, 1),
        "cores used": round(used / clip.seconds, 2),
        "looks shed": sum(status.dropped for status, _ in ended),
        "reads": len(delays),
        "vehicles": number * clip.vehicles,
        "delay p50 ms": round(1000 * delays[len(delays) // 2]) if delays else None,
        "delay p99 ms": round(1000 * delays[int(len(delays) * 0.99)]) if delays else None,
    }


def _played(
    neighbours: Neighbours, clip: Clip, settings: Settings, feeds: dict[str, FeedSettings]
) -> tuple[float, list[tuple[CameraStatus, list[float]]]]:
    """Run one camera for each of `feeds`; return processor seconds of all Ray's processes, and what each came to."""
    kind: Any = ray.remote(ReadyCamera)
    settings = replace(settings, feeds=feeds)
    kind = kind.options(num_cpus=settings.cluster.camera_cpus)
    cameras = [kind.remote(name, settings, neighbours) for name in feeds]
    try:
        ray.get([camera.ready.remote() for camera in cameras], timeout=_PATIENCE_SECONDS)
        before = _spent()
        ended = ray.get(
            [camera.run.remote() for camera in cameras], timeout=_PATIENCE_SECONDS + _TIMES_AS_LONG * clip.seconds
        )
        after = _spent()
    finally:
        for camera in cameras:
            ray.kill(camera)
    return sum(seconds - before.get(process, 0.0) for process, seconds in after.items()), ended


def _spent() -> dict[int, float]:
    """Return the processor time of each living process that this one has started, by its id."""
    spent = {}
    for one in psutil.Process().children(recursive=True):
        try:
            times = one.cpu_times()
        except psutil.NoSuchProcess:
            continue
        spent[one.pid] = times.user + times.system
    return spent
