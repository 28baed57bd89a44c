"""What a node answers over HTTP, without Ray: /metrics for Prometheus, /status for `anpr status`, and /ready.

/ready is 200 while the node belongs to a run whose driver has been heard of lately, 503 otherwise; nothing that is said
here needs a permission.
On failure: Unavailable when the port cannot be had.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client.exposition import ThreadingWSGIServer

from pipeline.errors import Unavailable
from pipeline.node_settings import MetricsSettings

_HEARD_SECONDS = 15.0
_NOTHING = b'{"at": "1970-01-01T00:00:00Z", "cameras": [], "nodes": []}'
Environment = dict[str, Any]
Answering = Callable[[Environment, Callable[..., Any]], Iterable[bytes]]


class NodePage:
    """Serves from `start` on; `metrics` answers everything but the two pages of its own."""

    def __init__(self, metrics: Answering) -> None:
        self._metrics = metrics
        self._status = _NOTHING
        self._heard_at = float("-inf")

    def start(self, settings: MetricsSettings) -> int:
        """Return the port."""
        kind: Any = type("Server", (ThreadingWSGIServer,), {"address_family": _family(settings.host)})
        try:
            server: Any = make_server(settings.host, settings.port, self._answer, kind, handler_class=_Quiet)
        except OSError as error:
            raise Unavailable(
                f"the metrics port {settings.port} cannot be used ({error.strerror}); set another in [metrics] port"
            ) from error
        threading.Thread(target=server.serve_forever, name="node-page", daemon=True).start()
        return int(server.server_port)

    def tell(self, status: bytes) -> None:
        """Take the newest status, as JSON."""
        self._status, self._heard_at = status, time.monotonic()

    def _answer(self, environment: Environment, start: Callable[..., Any]) -> Iterable[bytes]:
        path = environment.get("PATH_INFO", "")
        if path == "/status":
            return _plain(start, "200 OK", "application/json", self._status)
        if path == "/ready":
            if time.monotonic() - self._heard_at <= _HEARD_SECONDS:
                return _plain(start, "200 OK", "text/plain", b"ready\n")
            return _plain(start, "503 Service Unavailable", "text/plain", b"no driver was heard of lately\n")
        return self._metrics(environment, start)


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log no request."""


def _family(host: str) -> int:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _plain(start: Callable[..., Any], status: str, kind: str, content: bytes) -> Iterable[bytes]:
    start(status, [("Content-Type", kind), ("Content-Length", str(len(content)))])
    return [content]
