"""How much of a live camera is lost when it moves to another node?

`python -m benchmarks.moving` starts a head and two nodes of a Ray cluster on this machine and a camera (GStreamer's
RTSP server). Again and again the node that runs the camera is drained (`anpr drain`), so that the camera moves to the
other, then killed, and joins again. What is told is from the last frame that the node it leaves counts to the first
that the other does, by their endpoints. There is no other camera, so the processors have time; the network is loopback.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import urllib3
from prometheus_client.parser import text_string_to_metric_families

from actors.cli.status import ask
from actors.topology import connect
from benchmarks.harness import publish
from pipeline.settings import load_settings
from tests.support.cluster import Machines, repeated, settings_of_nodes
from tests.support.ended_ray import end_ray
from tests.support.processes import anpr, kill_everything
from tests.support.rtsp_server import RtspServer, missing_rtsp_server
from tests.support.watcher import PATIENCE_SECONDS, Watcher
from training.scenes.render import render_clip
from training.scenes.scene import scene_of

CAMERA = "live"
NODES = ("a", "b")
CPUS = 4
_CLIP_SECONDS = 20
_LOOK_SECONDS = 0.05


@dataclass(slots=True)
class Counted:
    """The frames that a node has counted, and when that was last seen to change."""

    page: str
    frames: float = 0.0
    changed_at: float = 0.0

    def look(self) -> bool:
        """Return whether it has changed since the last look."""
        frames, now = _frames_at(self.page), time.monotonic()
        if frames == self.frames:
            return False
        self.frames, self.changed_at = frames, now
        return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--moves", type=int, default=5)
    moves = parser.parse_args().moves
    if missing := missing_rtsp_server():
        raise SystemExit(missing)
    with tempfile.TemporaryDirectory(prefix="anpr-moving-") as folder:
        clip = Path(folder) / "clip.mp4"
        scene = scene_of("single", seed=1, seconds=_CLIP_SECONDS, size=(1280, 720))
        render_clip(scene, clip)
        endless = repeated(clip, 3 * moves * 60 // _CLIP_SECONDS, Path(folder) / "endless.mp4")
        with RtspServer(endless) as camera:
            rows = moved(camera.url, Path(folder), moves, scene.frames_per_second)
    seconds = [row["seconds"] for row in rows]
    publish(
        "moving",
        {
            "moves": len(rows),
            "frames_per_second": scene.frames_per_second,
            "seconds_without_frames_median": statistics.median(seconds),
            "seconds_without_frames_most": max(seconds),
            "each_move": rows,
        },
    )


def moved(url: str, folder: Path, moves: int, rate: float) -> list[dict[str, Any]]:
    """Return a row for each move."""
    cluster = Machines()
    run: psutil.Popen | None = None
    try:
        for name in NODES:
            cluster.add(name, CPUS)
        config, log = folder / "settings.toml", folder / "run.log"
        config.write_text(_settings(url, folder, cluster.address), encoding="utf-8")
        connect(load_settings(config))
        run = anpr("run", "--config", config, log=log)
        watcher = Watcher(run, log, folder, ())
        rows = []
        for _ in range(moves):
            watcher.wait_until("both nodes are there", lambda: _nodes(watcher) == dict.fromkeys(NODES, "here"))
            watcher.wait_until("the camera runs", lambda: _of(watcher).frames > 0)
            before = _of(watcher).node
            (after,) = set(NODES) - {before}
            rows.append(_moved_once(watcher, config, before, after, rate))
            print(rows[-1], flush=True)
            cluster.kill(before)
            cluster.add(before, CPUS)
        return rows
    finally:
        if run is not None:
            kill_everything(run)
        end_ray()
        cluster.close()


def _moved_once(watcher: Watcher, config: Path, before: str, after: str, rate: float) -> dict[str, Any]:
    old, new = Counted(watcher.page_of(before)), Counted(watcher.page_of(after))
    new.frames = _frames_at(new.page)
    had = new.frames
    old.look()
    log = config.with_name("drain.log")
    with log.open("ab") as output:
        drain = psutil.Popen(
            [sys.executable, "-m", "actors.cli", "drain", before, "--config", str(config)], stdout=output, stderr=output
        )
    until = time.monotonic() + PATIENCE_SECONDS
    while not new.look():
        # a node that has left may answer no more
        with suppress(urllib3.exceptions.HTTPError):
            old.look()
        if time.monotonic() > until:
            raise SystemExit(f"the camera did not move\n{watcher.told()}")
        time.sleep(_LOOK_SECONDS)
    if drain.wait(PATIENCE_SECONDS):
        raise SystemExit(f"the drain failed\n{log.read_text(errors='replace')}")
    # those counted together have come one after the other
    first_at = new.changed_at - (new.frames - had - 1) / rate
    seconds = round(first_at - old.changed_at, 2)
    return {"from": before, "to": after, "seconds": seconds, "frames": round(seconds * rate) - 1}


def _nodes(watcher: Watcher) -> dict[str, str]:
    return {one.node: one.state for one in ask(watcher.page_of(NODES[0])).nodes}


def _of(watcher: Watcher) -> Any:
    return watcher.cameras(NODES[0])[CAMERA]


def _frames_at(page: str) -> float:
    """Return how many frames of the camera the node has counted; none while it has none."""
    answer = urllib3.request("GET", f"{page}/metrics", timeout=5.0, retries=False)
    return sum(
        sample.value
        for family in text_string_to_metric_families(answer.data.decode())
        for sample in family.samples
        if sample.name == "anpr_frames_total" and sample.labels["camera"] == CAMERA
    )


def _settings(url: str, folder: Path, address: str) -> str:
    return "\n".join([*settings_of_nodes(folder, address), f"[feeds.{CAMERA}]", f'url = "{url}"', ""])


if __name__ == "__main__":
    main()
