"""How fast are frames turned into durable reads, how late is a read, and what does a camera cost?

`python -m benchmarks.end_to_end` renders a busy and an empty road, then measures on the same clips: decoding alone
(the floor under every other figure), the in-process flow, the flow on Ray (one camera actor), the latency from frame
to journal with one and with three cameras in real time on Ray, and the CPU seconds a camera costs a minute.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import psutil
import ray

from actors.topology import Node, connect, start_node
from benchmarks.harness import publish
from benchmarks.ready_camera import ready_camera
from pipeline import bootstrap, bootstrap_reading
from pipeline.flow import PassageRead
from pipeline.settings import FeedSettings, Settings
from training.scenes.render import render_clip
from training.scenes.scene import scene_of

ROUNDS = 3
CAMERAS_IN_REAL_TIME = (1, 3)
"""One that two cores carry, and more than they may."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=40, help="length of each rendered clip")
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory(prefix="anpr-bench-") as folder:
        busy, empty = Path(folder) / "busy.mp4", Path(folder) / "empty.mp4"
        render_clip(scene_of("busy", seed=7, seconds=seconds), busy)
        render_clip(scene_of("empty_road", seed=7, seconds=seconds), empty)
        publish("end_to_end", measured(busy, empty, Path(folder)))


def measured(busy: Path, empty: Path, folder: Path) -> dict[str, Any]:
    settings = Settings(folder=str(folder / "var"))
    frames = decoded(busy)
    figures: dict[str, Any] = {"clip_frames": frames}
    # taken in turns, so that a slow minute of the machine falls on all alike
    rounds: dict[str, list[float]] = {"decode": [], "in_process": [], "ray": []}
    plates = bootstrap_reading.plate_reader(settings)
    connect(replace(settings, feeds={}))
    node = node_of(settings, folder / "ray", {})
    try:
        for at in range(ROUNDS + 1):
            timings = {
                "decode": timed(lambda: decoded(busy)),
                "in_process": timed(lambda at=at: in_process(busy, settings, plates, folder / f"in-{at}")),
                "ray": on_ray(f"bench-{at}", busy, settings, node),
            }
            for name, spent in timings.items():
                # the first round compiles and fills caches, everywhere
                if at:
                    rounds[name].append(frames / spent)
        for name, rates in rounds.items():
            figures[f"{name}_frames_per_second"] = round(statistics.median(rates), 1)
        figures["ray_share_of_in_process"] = round(
            figures["ray_frames_per_second"] / figures["in_process_frames_per_second"], 3
        )
        end(node)
        for cameras in CAMERAS_IN_REAL_TIME:
            figures |= latency(busy, settings, folder / f"latency-{cameras}", cameras)
    finally:
        ray.shutdown()
    for name, clip in (("busy", busy), ("empty", empty)):
        spent = cpu_of(lambda clip=clip, name=name: in_process(clip, settings, plates, folder / f"cpu-{name}"))
        figures[f"cpu_seconds_per_camera_minute_{name}"] = round(60 * spent / seconds_of(clip), 2)
    plates.close()
    return figures


def decoded(clip: Path) -> int:
    """Decode to BGR as capture does, and nothing else; return the number of frames."""
    with av.open(str(clip)) as container:
        container.streams.video[0].codec_context.thread_count = 1
        return sum(1 for frame in container.decode(video=0) if frame.to_ndarray(format="bgr24") is not None)


def in_process(clip: Path, settings: Settings, plates: Any, folder: Path) -> list[PassageRead]:
    """Run the whole flow of one camera in this process, with a real journal."""
    settings = replace(settings, folder=str(folder), feeds={"bench": FeedSettings(url=str(clip))})
    journal = bootstrap.journal(settings)
    feed = bootstrap.camera_feed("bench", settings)
    finished: list[PassageRead] = []
    flow = bootstrap.camera_flow("bench", settings, feed=feed, plates=plates, journal=journal, on_read=finished.append)
    while flow.step():
        pass
    feed.close()
    journal.close()
    return finished


def on_ray(name: str, clip: Path, settings: Settings, node: Node) -> float:
    """Return the seconds one camera actor needs for the clip, its process and the node's being up before.

    As in process the models are the same in every round; by its `name` the camera's reads are its own, as there.
    """
    camera = ready_camera(name, replace(settings, feeds={name: FeedSettings(url=str(clip))}), node.neighbours)
    ray.get(camera.ready.remote())
    try:
        return timed(lambda: ray.get(camera.run.remote()))
    finally:
        ray.kill(camera)


def latency(clip: Path, settings: Settings, folder: Path, cameras: int) -> dict[str, float]:
    """Return p50 and p95 of frame-to-journal with cameras in real time; a drop would flatter it, so drops are told."""
    feeds = {f"bench-{at}": FeedSettings(url=str(clip), realtime=True) for at in range(cameras)}
    node = node_of(settings, folder, feeds)
    try:
        ray.get([camera.run.remote() for camera in node.cameras.values()])
        spent = sorted(one for camera in node.cameras.values() for one in ray.get(camera.latencies.remote()))
        dropped = sum(ray.get(camera.status.remote()).dropped for camera in node.cameras.values())
    finally:
        end(node)
    where = "1_camera" if cameras == 1 else f"{cameras}_cameras"
    return {
        f"reads_of_{where}_in_real_time": len(spent),
        f"drops_of_{where}_in_real_time": dropped,
        f"frame_to_journal_p50_ms_{where}": round(1000 * spent[len(spent) // 2], 1),
        f"frame_to_journal_p95_ms_{where}": round(1000 * spent[int(len(spent) * 0.95)], 1),
    }


def node_of(settings: Settings, folder: Path, feeds: dict[str, FeedSettings]) -> Node:
    metrics, services = replace(settings.metrics, port=0), replace(settings.services, port=0)
    return start_node(replace(settings, folder=str(folder), feeds=feeds, metrics=metrics, services=services))


def end(node: Node) -> None:
    for actor in node.everyone().values():
        ray.kill(actor)


def timed(work: Any) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def cpu_of(work: Any) -> float:
    """Return the CPU seconds, user and system, of this process for `work`."""
    mine = psutil.Process(os.getpid())
    before = mine.cpu_times()
    work()
    after = mine.cpu_times()
    return float(after.user + after.system - before.user - before.system)


def seconds_of(clip: Path) -> float:
    with av.open(str(clip)) as container:
        return float(container.duration or 0) / 1e6


if __name__ == "__main__":
    main()
