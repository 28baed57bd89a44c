"""The driver of `anpr run`: starts a node, watches it, and drains it in the order that loses nothing.

Order of the end: cameras first (their reads become durable), then store and matcher take all of the journal, then the
alerts take all of the hits. The outbox sends what the national centre takes within seconds, and the rest next time.
On failure: a feed that can never run is reported and the others go on; the exit status tells.
"""

from __future__ import annotations

import logging
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayActorError

from actors.camera import CameraStatus
from actors.matcher import SeenHit
from actors.topology import Node
from pipeline.errors import AnprError

log = logging.getLogger(__name__)
_LOOK_SECONDS = 0.4
_ANSWER_SECONDS = 2.0
_DISCARD_EVERY_SECONDS = 60.0
_DISCARD_AFTER_LOOKS = 10
"""Entries leave the journal ten minutes after all have taken them: by then the store's files have long left the
kernel's cache for the disk, which Delta Lake's commits on a folder do not wait for."""


@dataclass(slots=True, kw_only=True)
class Picture:
    """What the run looks like now, for a view to draw. A camera that does not answer keeps its last status."""

    cameras: dict[str, CameraStatus] = field(default_factory=dict)
    rates: dict[str, float] = field(default_factory=dict)
    """Frames a second since the last look, by camera."""
    ended: dict[str, str] = field(default_factory=dict)
    """Cameras and services whose work is over, and why; empty text where all went well."""
    hits: list[SeenHit] = field(default_factory=list)
    journal_offset: int = 0
    store: tuple[int, int, str] = (0, 0, "")
    matcher: tuple[int, int, str] = (0, 0, "")
    alerts: tuple[int, int, str] = (0, 0, "")
    seconds: float = 0.0


class Run:
    """One run of a node until its feeds end or `stop` is asked for."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._started = time.monotonic()
        self.picture = Picture()
        self._looked_at = self._started
        self._taken_by_all: deque[int] = deque(maxlen=_DISCARD_AFTER_LOOKS)
        self._discard_at = self._started + _DISCARD_EVERY_SECONDS
        self._held = 0 if node.outbox else sys.maxsize

    def until_the_end(self, draw: Callable[[Picture], None], stopping: Callable[[], bool]) -> None:
        """Run the cameras, then drain. `draw` is called with every new picture; `stopping` ends the run early."""
        consumers = {"store": self._node.store, "matcher": self._node.matcher}
        if self._node.outbox:
            consumers["outbox"] = self._node.outbox
        services = {actor.run.remote(): name for name, actor in consumers.items()}
        alerts = {self._node.alerts.run.remote(): "alerts"}
        # never waited for: it may be killed in the middle of anything it does
        self._node.maintenance.run.remote()
        sources = self._node.sources()
        cameras = {actor.run.remote(): name for name, actor in sources.items()}
        asked_to_stop = False
        while cameras:
            self._collect(cameras)
            self._collect(services, wait_seconds=0)
            self._collect(alerts, wait_seconds=0)
            if stopping() and not asked_to_stop:
                asked_to_stop = True
                for name in cameras.values():
                    sources[name].stop.remote()
            self._look(draw)
        for service in consumers.values():
            service.stop.remote()
        while services:
            self._collect(services)
            self._look(draw)
        self._node.maintenance.stop.remote()
        self._node.alerts.stop.remote()
        while alerts:
            self._collect(alerts)
            self._look(draw)

    def _collect(self, running: dict[Any, str], wait_seconds: float = _LOOK_SECONDS) -> None:
        """Take out of `running` what has ended, and note why."""
        if not running:
            return
        done, _ = ray.wait(list(running), timeout=wait_seconds, fetch_local=False)
        for reference in done:
            self._end_of(running.pop(reference), reference)

    def _end_of(self, name: str, reference: Any) -> None:
        try:
            ray.get(reference)
            self.picture.ended[name] = ""
        except AnprError as error:
            # ray's own error carries the remote traceback; its cause is the sentence meant for people
            cause = getattr(error, "cause", error)
            self.picture.ended[name] = f"{type(cause).__name__}: {cause}"
            log.error("%s ended with %s", name, type(cause).__name__)

    def _look(self, draw: Callable[[Picture], None]) -> None:
        picture, node = self.picture, self._node
        asked = {name: actor.status.remote() for name, actor in node.cameras.items()}
        now = time.monotonic()
        for name, reference in asked.items():
            status = _answer(reference)
            if status is not None:
                before = picture.cameras.get(name)
                frames = status.frames - before.frames if before else status.frames
                picture.rates[name] = max(0.0, frames / max(now - self._looked_at, 1e-3))
                picture.cameras[name] = status
        self._looked_at = now
        picture.journal_offset = _answer(node.journal.last_offset.remote()) or picture.journal_offset
        picture.store = _answer(node.store.status.remote()) or picture.store
        picture.matcher = _answer(node.matcher.status.remote()) or picture.matcher
        picture.alerts = _answer(node.alerts.status.remote()) or picture.alerts
        picture.hits = _answer(node.matcher.hits.remote()) or picture.hits
        picture.seconds = now - self._started
        self._discard(now)
        draw(picture)

    def _discard(self, now: float) -> None:
        if now < self._discard_at:
            return
        self._discard_at = now + _DISCARD_EVERY_SECONDS
        if len(self._taken_by_all) == _DISCARD_AFTER_LOOKS:
            self._node.journal.discard_up_to.remote(self._taken_by_all[0])
        if self._node.outbox:
            # while the outbox does not answer, nothing more is forgotten than it allowed before
            self._held = _answer(self._node.outbox.hold.remote()) or self._held
        self._taken_by_all.append(min(self.picture.store[0], self.picture.matcher[0], self._held))


def _answer(reference: Any) -> Any:
    """Return an actor's answer, or None while it is away, busy or in trouble: a view must not stop a run."""
    try:
        return ray.get(reference, timeout=_ANSWER_SECONDS)
    except (GetTimeoutError, RayActorError, AnprError):
        return None
