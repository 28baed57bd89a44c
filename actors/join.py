"""The join actor: cameras of other makers post to it what they read."""

from __future__ import annotations

import threading

import ray

from actors.join_server import JoinServer
from actors.remote import RemoteJournal
from actors.senders import SenderStatus
from pipeline import bootstrap_join, metrics
from pipeline.clock import SystemClock
from pipeline.settings import Settings


class JoinActor:
    """Serves while it lives. A restart takes the same port again unless the settings leave it open."""

    def __init__(self, settings: Settings, journal: str) -> None:
        metrics.ACTOR_STARTS.labels("join").inc()
        desk = bootstrap_join.join_desk(settings, RemoteJournal(ray.get_actor(journal)))
        self._server = JoinServer(settings.join, desk, SystemClock())
        self._port = self._server.start()
        self._stopping = threading.Event()

    def run(self) -> None:
        """Return after `stop`, when what was under way has been answered."""
        self._stopping.wait()
        self._server.stop()

    def port(self) -> int:
        """Return the port at which senders are answered."""
        return self._port

    def status(self) -> dict[str, SenderStatus]:
        """Return what is known of each sender."""
        return self._server.status()

    def stop(self) -> None:
        self._stopping.set()
