"""The part of `benchmarks.scale` that runs on Ray: what Ray adds, and one camera after the other past the limit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psutil
import ray

from benchmarks.end_to_end import end, node_of
from benchmarks.scale_clips import Clip
from pipeline.settings import FeedSettings, Settings


def processor_seconds_on_ray(clip: Path, settings: Settings, folder: Path) -> float:
    """Return the processor time of all Ray's processes for one camera's clip, actors up and models loaded before."""
    node = node_of(settings, folder / "ray", {"bench": FeedSettings(url=str(clip))})
    try:
        before = _spent()
        ray.get(node.cameras["bench"].run.remote())
        return _spent() - before
    finally:
        end(node)


def past_saturation(clip: Clip, settings: Settings, folder: Path, cameras: tuple[int, ...]) -> list[dict[str, Any]]:
    """Return a row for each number of cameras that show `clip` in real time: what was shed, and how late reads were.

    A read's delay is from the frame that ended its passage to the journal.
    """
    return [_row(clip, settings, folder / f"cameras-{number}", number) for number in cameras]


def _row(clip: Clip, settings: Settings, folder: Path, number: int) -> dict[str, Any]:
    feeds = {f"bench-{at}": FeedSettings(url=str(clip.path), realtime=True) for at in range(number)}
    node = node_of(settings, folder, feeds)
    try:
        before = _spent()
        ray.get([camera.run.remote() for camera in node.cameras.values()])
        used = _spent() - before
        delays = sorted(one for camera in node.cameras.values() for one in ray.get(camera.latencies.remote()))
        states = [ray.get(camera.status.remote()) for camera in node.cameras.values()]
    finally:
        end(node)
    dropped = sum(one.dropped for one in states)
    return {
        "cameras": number,
        "frames a second": round(sum(one.frames for one in states) / clip.seconds, 1),
        "cores used": round(used / clip.seconds, 2),
        "looks shed": dropped,
        "reads": len(delays),
        "vehicles": number * clip.vehicles,
        "delay p50 ms": round(1000 * delays[len(delays) // 2]) if delays else None,
        "delay p99 ms": round(1000 * delays[int(len(delays) * 0.99)]) if delays else None,
    }


def _spent() -> float:
    """Return the processor time of everything that this process has started and that still lives."""
    spent = 0.0
    for one in psutil.Process().children(recursive=True):
        try:
            times = one.cpu_times()
        except psutil.NoSuchProcess:
            continue
        spent += times.user + times.system
    return float(spent)
