"""Several Ray nodes on this machine, each with a name of its own, and Redis behind their head if there is one."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import av
import psutil
from ray._private import services
from ray.cluster_utils import Cluster

from tests.support.ports import free_port
from tests.support.processes import workers_of

# a node that died is noticed within two seconds instead of twenty
_QUICK = {
    "health_check_initial_delay_ms": 2000,
    "health_check_period_ms": 500,
    "health_check_failure_threshold": 10,
    "health_check_timeout_ms": 1000,
}
# a head that cannot come back is given up within five seconds instead of a minute
_HEAD_IS_LOST = ("gcs_rpc_server_reconnect_timeout_s", 5)
_START_SECONDS = 240
_PAUSE = threading.Event()


def missing_redis() -> str:
    """Return why no Redis can be run here, as the reason of a skip; empty if one can."""
    if shutil.which("redis-server") is None:
        return "redis-server is not installed: apt-get install the packages of deploy/debian-packages.txt"
    return ""


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """A Redis on loopback; yields its address."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


@contextmanager
def _in_its_time() -> Iterator[None]:
    """Let a node that starts take its time. Ray gives it half a minute, and leaves it behind then, still starting: a
    second try would be another node of its name."""
    asked = services.get_node

    def node_of(gcs_address: str, node_id: str) -> Any:
        for _ in range(_START_SECONDS):
            try:
                return asked(gcs_address, node_id)
            except RuntimeError:
                # it has not joined yet
                _PAUSE.wait(1.0)
        return asked(gcs_address, node_id)

    with patch.object(services, "get_node", node_of):
        yield


class Machines:
    """A head without room for cameras, and nodes that come and go."""

    def __init__(self, redis: str = "") -> None:
        told = dict(_QUICK)
        # as the units have it: frames come in real time
        self._variables = {"RAY_worker_niceness": "0"}
        if redis:
            os.environ["RAY_REDIS_ADDRESS"] = redis
        else:
            name, seconds = _HEAD_IS_LOST
            # drivers hear it from their node, and a node from its environment
            told[name], self._variables[f"RAY_{name}"] = seconds, str(seconds)
        with _in_its_time():
            self._cluster = Cluster(
                initialize_head=True,
                head_node_args={
                    "num_cpus": 0,
                    "node_name": "head",
                    "include_dashboard": False,
                    # they bring drivers what workers print and ask a cloud for nodes; nobody here listens to either
                    "include_log_monitor": False,
                    "no_monitor": True,
                    "_system_config": told,
                },
            )
        self._nodes: dict[str, Any] = {}

    @property
    def address(self) -> str:
        return str(self._cluster.address)

    def add(self, name: str, cpus: int, program: Path | None = None) -> None:
        """Let a node join, with another version of the program where `program` is its folder."""
        variables = self._variables | ({"PYTHONPATH": str(program)} if program else {})
        with _in_its_time():
            self._nodes[name] = self._cluster.add_node(num_cpus=cpus, node_name=name, env_vars=variables)

    def node_id(self, name: str) -> str:
        """Return what Ray calls the node."""
        return str(self._nodes[name].node_id)

    def workers(self, name: str) -> dict[str, list[psutil.Process]]:
        """Return the actors' processes that run on a node, by class: Ray starts each below its node's raylet."""
        found: dict[str, list[psutil.Process]] = {}
        for raylet in self._nodes[name].all_processes["raylet"]:
            for kind, one in workers_of(psutil.Process(raylet.process.pid)):
                found.setdefault(kind, []).append(one)
        return found

    def kill(self, name: str) -> None:
        """kill -9 a node's raylet; its workers end with it."""
        self._nodes.pop(name).kill_raylet()

    def kill_head(self) -> None:
        """kill -9 what makes the head the head."""
        self._cluster.head_node.kill_gcs_server()

    def wait_until_over(self, seconds: float) -> None:
        """Return when every node has ended by itself."""
        for node in self._nodes.values():
            for one in node.all_processes["raylet"]:
                one.process.wait(seconds)

    def start_head(self) -> None:
        self._cluster.head_node.start_gcs_server()

    def close(self) -> None:
        self._cluster.shutdown()
        os.environ.pop("RAY_REDIS_ADDRESS", None)


def settings_of_nodes(folder: Path, address: str) -> list[str]:
    """Return the lines of settings that such nodes share, each with a folder of its own; feeds may follow."""
    return [
        f'folder = "{folder}/{{node}}"',
        "[cluster]",
        f'address = "{address}"',
        "[metrics]",
        "port = 0",
        "[services]",
        "port = 0",
        "[match]",
        "shards = 1",
        "[cameras]",
        "require_assessment = false",
    ]


def repeated(clip: Path, times: int, path: Path) -> Path:
    """Write a clip that shows `clip` so many times over, without encoding anything again."""
    with av.open(str(clip)) as source, av.open(str(path), "w") as target:
        (video,) = source.streams.video
        target.metadata["creation_time"] = source.metadata["creation_time"]
        copied = target.add_stream_from_template(video)
        length = video.duration or 0
        for turn in range(times):
            source.seek(0)
            for packet in source.demux(video):
                if packet.dts is None:
                    continue
                packet.pts, packet.dts = (packet.pts or 0) + turn * length, packet.dts + turn * length
                packet.stream = copied
                target.mux(packet)
    return path
