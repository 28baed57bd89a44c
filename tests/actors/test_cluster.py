"""Several nodes on one machine: the head dies, and everything is upgraded without losing or doubling a read: a node
dies and comes back with another version of the program, the other leaves and comes back with it, and so does the driver
at last. All is told, and Prometheus misses no camera where it no longer is. With Redis the head dies and comes back,
and a live camera moves. What belongs to a node runs there.

Two stories, because each node that starts loads the models. The names of cameras say what they are for: `short` is a
recording that is read to its end, the `long` ones go on until the run is stopped, `live` is a camera.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import ray

from actors.cli.status import ask
from actors.picture import GONE
from actors.status import CameraLine, Status
from actors.targets import TARGETS
from actors.topology import Seat, connect, start_hotlists
from pipeline.match.settings import MatchSettings
from pipeline.settings import Settings, load_settings
from tests.actors.test_kills import LONGEST_RUN_SECONDS
from tests.support.cluster import Machines, missing_redis, redis_server, repeated, settings_of_nodes
from tests.support.ended_ray import end_ray
from tests.support.processes import anpr, started
from tests.support.rtsp_server import RtspServer, missing_rtsp_server
from tests.support.runs import expected_reads, stored_ids
from tests.support.versions import VERSION, another_version
from tests.support.watcher import PATIENCE_SECONDS, Watcher

__all__ = ["started"]
NODES = ("a", "b")
CPUS = 4


@contextmanager
def machines(redis: str = "", nodes: Sequence[str] = NODES) -> Iterator[Machines]:
    """Nodes a and b, with the Redis at that address behind their head."""
    cluster = Machines(redis)
    try:
        for name in nodes:
            cluster.add(name, CPUS)
        yield cluster
    finally:
        end_ray()
        cluster.close()


def settings_for(folder: Path, clips: Mapping[str, Path | str], address: str) -> Path:
    lines = settings_of_nodes(folder, address)
    for name, clip in clips.items():
        long = name.startswith("long")
        lines += [f"[feeds.{name}]", f'url = "{clip}"', f"realtime = {str(long).lower()}"]
        lines += [] if long else ['node = "b"']
    path = folder / "settings.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


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
    with machines() as cluster:
        config = settings_for(tmp_path, clips, cluster.address)
        connect(load_settings(config))
        run = anpr("run", "--config", config, log=tmp_path / "run.log")
        started.append(run)
        watcher = Watcher(run, tmp_path / "run.log", tmp_path, NODES)
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
    everything_is_stored_once(watcher)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.skipif(bool(missing_redis()), reason=missing_redis())
@pytest.mark.skipif(bool(missing_rtsp_server()), reason=missing_rtsp_server())
def test_a_head_with_redis_comes_back_and_a_live_camera_moves(
    tmp_path: Path, three_clips: dict[str, Path], started: list[psutil.Process]
) -> None:
    clip = repeated(three_clips["single"], 60, tmp_path / "endless.mp4")
    with RtspServer(clip) as camera, redis_server(tmp_path) as redis, machines(redis, nodes=("a",)) as cluster:
        # the camera is to run at b, which is not there yet
        config = settings_for(tmp_path, {"live": camera.url, "long": clip}, cluster.address)
        connect(load_settings(config))
        run = anpr("run", "--config", config, log=tmp_path / "run.log")
        started.append(run)
        watcher = Watcher(run, tmp_path / "run.log", tmp_path, NODES)
        acknowledged = watcher.acknowledged
        watcher.wait_until("a reads the camera", lambda: watcher.cameras("a")["live"].reads > 0)
        cluster.kill_head()
        held = set(acknowledged["a"].ids)
        watcher.wait_until("reads go on without a head", lambda: acknowledged["a"].ids > held)
        cluster.start_head()
        cluster.add("b", CPUS)
        told = watcher.told_by("a", "the camera moved to b", lambda told: _live(told).node == "b")
        assert _live(told).why == "its settings name this node"
        watcher.wait_until("b reads the camera", lambda: bool(acknowledged["b"].ids))
        cameras_run_where_they_are_told_to(cluster, watcher)
        ends_drained(run, watcher)
    everything_is_stored_once(watcher)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_what_is_bound_to_a_node_is_started_there_and_never_elsewhere(tmp_path: Path) -> None:
    with machines() as cluster:
        connect(load_settings(settings_for(tmp_path, {}, cluster.address)))
        settings = Settings(folder=str(tmp_path / "b"), match=MatchSettings(shards=1))
        seat = Seat(node_id=cluster.node_id("b"), counters=str(tmp_path))
        # Ray itself starts what is bound to nothing where it likes, and does not always like b
        begun = [start_hotlists(settings, f"node-{number}", seat) for number in range(3)]
        ray.get([publisher.ready.remote() for _, publisher in begun])
        processes = cluster.workers("b")["HotlistShard"]
        assert len(processes) == 3
        assert "HotlistShard" not in cluster.workers("a")
        cluster.kill("b")
        # until they notice that their node is dead, they answer
        psutil.wait_procs(processes, PATIENCE_SECONDS)
        ((shard,), _), *_ = begun
        with pytest.raises(GONE):
            ray.get(shard.look_up.remote([]), timeout=PATIENCE_SECONDS)
        assert "HotlistShard" not in cluster.workers("a")


def _live(told: Status) -> CameraLine:
    (live,) = (one for one in told.cameras if one.camera == "live")
    return live


def everything_is_stored_once(watcher: Watcher) -> None:
    for name, acknowledged in watcher.acknowledged.items():
        acknowledged.look()
        stored = stored_ids(watcher.folder / name)
        assert acknowledged.ids == set(stored)
        assert len(stored) == len(set(stored))


def cameras_run_where_they_are_told_to(cluster: Machines, watcher: Watcher) -> None:
    """Their frames are read by models of their own node, and their reads go to its journal."""
    lines = watcher.told_by(NODES[0], f"{NODES[0]} tells where cameras run").cameras
    for node in NODES:
        workers = cluster.workers(node)
        told = [one for one in lines if one.node == node and one.state == "running"]
        assert told, node
        assert len(workers["CameraActor"]) >= len(told), node
        assert len(workers["InferenceActor"]) == len(workers["JournalActor"]) == 1, node


def everything_ends_with_the_head(config: Path, cluster: Machines, started: list[psutil.Process]) -> None:
    """Nothing is behind the head, so that nobody can be one after it; what was acknowledged is on the nodes' disks."""
    log = config.with_name("headless.log")
    run = anpr("run", "--config", config, log=log)
    started.append(run)
    watcher = Watcher(run, log, config.parent, NODES)
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
    told = watcher.told_by("a", "every camera runs at a", lambda told: {one.node for one in told.cameras} == {"a"})
    (short,) = (one for one in told.cameras if one.camera == "short")
    assert short.why == "b, which its settings name, is not there"

    watcher.wait_until("the short clip was read to its end at a", lambda: acknowledged["a"].ids >= set(expected))

    cluster.add("b", CPUS, program)
    told = watcher.told_by(
        "a",
        "b took a camera over",
        lambda told: {"a", "b"} <= {one.node for one in told.cameras if one.camera != "short"},
    )
    moved = [one for one in told.cameras if one.node == "b" and one.camera != "short"]
    assert [one.why for one in moved] == ["moved from a to even out the load"]
    camera = moved[0].camera
    watcher.wait_until(
        "nobody misses the camera at a, where its counts are",
        lambda: watcher.placed("a", camera) == {"a": 0.0} and watcher.placed("b", camera) == {"a": 0.0, "b": 1.0},
    )
    told = watcher.told_by("a", "a tells the versions")
    assert {one.node: one.version for one in told.nodes} == {"a": told.version, "b": VERSION}
    watcher.wait_until("b reads with its version", lambda: watcher.cameras("a")[camera].reads > 0)
    cameras_run_where_they_are_told_to(cluster, watcher)
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
        "b alone is there and runs every camera, and tells that a has left",
        lambda: (
            {watcher.cameras("b")[name].node for name in ("long-1", "long-2")} == {"b"}
            and {one.node: one.state for one in ask(watcher.page_of("b")).nodes} == {"a": "left", "b": "here"}
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
    told = watcher.told_by("b", "b tells the versions")
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
