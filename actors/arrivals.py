"""Nodes that are about to become members: each is started in a thread of its own, and again if that fails."""

from __future__ import annotations

import logging
import time
from collections.abc import Container, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from ray.exceptions import RayError

from actors.member import Member, RayNode, start_member
from actors.status import LEFT, NodeLine
from pipeline.errors import AnprError
from pipeline.settings import Settings

log = logging.getLogger(__name__)
_START_AGAIN_SECONDS = 10.0


class Arrivals:
    """Starts what is there and no member yet. `with` ends the threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._starting: dict[str, tuple[RayNode, Future[Member]]] = {}
        self._failed: dict[str, tuple[float, str]] = {}
        self._left: dict[str, str] = {}
        """Names of nodes that have left, by Ray's ids."""
        self._threads = ThreadPoolExecutor(thread_name_prefix="starting")

    def look(self, there: Iterable[RayNode], members: Container[str]) -> list[Member]:
        """Return the nodes that have started since the last look; begin to start those that are new."""
        arrived = []
        for name, (_, started) in list(self._starting.items()):
            if started.done():
                del self._starting[name]
                try:
                    arrived.append(started.result())
                    self._failed.pop(name, None)
                except (RayError, AnprError) as error:
                    # the last line is what the actor said; the lines above are Ray's account of where
                    why = str(error).strip().splitlines()[-1]
                    log.warning("node %s cannot start: %s", name, why)
                    self._failed[name] = (time.monotonic() + _START_AGAIN_SECONDS, why)
        busy = {member.ray_node.name for member in arrived} | set(self._starting)
        for node in there:
            again_at, _ = self._failed.get(node.name, (0.0, ""))
            if node.name in busy or node.name in members or node.node_id in self._left or time.monotonic() < again_at:
                continue
            self._left = {node_id: name for node_id, name in self._left.items() if name != node.name}
            self._starting[node.name] = (node, self._threads.submit(start_member, node, self._settings))
        return arrived

    def lines(self) -> list[NodeLine]:
        """Return what the status tells of them."""
        starting = [NodeLine(node=name, state="starting", room=node.room) for name, (node, _) in self._starting.items()]
        failed = [(name, why) for name, (_, why) in self._failed.items() if name not in self._starting]
        left = [NodeLine(node=name, state=LEFT) for name in sorted(set(self._left.values()))]
        return starting + [NodeLine(node=name, state="failed", trouble=why) for name, why in failed] + left

    def forget(self, node: RayNode) -> None:
        """Leave a node alone that was asked to leave, until its machine starts again and has another id."""
        self._left[node.node_id] = node.name

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._threads.shutdown(cancel_futures=True)
