"""Ends the Ray that a test started in its own process, with all that Ray started for it."""

from __future__ import annotations

import ray
from ray._private import worker

_PATIENCE_SECONDS = 60


def end_ray() -> None:
    """Shut Ray down and wait for its processes.

    Ray itself waits a second for what it killed. A busy machine may take longer, and Python then warns of a process
    that nobody waited for, in whatever test runs when the object is collected.
    """
    node = worker._global_node
    started = [info.process for infos in node.all_processes.values() for info in infos] if node else []
    ray.shutdown()
    for process in started:
        process.wait(_PATIENCE_SECONDS)
