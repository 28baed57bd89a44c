"""Several nodes on one machine: the head dies with Redis behind it and without, and everything is upgraded without
losing or doubling a read: a node dies and comes back with another version of the program, the other leaves and comes
back with it, and so does the driver at last. All is told, and Prometheus misses no camera where it no longer is.

One story, because each node that starts loads the models. The names of cameras say what they are for: `short` is a
recording that is read to its end, the `long` ones go on until the run is stopped.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import ray
import urllib3
from prometheus_client.parser import text_string_to_metric_families
from ray.exceptions import RayError

from actors.cli.status import ask
from actors.status import CameraLine
from actors.targets import TARGETS
from actors.topology import connect, page_name
from pipeline.errors import AnprError
from pipeline.settings import load_settings
from tests.actors.test_kills import LONGEST_RUN_SECONDS
from tests.support.cluster import Machines, redis_server, repeated
from tests.support.ended_ray import end_ray
from tests.support.processes import anpr, started
from tests.support.runs import Acknowledged, expected_reads, stored_ids
from tests.support.versions import VERSION, another_version

__all__ = ["started"]
NODES = ("a", "b")
CPUS = 4
PATIENCE_SECONDS = 600


@contextmanager
def machines(redis: str = "") -> Iterator[Machines]:
    """Nodes a and b, with the Redis at that address behind their head."""
    cluster = Machines(redis)
    try:
        for name in NODES:
            cluster.add(name, CPUS)
        yield cluster
    finally:
        end_ray()
        cluster.close()


def settings_for(folder: Path, clips: dict[str, Path], address: str) -> Path:
    lines = [
        f'folder = "{folder}/{{node}}"',
        "[cluster]",
        f'address = "{address}"',
        "[metrics]",
        "port = 0",
        "[services]",
        "port = 0",
        "[match]",
        "shards = 1",
    ]
    for name, clip in clips.items():
        long = name.startswith("long")
        lines += [f"[feeds.{name}]", f'url = "{clip}"', f"realtime = {str(long).lower()}"]
        lines += [] if long else ['node = "b"']
    path = folder / "settings.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


class Watcher:
    """What the driver tells, and what the nodes have acknowledged; it waits for no run that has ended."""

    def __init__(self, run: psutil.Process, log: Path, folder: Path) -> None:
        self._run = run
        self._log = log
        self.folder = folder
        self.acknowledged = {name: Acknowledged(folder / name) for name in NODES}

    def follow(self, run: psutil.Process, log: Path) -> None:
        """Look at the run that came after."""
        self._run, self._log = run, log

    def page_of(self, node: str) -> str:
        """Return where the node of that name answers."""
        (node_id,) = [one["NodeID"] for one in ray.nodes() if one["NodeName"] == node and one["Alive"]]
        port = ray.get(ray.get_actor(page_name(node_id)).port.remote())
        return f"http://127.0.0.1:{port}"

    def wait_until(self, what: str, holds: Callable[[], bool]) -> None:
        """Return once `holds`; fail when the run ends or the time is up before."""
        for _ in range(PATIENCE_SECONDS * 2):
            try:
                for one in self.acknowledged.values():
                    one.look()
                holding = holds()
            except (KeyError, ValueError, RayError, AnprError):
                # a node, its journal or a camera is in the making, or the head is away
                holding = False
            if holding:
                return
            try:
                status = self._run.wait(0.5)
            except psutil.TimeoutExpired:
                continue
            raise AssertionError(f"the run ended with {status} before {what}\n{self.told()}")
        raise AssertionError(f"in time it did not come to this: {what}\n{self.told()}")

    def cameras(self, node: str) -> dict[str, CameraLine]:
        """Return the cameras as the node called so tells them."""
        return {one.camera: one for one in ask(self.page_of(node)).cameras}

    def placed(self, node: str, camera: str) -> dict[str, float]:
        """Return where the node called so tells Prometheus that the camera is (1) and where no longer (0)."""
        page = urllib3.request("GET", f"{self.page_of(node)}/metrics", timeout=60.0).data.decode()
        samples = (one for family in text_string_to_metric_families(page) for one in family.samples)
        told = (one for one in samples if one.name == "anpr_camera_placed" and one.labels["camera"] == camera)
        return {one.labels["at"]: one.value for one in told}

    def told(self) -> str:
        return self._log.read_text(errors="replace")[-4000:]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_nodes_and_the_head_go_and_come_and_no_read_is_lost(
    tmp_path: Path, three_clips: dict[str, Path], started: list[psutil.Process]
) -> None:
    long = repeated(three_clips["single"], 60, tmp_path / "long.mp4")
    # long enough that its node dies before it has been read to its end
    short = {"short": repeated(three_clips["two-at-once"], 3, tmp_path / "short.mp4")}
    clips = short | {"long-1": long, "long-2": long}
    with machines() as cluster:
        everything_ends_with_the_head(settings_for(tmp_path, clips, cluster.address), cluster, started)
    with redis_server(tmp_path) as redis, machines(redis) as cluster:
        config = settings_for(tmp_path, clips, cluster.address)
        connect(load_settings(config))
        run = anpr("run", "--config", config, log=tmp_path / "run.log")
        started.append(run)
        watcher = Watcher(run, tmp_path / "run.log", tmp_path)
        program = another_version(tmp_path / "upgraded")
        b_dies_and_comes_back_upgraded(cluster, watcher, expected_reads(short), program)
        a_is_drained(config, watcher)
        a_comes_back_upgraded(cluster, watcher, program)
        ends_drained(run, watcher)
        run = anpr("run", "--config", config, log=tmp_path / "upgraded.log", program=program)
        started.append(run)
        watcher.follow(run, tmp_path / "upgraded.log")
        everything_runs_upgraded(watcher)
        ends_drained(run, watcher)
    for name in NODES:
        watcher.acknowledged[name].look()
        stored = stored_ids(tmp_path / name)
        assert watcher.acknowledged[name].ids == set(stored)
        assert len(stored) == len(set(stored))


def everything_ends_with_the_head(config: Path, cluster: Machines, started: list[psutil.Process]) -> None:
    """Nothing is behind the head, so that nobody can be one after it; what was acknowledged is on the nodes' disks."""
    log = config.with_name("headless.log")
    run = anpr("run", "--config", config, log=log)
    started.append(run)
    watcher = Watcher(run, log, config.parent)
    watcher.wait_until("reads are durable at both nodes", lambda: all(one.ids for one in watcher.acknowledged.values()))
    cluster.kill_head()
    assert run.wait(PATIENCE_SECONDS) != 0
    assert "Failed to connect to GCS" in watcher.told()
    cluster.wait_until_over(PATIENCE_SECONDS)


