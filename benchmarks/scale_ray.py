"""The part of `benchmarks.scale` that runs on Ray: what Ray adds, and one camera after the other past the limit.

One node is started for all of it, with room for the most cameras: a camera that Ray cannot seat would wait for ever.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import ray

from actors.camera import Neighbours
from actors.topology import Node, connect
from benchmarks.end_to_end import end, node_of
from benchmarks.ready_camera import Ran, percentiles, ready_camera, share_within
from benchmarks.scale_clips import Clip
from pipeline.settings import FeedSettings, Settings

_ROUNDS = 3
_PATIENCE_SECONDS = 60.0
_TIMES_AS_LONG = 3.0
"""A run that takes so many times the clip's length has failed."""


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
    """Return the processor time of all Ray's processes for one camera's clip, everything loaded and compiled before.

    The least of a few rounds, as in process: the first compiles networks for what it meets.
    """
    rounds = [{f"bench-{at}": FeedSettings(url=str(clip.path))} for at in range(_ROUNDS)]
    return min(_played(node.neighbours, clip, settings, feeds)[0] for feeds in rounds)


def cameras_in_real_time(node: Node, clip: Clip, settings: Settings, number: int) -> dict[str, Any]:
    """Return what that many cameras that show `clip` in real time came to: what was shed, and how late reads were.

    A read is durable some time after its picture, which the objective counts from (the alert follows a tenth of a
    second later), and after the frame that ended its passage, which is the time that the machine took.
    """
    feeds = {f"{clip.path.stem}-{number}-{at}": FeedSettings(url=str(clip.path), realtime=True) for at in range(number)}
    used, ran = _played(node.neighbours, clip, settings, feeds)
    reads = [one for camera in ran for one in camera.reads]
    from_picture = [one.durable_at - one.shown_at for one in reads]
    from_end = [one.durable_at - one.ended_at for one in reads]
    told = percentiles("picture", from_picture, asked=(50, 99)) | percentiles("end", from_end, asked=(50, 99))
    return {
        "cameras": number,
        "seconds": round(clip.seconds, 1),
        "frames a second": round(sum(camera.status.frames for camera in ran) / clip.seconds, 1),
        "cores used": round(used / clip.seconds, 2),
        "looks shed": sum(camera.status.dropped for camera in ran),
        "reads": len(reads),
        "vehicles": number * clip.vehicles,
        "picture to read p50 ms": told["picture_p50_ms"],
        "picture to read p99 ms": told["picture_p99_ms"],
        "share within 2 s": share_within(from_picture),
        "end of passage to read p50 ms": told["end_p50_ms"],
        "end of passage to read p99 ms": told["end_p99_ms"],
    }


def _played(
    neighbours: Neighbours, clip: Clip, settings: Settings, feeds: dict[str, FeedSettings]
) -> tuple[float, list[Ran]]:
    """Run one camera for each of `feeds`; return processor seconds of all Ray's processes, and what each came to."""
    settings = replace(settings, feeds=feeds)
    cameras = [ready_camera(name, settings, neighbours) for name in feeds]
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
