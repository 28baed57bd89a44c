"""The one place where a gRPC server is built: its address, its certificates, its door, its limits, its health.

Nothing is served without a door: every call of every service passes the interceptors in front of it. It runs in a
thread with an event loop of its own, so that a caller who reads slowly holds a coroutine and no thread.
On failure: Unavailable when the port cannot be had, SettingsError when the certificates cannot be used.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from actors.services.certificates import Certificates
from actors.services.interceptors import interceptors
from actors.serving_thread import ServingThread
from pipeline.access.callers.door import Door
from pipeline.errors import Unavailable
from pipeline.settings import ServicesSettings

_MOST_CALLS = 2000
"""Of all callers together; a stream holds a few kilobytes."""


class Service(Protocol):
    """A servicer that knows its name and how to join a server; `add_to` is called in the server's event loop."""

    name: str

    def add_to(self, server: grpc.aio.Server) -> None: ...


class ServiceServer:
    """Serves from `start` until `stop`, to whom `door` lets in."""

    def __init__(self, settings: ServicesSettings, services: Sequence[Service], door: Door) -> None:
        self._settings = settings
        self._services = services
        self._door = door
        self._thread = ServingThread("the services", self._serve)
        self.port = 0

    def start(self) -> int:
        """Return the port once callers are answered."""
        self.port = self._thread.start()
        return self.port

    def stop(self) -> None:
        """Tell health watchers, let calls under way end for a while, then cut them off."""
        self._thread.stop()

    async def _serve(self, thread: ServingThread) -> None:
        server = grpc.aio.server(
            interceptors=interceptors(self._door, self._settings.limits),
            options=_options(self._settings),
            maximum_concurrent_rpcs=_MOST_CALLS,
        )
        port = _bind(server, self._settings)
        healths = await self._add_all(server)
        await server.start()
        thread.up(port)
        await thread.stopping.wait()
        await healths.enter_graceful_shutdown()
        await server.stop(self._settings.drain_seconds)

    async def _add_all(self, server: grpc.aio.Server) -> health.aio.HealthServicer:
        healths = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(healths, server)
        for service in self._services:
            service.add_to(server)
            await healths.set(service.name, health_pb2.HealthCheckResponse.SERVING)
        if self._settings.reflection:
            names = [service.name for service in self._services]
            reflection.enable_server_reflection([*names, health.SERVICE_NAME, reflection.SERVICE_NAME], server)
        return healths


def _options(settings: ServicesSettings) -> list[tuple[str, int]]:
    limits = settings.limits
    return [
        # two servers on one port would each get some of the callers
        ("grpc.so_reuseport", 0),
        ("grpc.max_receive_message_length", settings.most_message_kibibytes * 1024),
        ("grpc.max_concurrent_streams", settings.most_streams),
        # a caller that vanished without a word is noticed within a minute
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        ("grpc.keepalive_permit_without_calls", 1),
        # callers may do the same
        ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
        ("grpc.max_metadata_size", 16 * 1024),
        # gRPC itself adds a tenth more or less, so that callers do not all come back at once
        ("grpc.max_connection_age_ms", int(limits.connection_seconds * 1000)),
        ("grpc.max_connection_age_grace_ms", int(limits.connection_grace_seconds * 1000)),
    ]


def _bind(server: grpc.aio.Server, settings: ServicesSettings) -> int:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"{host}:{settings.port}"
    try:
        if settings.certificate_file:
            return server.add_secure_port(address, Certificates(settings).credentials())
        return server.add_insecure_port(address)
    except RuntimeError as error:
        raise Unavailable(
            f"the services' port {settings.port} cannot be used; set another in [services] port"
        ) from error
