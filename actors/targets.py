"""Where Prometheus finds a node's endpoints: its own, and beside it that of Ray.

`targets.json` in the settings' folder has the form of Prometheus's file_sd_configs. It is written whenever the endpoint
starts, and emptied when the node has left its cluster; it is replaced as a whole, so that Prometheus reads all or none.
On failure: Unavailable when the file cannot be written.
"""

from __future__ import annotations

import json
import socket
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pipeline.errors import Unavailable
from pipeline.settings import Settings

TARGETS = "targets.json"
_EVERYWHERE = ("", "0.0.0.0", "::")


def write_targets(settings: Settings, port: int) -> None:
    """Write where the metrics of the Ray node are on which this runs; `port` is that of the node's own endpoint."""
    # a national centre has an endpoint and no Ray, and need not load it
    import ray

    own = ray.get_runtime_context().get_node_id()
    (here,) = (one for one in ray.nodes() if one["NodeID"] == own)
    host = here["NodeManagerAddress"] if settings.metrics.host in _EVERYWHERE else settings.metrics.host
    found = [_target(host, port, "anpr", settings)]
    if find_spec("opencensus") and find_spec("aiohttp_cors"):
        # without the packages of ray[default] Ray opens no endpoint, though it names a port
        found.append(_target(here["NodeManagerAddress"], here["MetricsExportPort"], "ray", settings))
    _write(settings, found)


def write_target_without_ray(settings: Settings, port: int) -> None:
    """Write where the metrics are of a process that is a node by itself."""
    host = socket.gethostname() if settings.metrics.host in _EVERYWHERE else settings.metrics.host
    _write(settings, [_target(host, port, "anpr", settings)])


def withdraw_targets(settings: Settings) -> None:
    """Let Prometheus look for nothing here: the node has left as it was asked to, and nobody shall be called for it."""
    _write(settings, [])


def _write(settings: Settings, found: list[dict[str, Any]]) -> None:
    path = Path(settings.folder) / TARGETS
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        raise Unavailable(f"{path}: cannot be written ({error.strerror}); Prometheus finds no target there") from error


def _target(host: str, port: int, endpoint: str, settings: Settings) -> dict[str, Any]:
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    node = settings.metrics.node or socket.gethostname()
    return {"targets": [address], "labels": {"endpoint": endpoint, "node": node}}
