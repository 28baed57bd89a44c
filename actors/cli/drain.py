"""`anpr drain`: ask a node of the cluster to leave, and wait until it has."""

from __future__ import annotations

import argparse
import time
from typing import Any

from actors.cli.given import settings_given
from pipeline.errors import NotFound, SettingsError, Unavailable

_LOOK_SECONDS = 0.5


def execute(chosen: argparse.Namespace) -> int:
    settings = settings_given(chosen)
    if not settings.cluster.address:
        raise SettingsError(
            ["no cluster: `anpr drain` needs [cluster] address in --config FILE; one machine drains by SIGTERM"]
        )
    # Ray takes a while to import, and a wrong argument should not wait for it
    import ray
    from ray.exceptions import ActorUnschedulableError, RayActorError

    from actors.topology import connect, page_name

    connect(settings)
    try:
        node_id = _node_id(chosen.node) if chosen.node else ray.get_runtime_context().get_node_id()
        try:
            page: Any = ray.get_actor(page_name(node_id))
        except ValueError:
            print("nothing runs there")
            return 0
        until = time.monotonic() + chosen.seconds
        try:
            ray.get(page.leave.remote())
            while time.monotonic() < until:
                # it is ended when nothing is left to do
                ray.get(page.leaving.remote())
                time.sleep(_LOOK_SECONDS)
        except (RayActorError, ActorUnschedulableError):
            print("the node has left: its cameras run elsewhere and its journal is carried over")
            return 0
        raise Unavailable(f"the node has not left within {chosen.seconds:.0f} s; `anpr status` tells what it waits for")
    finally:
        ray.shutdown()


def _node_id(name: str) -> str:
    """Return Ray's id of the living node called `name`."""
    import ray

    listed: Any = ray.nodes  # Ray gives it no types
    for node in listed():
        if node["Alive"] and node["NodeName"] == name:
            return str(node["NodeID"])
    raise NotFound(f"no living node of the cluster is called {name}; `anpr status` shows the names")
