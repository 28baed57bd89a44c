"""A node of the cluster as its driver sees it: the Ray node, the actors bound to it, and their work.

A member keeps what is its own (journal, store, hits, alerts, audit log, register of cameras) in the settings' folder on
its own disk, where `{node}` stands for its name. The name is given to Ray (`ray start --node-name`) and stays the same
when the machine starts again, so that it finds its own and carries on with it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from actors.counter_folder import counters_folder
from actors.node_run import NodeRun
from actors.status import LEFT, NodeLine, node_line, status_of, to_json
from actors.topology import CALLS, Node, Seat, cpus_of_services, start_camera, start_node
from actors.versions import heard_from_driver, version
from pipeline.clock import SystemClock
from pipeline.placement import Spot
from pipeline.settings import Settings, table_of

_MANY = 1_000_000
_GOODBYE_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RayNode:
    """A living node of the Ray cluster, how many cameras it can take beside the services, and whether it has a GPU."""

    node_id: str
    name: str
    room: int
    has_gpu: bool = False


def ray_nodes(settings: Settings) -> list[RayNode]:
    """Return the living nodes that have room for cameras, by name. Of two with one name the first counts."""
    found: dict[str, RayNode] = {}
    listed: Any = ray.nodes  # Ray gives it no types
    for node in listed():
        name, resources = str(node["NodeName"]), node["Resources"]
        room = room_in(resources, settings)
        if node["Alive"] and room > 0 and name not in found:
            gpu = resources.get("GPU", 0.0) >= (settings.cluster.inference_gpus or 1.0)
            found[name] = RayNode(node_id=str(node["NodeID"]), name=name, room=room, has_gpu=gpu)
    return sorted(found.values(), key=lambda one: one.name)


def room_in(resources: dict[str, float], settings: Settings) -> int:
    """Return how many cameras a node with those resources takes; 0 if not even the services have room."""
    cluster = settings.cluster
    left = resources.get("CPU", 0.0) - cpus_of_services(settings)
    if left < 0:
        return 0
    # Ray reckons in ten-thousandths of a CPU
    return int(left / cluster.camera_cpus + 1e-4) if cluster.camera_cpus else _MANY


class Member:
    """A node at work. Nothing here is known elsewhere, and nothing here must outlive the driver."""

    def __init__(self, ray_node: RayNode, settings: Settings, seat: Seat, node: Node, version: str) -> None:
        self.ray_node = ray_node
        self.leaving = False
        self.run = NodeRun(node, shows_hits=False)
        self._version = version
        self._settings = settings
        self._seat = seat
        self._node = node
        self._moving: set[str] = set()
        self._asked: Any = None

    def spot(self) -> Spot:
        return Spot(name=self.ray_node.name, room=self.ray_node.room, leaving=self.leaving)

    def line(self) -> NodeLine:
        return node_line(
            self.ray_node.name,
            self.run.picture,
            state="leaving" if self.leaving else "here",
            cameras=len(self.run.running),
            room=self.ray_node.room,
            version=self._version,
        )

    def begin_camera(self, name: str) -> None:
        self.run.run_camera(name, start_camera(name, self._settings, self._node.neighbours, self._seat))

    def move_away(self, name: str) -> None:
        """Let a camera make its reads durable and end here; it is begun elsewhere once it has."""
        self._moving.add(name)
        self.run.stop_camera(name)

    def take_ended(self) -> dict[str, str]:
        """Return the cameras whose work is over for good, and why; forget those that only moved away."""
        ended = set(self.run.cameras) - self.run.running
        for name in ended & self._moving:
            self._moving.discard(name)
            ray.kill(self.run.forget_camera(name))
        return {name: self.run.picture.ended[name] for name in ended & set(self.run.cameras)}

    def hear(self) -> None:
        """Hear whether somebody asked the node to leave. Once asked it leaves, whoever has to restart meanwhile."""
        if self._asked is not None and ray.wait([self._asked], timeout=0)[0]:
            self.leaving = self.leaving or bool(ray.get(self._asked))
            self._asked = None
        if self._asked is None:
            self._asked = self._node.metrics.leaving.remote()

    def has_left(self) -> bool:
        """Whether the node was asked to leave and nothing is left to do here."""
        if self.leaving and not self.run.running:
            self.run.stop_sources()
            if not self.run.working:
                self.run.stop_consumers()
        return self.leaving and self.run.over

    def tell(self, status: bytes, unplaced: int) -> None:
        self._node.metrics.tell.remote(status, unplaced)

    def say_left(self) -> None:
        """Tell the node that it has left, so that nobody is called because it no longer answers."""
        told = status_of(SystemClock().now(), (), [replace(self.line(), state=LEFT)])
        ray.wait([self._node.metrics.tell.remote(to_json(told), 0)], timeout=_GOODBYE_SECONDS)

    def end(self) -> None:
        """End the node's actors."""
        for actor in (*self.run.cameras.values(), *self._node.everyone().values()):
            ray.kill(actor)


def start_member(ray_node: RayNode, settings: Settings) -> Member:
    """Start the services of a node there. Raises RayError when the node goes away meanwhile, or what it raises itself
    when it cannot work with this driver."""
    own = settings_of_node(settings, ray_node)
    bound = NodeAffinitySchedulingStrategy(ray_node.node_id, soft=False)
    prepare: Any = ray.remote(prepare_node)
    told = {"version": version(), "calls": CALLS, "settings": table_of(own)}
    heard = ray.get(prepare.options(num_cpus=0, scheduling_strategy=bound).remote(told))
    seat = Seat(node_id=ray_node.node_id, counters=heard["counters"])
    return Member(ray_node, own, seat, start_node(replace(own, feeds={}), seat), heard["version"])


def settings_of_node(settings: Settings, ray_node: RayNode) -> Settings:
    """Return the settings as they are on that node: its own folder and name, and no GPU where there is none."""
    gpus = settings.cluster.inference_gpus if ray_node.has_gpu else 0.0
    return replace(
        settings,
        folder=settings.folder.replace("{node}", ray_node.name),
        metrics=replace(settings.metrics, node=ray_node.name),
        cluster=replace(settings.cluster, inference_gpus=gpus),
    )


def prepare_node(told: Mapping[str, Any]) -> dict[str, str]:
    """Hear on a node what a driver tells of itself, and make what the node's processes need; return the node's version
    and where its processes count. This is what every version has, so both only ever gain keys."""
    settings = heard_from_driver(told["version"], told["calls"], told["settings"], calls=CALLS)
    Path(settings.folder).mkdir(parents=True, exist_ok=True)
    # the raylet, our parent, lives as long as they
    return {"version": version(), "counters": str(counters_folder(os.getppid()))}
