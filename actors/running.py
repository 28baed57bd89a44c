"""The driver of `anpr run` on one machine: starts everything, watches it, and drains it.

On failure: a feed that can never run is reported and the others go on; the exit status tells.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from actors.heartbeat import Heartbeat
from actors.node_run import NodeRun
from actors.picture import Picture
from actors.status import alone, to_json
from actors.topology import Node
from pipeline.clock import SystemClock

LOOK_SECONDS = 0.4
TELL_SECONDS = 1.0
"""How often the node is told what `anpr status` shows."""


class Run:
    """One run of a node until its feeds end or `stop` is asked for."""

    def __init__(self, node: Node, heartbeat: Heartbeat) -> None:
        self._run = NodeRun(node, shows_hits=True)
        self._heartbeat = heartbeat
        self._tell_at = time.monotonic()

    @property
    def picture(self) -> Picture:
        return self._run.picture

    def until_the_end(self, draw: Callable[[Picture], None], stopping: Callable[[], bool]) -> None:
        """Run the cameras, then drain. `draw` is called with every new picture; `stopping` ends the run early."""
        run = self._run
        for name, actor in run.node.cameras.items():
            run.run_camera(name, actor)
        while run.working:
            run.collect(LOOK_SECONDS)
            if stopping():
                run.stop_sources()
            self._look(draw)
        run.stop_consumers()
        while not run.over:
            run.collect(LOOK_SECONDS)
            self._look(draw)

    def _look(self, draw: Callable[[Picture], None]) -> None:
        self._run.look()
        self._heartbeat.beat()
        if time.monotonic() >= self._tell_at:
            self._tell_at = time.monotonic() + TELL_SECONDS
            node = self._run.node
            node.metrics.tell.remote(to_json(alone(SystemClock().now(), self.picture, node.cameras)))
        draw(self.picture)
