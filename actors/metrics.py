"""The metrics actor: one Prometheus endpoint for every process of the node, alive or gone."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import Metric
from prometheus_client.multiprocess import MultiProcessCollector

from actors.counters import FOLDER_VARIABLE, NodeCounters
from actors.node_figures import node_figures
from pipeline import metrics
from pipeline.errors import Unavailable
from pipeline.settings import Settings

log = logging.getLogger(__name__)


class NodeCollector:
    """Sums what the node's processes have counted, and adds what is looked up. Safe for many scrapes at once."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self._counters = NodeCounters(folder)
        self._settings = settings
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
        yield from node_figures(self._settings, actors)


class MetricsActor:
    """Serves /metrics on the address of the settings."""

    def __init__(self, settings: Settings) -> None:
        metrics.ACTOR_STARTS.labels("metrics").inc()
        registry = CollectorRegistry()
        registry.register(NodeCollector(Path(os.environ[FOLDER_VARIABLE]), settings))
        where = settings.metrics
        try:
            server, _ = start_http_server(where.port, addr=where.host, registry=registry)
        except OSError as error:
            raise Unavailable(
                f"the metrics port {where.port} cannot be used ({error.strerror}); set another in [metrics] port"
            ) from error
        self._port = server.server_port

    def port(self) -> int:
        return int(self._port)
