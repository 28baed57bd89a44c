"""The one endpoint of a national centre: what its two processes have counted, alive or gone, told as a node tells it.

On failure: a port that cannot be had, or a list of targets that cannot be written, is told as an error, and the centre
goes on: that nobody watches it is no reason to take no reads.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

from prometheus_client import CollectorRegistry, make_wsgi_app

from actors.metrics import NodeCollector
from actors.node_page import NodePage
from actors.targets import write_target_without_ray
from actors.versions import version
from pipeline.domain.ports import Clock
from pipeline.errors import Unavailable
from pipeline.settings import Settings

log = logging.getLogger(__name__)


class CentrePage:
    """Serves from `start` on what is counted in `folder`; ready while `tell` is called."""

    def __init__(self, folder: Path, settings: Settings, clock: Clock) -> None:
        registry = CollectorRegistry()
        registry.register(NodeCollector(folder, settings))
        self._page = NodePage(make_wsgi_app(registry))
        self._settings = settings
        self._clock = clock

    def start(self) -> None:
        try:
            write_target_without_ray(self._settings, self._page.start(self._settings.metrics))
        except Unavailable as error:
            log.error("nobody can watch the centre: %s", error)

    def tell(self) -> None:
        """Say that the centre is at work. It has no cameras, and is no node of a cluster."""
        status = {"at": self._clock.now().isoformat(), "cameras": [], "nodes": [], "version": version()}
        self._page.tell(json.dumps(status).encode())
