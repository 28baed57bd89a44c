"""One node's work from its driver's side: begun, looked at, and ended in the order that loses nothing.

Order of the end: what reads come from first (cameras, and the endpoint for those of other makers), then store and
matcher take all of the journal, then the alerts take all of the hits. An outbox sends what its peer takes within
seconds, and the rest next time. Who is asked to stop is asked again until it has: an actor that restarted has
forgotten.
On failure: what ends with an error of the project's is noted in the picture, and the rest goes on. One of `GONE` is
raised when an actor cannot come back: its whole node is gone.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import Any

import ray

from actors.picture import Picture, answers
from actors.topology import Node
from pipeline.errors import AnprError

log = logging.getLogger(__name__)
_ASK_AGAIN_SECONDS = 2.0
_DISCARD_EVERY_SECONDS = 60.0
_DISCARD_AFTER_LOOKS = 10
"""Entries leave the journal ten minutes after all have taken them: by then the store's files have long left the
kernel's cache for the disk, which Delta Lake's commits on a folder do not wait for."""


class NodeRun:
    """The cameras and the consumers of one node while they run."""

    def __init__(self, node: Node, *, shows_hits: bool) -> None:
        self.node = node
        self._shows_hits = shows_hits
        self.picture = Picture()
        self.cameras = dict(node.cameras)
        """Every camera that was ever begun here, by name."""
        self._running: dict[Any, str] = {}
        self._joined = {node.join.run.remote(): "join"} if node.join else {}
        tails = {"store": node.store, "matcher": node.matcher, **node.outboxes}
        self._tails = {actor.run.remote(): name for name, actor in tails.items()}
        self._alerts = {node.alerts.run.remote(): "alerts"}
        # never waited for: it may be killed in the middle of anything it does
        node.maintenance.run.remote()
        self._stopping: set[str] = set()
        self._stopping_cameras: set[str] = set()
        self._asked_at: dict[str, float] = {}
        self._started = self._looked_at = time.monotonic()
        self._taken_by_all: deque[int] = deque(maxlen=_DISCARD_AFTER_LOOKS)
        self._discard_at = self._started + _DISCARD_EVERY_SECONDS
        self._held = dict.fromkeys(node.outboxes, 0)

    def run_camera(self, name: str, actor: Any) -> None:
        self.cameras[name] = actor
        self.picture.ended.pop(name, None)
        self._stopping_cameras.discard(name)
        self._running[actor.run.remote()] = name

    def forget_camera(self, name: str) -> Any:
        """Return the actor of a camera whose work here is over, as if it had never been here."""
        self.picture.cameras.pop(name, None)
        self.picture.ended.pop(name, None)
        return self.cameras.pop(name)

    @property
    def running(self) -> frozenset[str]:
        """The cameras whose work is not over."""
        return frozenset(self._running.values())

    @property
    def working(self) -> bool:
        """Whether reads may still come from somewhere."""
        return bool(self._running or self._joined)

    @property
    def over(self) -> bool:
        """Whether everything has been carried on as far as it goes, after `stop_consumers`."""
        return not self.working and not self._tails and not self._alerts

    def stop_camera(self, name: str) -> None:
        """Ask a camera to make its reads durable and end."""
        self._stopping_cameras.add(name)

    def stop_sources(self) -> None:
        """Ask everything that reads come from to make them durable and end."""
        self._stopping_cameras |= self.running
        self._stopping.add("join")

    def stop_consumers(self) -> None:
        """Ask store, matcher and alerts to take what is there and end. Nothing may be `working` any more."""
        self._stopping |= {"store", "matcher", *self.node.outboxes}

    def collect(self, wait_seconds: float) -> None:
        """Note what has ended, waiting so long for the first end."""
        kinds = (self._running, self._joined, self._tails, self._alerts)
        going = [reference for one in kinds for reference in one]
        done, _ = ray.wait(going, timeout=wait_seconds, fetch_local=False) if going else ([], [])
        for reference in done:
            (running,) = (one for one in kinds if reference in one)
            self._note_end(running.pop(reference), reference)
        if "store" in self._stopping and not self._tails:
            self._stopping |= {"maintenance", "alerts"}
        self._ask_to_stop()

    def look(self) -> None:
        """Bring the picture up to date."""
        picture, node = self.picture, self.node
        asked = {f"camera {name}": self.cameras[name].status.remote() for name in self.cameras}
        asked |= {
            "journal": node.journal.last_offset.remote(),
            "store": node.store.status.remote(),
            "matcher": node.matcher.status.remote(),
            "alerts": node.alerts.status.remote(),
        }
        if node.join is not None:
            asked["join"] = node.join.status.remote()
        if self._shows_hits:
            asked["hits"] = node.matcher.hits.remote()
        given = answers(asked)
        now = time.monotonic()
        for name in self.cameras:
            status = given.get(f"camera {name}")
            if status is not None:
                before = picture.cameras.get(name)
                frames = status.frames - before.frames if before else status.frames
                picture.rates[name] = max(0.0, frames / max(now - self._looked_at, 1e-3))
                picture.cameras[name] = status
        self._looked_at = now
        picture.journal_offset = given.get("journal", picture.journal_offset)
        picture.store = given.get("store", picture.store)
        picture.matcher = given.get("matcher", picture.matcher)
        picture.alerts = given.get("alerts", picture.alerts)
        picture.senders |= {
            name: sender.kept_from(picture.senders.get(name)) for name, sender in given.get("join", {}).items()
        }
        picture.hits = given.get("hits", picture.hits)
        picture.seconds = now - self._started
        self._discard(now)

    def _note_end(self, name: str, reference: Any) -> None:
        try:
            ray.get(reference)
            self.picture.ended[name] = ""
        except AnprError as error:
            # ray's own error carries the remote traceback; its cause is the sentence meant for people
            cause = getattr(error, "cause", error)
            self.picture.ended[name] = f"{type(cause).__name__}: {cause}"
            log.error("%s ended with %s", name, type(cause).__name__)

    def _ask_to_stop(self) -> None:
        going = {*self._joined.values(), *self._tails.values(), *self._alerts.values(), "maintenance"}
        services = going & self._stopping
        actors = {f"camera {name}": self.cameras[name] for name in self._stopping_cameras & self.running}
        everyone = self.node.everyone()
        actors |= {name: everyone[name] for name in services}
        now = time.monotonic()
        for name, actor in actors.items():
            if now - self._asked_at.get(name, -_ASK_AGAIN_SECONDS) >= _ASK_AGAIN_SECONDS:
                self._asked_at[name] = now
                actor.stop.remote()

    def _discard(self, now: float) -> None:
        if now < self._discard_at:
            return
        self._discard_at = now + _DISCARD_EVERY_SECONDS
        if len(self._taken_by_all) == _DISCARD_AFTER_LOOKS:
            self.node.journal.discard_up_to.remote(self._taken_by_all[0])
        # while an outbox does not answer, nothing more is forgotten than it allowed before
        self._held |= answers({name: outbox.hold.remote() for name, outbox in self.node.outboxes.items()})
        self._taken_by_all.append(min(self.picture.store[0], self.picture.matcher[0], *self._held.values()))
