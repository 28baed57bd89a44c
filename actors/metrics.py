"""The metrics actor: one Prometheus endpoint for every process of the node, alive or gone."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from pipeline import metrics
from pipeline.errors import Unavailable
from pipeline.settings import MetricsSettings

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_PROCESS = re.compile(r"_(\d+)\.db$")
_PREFIX = "anpr-metrics-"
# counters are memory-mapped: on a disk that fills up, touching a new page would kill the process that counts
_MEMORY = Path("/dev/shm")


def counters_folder(owner: int) -> Path:
    """Return a new folder for the counters of the run whose driver is process `owner`; forget those of dead runs."""
    base = _MEMORY if _MEMORY.is_dir() else Path(tempfile.gettempdir())
    for left in base.glob(f"{_PREFIX}*"):
        if not Path(f"/proc/{left.name.removeprefix(_PREFIX)}").exists():
            shutil.rmtree(left, ignore_errors=True)
    folder = base / f"{_PREFIX}{owner}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


class NodeCollector:
    """Sums what the node's processes have counted; gauges of processes that are gone are forgotten first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        registry = CollectorRegistry()
        self._collector = MultiProcessCollector(registry, str(folder))

    def collect(self) -> Any:
        for path in self._folder.glob("gauge_live*.db"):
            found = _PROCESS.search(path.name)
            if found and not Path(f"/proc/{found.group(1)}").exists():
                mark_process_dead(int(found.group(1)), str(self._folder))
        return self._collector.collect()


class MetricsActor:
    """Serves /metrics on the address of the settings."""

    def __init__(self, settings: MetricsSettings) -> None:
        metrics.ACTOR_STARTS.labels("metrics").inc()
        registry = CollectorRegistry()
        registry.register(NodeCollector(Path(os.environ[FOLDER_VARIABLE])))
        try:
            server, _ = start_http_server(settings.port, addr=settings.host, registry=registry)
        except OSError as error:
            raise Unavailable(
                f"the metrics port {settings.port} cannot be used ({error.strerror}); set another in [metrics] port"
            ) from error
        self._port = server.server_port

    def port(self) -> int:
        return int(self._port)