def ends_drained(run: psutil.Process, watcher: Watcher) -> None:
    os.kill(run.pid, signal.SIGTERM)
    assert run.wait(LONGEST_RUN_SECONDS) == 0, watcher.told()


def b_dies_and_comes_back_upgraded(cluster: Machines, watcher: Watcher, expected: list[str], program: Path) -> None:
    """`expected` is what a clip gives that b was reading when it died."""
    acknowledged = watcher.acknowledged
    watcher.wait_until("b reads the short clip", lambda: watcher.cameras("a")["short"].reads > 0)
    cluster.kill("b")
    watcher.wait_until("every camera runs at a", lambda: {one.node for one in watcher.cameras("a").values()} == {"a"})
    assert watcher.cameras("a")["short"].why == "b, which its settings name, is not there"

    if cluster.has_redis:
        cluster.kill_head()
        held = set(acknowledged["a"].ids)
        watcher.wait_until("reads go on without a head", lambda: acknowledged["a"].ids > held)
        cluster.start_head()
    watcher.wait_until("the short clip was read to its end at a", lambda: acknowledged["a"].ids >= set(expected))

    cluster.add("b", CPUS, program)
    watcher.wait_until(
        "b took a camera over", lambda: {"a", "b"} <= {watcher.cameras("a")[name].node for name in ("long-1", "long-2")}
    )
    moved = [one for one in watcher.cameras("a").values() if one.node == "b" and one.camera != "short"]
    assert [one.why for one in moved] == ["moved from a to even out the load"]
    camera = moved[0].camera
    watcher.wait_until(
        "nobody misses the camera at a, where its counts are",
        lambda: watcher.placed("a", camera) == {"a": 0.0} and watcher.placed("b", camera) == {"a": 0.0, "b": 1.0},
    )
    told = ask(watcher.page_of("a"))
    assert {one.node: one.version for one in told.nodes} == {"a": told.version, "b": VERSION}
    watcher.wait_until("b reads with its version", lambda: watcher.cameras("a")[camera].reads > 0)
    # what b had acknowledged when it died is carried over by the b that returned
    watcher.wait_until(
        "b carried its journal over", lambda: set(stored_ids(watcher.folder / "b")) >= acknowledged["b"].ids
    )


def a_is_drained(config: Path, watcher: Watcher) -> None:
    targets = watcher.folder / "a" / TARGETS
    assert json.loads(targets.read_text())
    drain = [sys.executable, "-m", "actors.cli", "drain", "a", "--config", str(config)]
    drained = subprocess.run(drain, capture_output=True, text=True, check=False)
    assert "its cameras run elsewhere" in drained.stdout, drained.stderr
    # Prometheus finds nothing there that it could miss
    assert json.loads(targets.read_text()) == []
    # the nodes are told how things are once a second, so that b may hear of it after the command has
    watcher.wait_until(
        "b alone is there and runs every camera",
        lambda: (
            {watcher.cameras("b")[name].node for name in ("long-1", "long-2")} == {"b"}
            and {one.node: one.state for one in ask(watcher.page_of("b")).nodes} == {"b": "here"}
        ),
    )


def a_comes_back_upgraded(cluster: Machines, watcher: Watcher, program: Path) -> None:
    cluster.kill("a")
    cluster.add("a", CPUS, program)
    watcher.wait_until(
        "a took a camera back and reads",
        lambda: (
            {"a", "b"} == {one.node for one in watcher.cameras("b").values() if one.reads and one.camera != "short"}
        ),
    )
    told = ask(watcher.page_of("b"))
    assert {one.node: one.version for one in told.nodes} == {"a": VERSION, "b": VERSION}
    assert told.version != VERSION


def everything_runs_upgraded(watcher: Watcher) -> None:
    watcher.wait_until(
        "the driver is of that version too, and every camera reads",
        lambda: (
            ask(watcher.page_of("a")).version == VERSION
            and all(one.reads for one in watcher.cameras("a").values() if one.camera != "short")
        ),
    )
