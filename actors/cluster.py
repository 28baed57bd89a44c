"""The driver of `anpr run` on a cluster: every node with room becomes a member, and every camera runs on one of them.

What is true lies outside Ray, on the members' disks; this driver keeps nothing that must outlive it. It may be ended
and started again at any moment, and so may any node, the head among them.

* A node that joins is started and takes its share of the cameras.
* A node that is asked to leave (`anpr drain`) gives its cameras away, carries its journal over, and is left alone.
* A node that is gone: its cameras come back elsewhere. The reads in its journal lie on its disk; they are carried over
  when it returns under the same name.

On failure: a node whose services cannot start is told in the status and tried again; a camera that can never run is
told, and the others go on. An error in the program itself ends the driver, and with it what it started.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace

from actors.arrivals import Arrivals
from actors.heartbeat import Heartbeat
from actors.member import Member, ray_nodes
from actors.picture import GONE
from actors.running import LOOK_SECONDS, TELL_SECONDS
from actors.senders import sender_lines
from actors.status import WAITING, CameraLine, Status, camera_line, status_of, to_json
from pipeline.clock import SystemClock
from pipeline.placement import NOWHERE, Placement, place
from pipeline.settings import Settings

log = logging.getLogger(__name__)
_FIRST_SECONDS = 60.0
"""So long the first placement waits for nodes that are starting."""


class ClusterRun:
    """One run of all cameras over all nodes until the feeds end or `stopping` says so."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._wishes = {name: feed.node for name, feed in settings.feeds.items()}
        self._members: dict[str, Member] = {}
        self._arrivals = Arrivals(settings)
        self._heartbeat = Heartbeat(settings.cluster.heartbeat_file)
        self._placed: dict[str, Placement] = {}
        self._before: dict[str, set[str]] = {name: set() for name in self._wishes}
        self._over: dict[str, str] = {}
        self._tell_at = self._wait_for_all_until = time.monotonic()
        self._wait_for_all_until += _FIRST_SECONDS

    def until_the_end(self, draw: Callable[[Status], None], stopping: Callable[[], bool]) -> Status:
        """Return the last status, when every read is durable and carried as far as it goes."""
        with self._arrivals:
            # cameras of other makers may post for ever
            posted_to = self._settings.join.enabled
            while (posted_to or len(self._over) < len(self._wishes)) and not stopping():
                self._see_nodes()
                self._place()
                self._turn(draw)
            while any(member.run.working for member in self._members.values()):
                for member in self._members.values():
                    member.run.stop_sources()
                self._turn(draw)
            while not all(member.run.over for member in self._members.values()):
                for member in self._members.values():
                    member.run.stop_consumers()
                self._turn(draw)
            return self.status()

    def status(self) -> Status:
        """Return what is known now."""
        nodes = [member.line() for member in self._members.values()] + self._arrivals.lines()
        at = SystemClock().now()
        senders = sender_lines(at, {name: member.run.picture.senders for name, member in self._members.items()})
        return status_of(at, [self._line(name) for name in self._wishes], nodes, senders)

    def _line(self, name: str) -> CameraLine:
        placement = self._placed.get(name, Placement(node=NOWHERE, why="no node has started yet"))
        member = self._members.get(placement.node)
        picture = member.run.picture if member and name in member.run.cameras else None
        before = tuple(sorted(self._before[name] - {placement.node, NOWHERE}))
        return replace(camera_line(name, placement, picture, over=self._over.get(name)), before=before)

    def _see_nodes(self) -> None:
        there = {node.node_id: node for node in ray_nodes(self._settings)}
        for name, member in list(self._members.items()):
            if member.ray_node.node_id not in there:
                self._lose(name)
        for member in self._arrivals.look(there.values(), self._members):
            self._members[member.ray_node.name] = member

    def _place(self) -> None:
        if not self._placed and self._arrivals.lines() and time.monotonic() < self._wait_for_all_until:
            # placed now, cameras would only move again when the others have started
            return
        wishes = {name: wish for name, wish in self._wishes.items() if name not in self._over}
        for name, one in self._placed.items():
            self._before[name].add(one.node)
        self._placed |= place(wishes, [member.spot() for member in self._members.values()], self._placed)
        runners = {name: member for member in self._members.values() for name in member.run.cameras}
        for name in wishes:
            node = self._placed[name].node
            runner = runners.get(name)
            if runner is None and node in self._members:
                self._members[node].begin_camera(name)
            elif runner is not None and runner.ray_node.name != node:
                runner.move_away(name)

    def _turn(self, draw: Callable[[Status], None]) -> None:
        for name, member in list(self._members.items()):
            try:
                member.run.collect(LOOK_SECONDS / len(self._members))
                member.run.look()
                member.hear()
            except GONE:
                self._lose(name)
                continue
            self._over |= member.take_ended()
            if member.has_left():
                log.warning("node %s has left: its cameras run elsewhere and its journal is carried over", name)
                member.say_left()
                member.end()
                self._arrivals.forget(member.ray_node)
                del self._members[name]
        if not self._members:
            time.sleep(LOOK_SECONDS)
        self._heartbeat.beat()
        status = self.status()
        if time.monotonic() >= self._tell_at:
            self._tell_at = time.monotonic() + TELL_SECONDS
            told, unplaced = to_json(status), sum(one.state == WAITING for one in status.cameras)
            for member in self._members.values():
                member.tell(told, unplaced)
        draw(status)

    def _lose(self, name: str) -> None:
        log.warning("node %s is gone; the reads in its journal wait on its disk for its return", name)
        self._members.pop(name).end()
