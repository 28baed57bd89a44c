"""The metrics actor: one Prometheus endpoint for every process of the node, alive or gone."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.core import Metric
from prometheus_client.multiprocess import MultiProcessCollector

from actors.counter_folder import FOLDER_VARIABLE
from actors.counters import NodeCounters
from actors.node_figures import node_figures
from actors.node_page import NodePage
from actors.placed import PlacedCameras
from actors.senders import SenderLine
from actors.status import LEFT, from_json
from actors.targets import withdraw_targets, write_targets
from pipeline import metrics
from pipeline.settings import Settings

log = logging.getLogger(__name__)


class NodeCollector:
    """Sums what the node's processes have counted, and adds what is looked up. Safe for many scrapes at once.

    `senders` gives what the driver last told of the cameras that read by themselves, `placed` where it has the others.
    """

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        senders: Callable[[], Sequence[SenderLine]] = tuple,
        placed: PlacedCameras | None = None,
    ) -> None:
        self._counters = NodeCounters(folder)
        self._settings = settings
        self._senders = senders
        self._placed = placed
        self._lock = threading.Lock()

    def collect(self) -> Iterator[Metric]:
        with self._lock:
            try:
                self._counters.fold()
            except OSError as error:
                log.warning("counters of dead processes wait to be added up, they still count: %s", error.strerror)
            counted = list(MultiProcessCollector.merge([str(path) for path in self._counters.files()]))
            actors = self._counters.actors()
        yield from counted
        yield from node_figures(self._settings, actors, self._senders())
        if self._placed is not None:
            yield self._placed.told(counted)
            yield self._placed.left()


class MetricsActor:
    """Serves the node's page on the address of the settings, tells Prometheus where that is, and keeps whether the
    node is asked to leave."""

    def __init__(self, settings: Settings) -> None:
        metrics.ACTOR_STARTS.labels("metrics").inc()
        registry = CollectorRegistry()
        self._settings, self._name = settings, settings.metrics.node or socket.gethostname()
        self._senders: Sequence[SenderLine] = ()
        self._placed = PlacedCameras(self._name)
        folder = Path(os.environ[FOLDER_VARIABLE])
        registry.register(NodeCollector(folder, settings, lambda: self._senders, self._placed))
        self._page = NodePage(make_wsgi_app(registry))
        self._port = self._page.start(settings.metrics)
        write_targets(settings, self._port)
        self._leaving = False
        # its driver starts it, and Ray starts it again: from here on it should be heard of
        metrics.DRIVER_HEARD.set_to_current_time()

    def port(self) -> int:
        return self._port

    def tell(self, status: bytes, unplaced: int = 0) -> None:
        """Take what /status shows from now on, as JSON, and how many cameras no node runs."""
        metrics.CAMERAS_UNPLACED.set(unplaced)
        metrics.DRIVER_HEARD.set_to_current_time()
        self._page.tell(status)
        told = from_json(status)
        if any((one.node, one.state) == (self._name, LEFT) for one in told.nodes):
            withdraw_targets(self._settings)
            return
        self._senders = told.senders
        self._placed.hear(told)

    def leave(self) -> None:
        """Ask the driver to take everything away from this node."""
        self._leaving = True

    def leaving(self) -> bool:
        return self._leaving
