"""The one place where a gRPC server is built: its address, its certificates, its limits, its health.

It runs in a thread with an event loop of its own, so that a caller who reads slowly holds a coroutine and no thread.
On failure: Unavailable when the port cannot be had, SettingsError when the certificates cannot be used.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from pipeline.errors import AnprError, SettingsError, Unavailable
from pipeline.settings import ServicesSettings

_GRACE_SECONDS = 1.0
_START_SECONDS = 30.0


class Service(Protocol):
    """A servicer that knows its name and how to join a server; `add_to` is called in the server's event loop."""

    name: str

    def add_to(self, server: grpc.aio.Server) -> None: ...


class ServiceServer:
    """Serves from `start` until `stop`. `interceptors` run in the order given."""

    def __init__(
        self,
        settings: ServicesSettings,
        services: Sequence[Service],
        interceptors: Sequence[grpc.aio.ServerInterceptor] = (),
    ) -> None:
        self._settings = settings
        self._services = services
        self._interceptors = interceptors
        self._started = threading.Event()
        self._failure: AnprError | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="services", daemon=True)
        self.port = 0

    def start(self) -> int:
        """Return the port once callers are answered."""
        self._thread.start()
        if not self._started.wait(_START_SECONDS):
            raise Unavailable("the services did not start in time")
        if self._failure is not None:
            raise self._failure
        return self.port

    def stop(self) -> None:
        """Let calls under way end for a moment, then cut them off."""
        if self._loop is not None and self._stopping is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        server = grpc.aio.server(interceptors=list(self._interceptors), options=_options(self._settings))
        try:
            self.port = _bind(server, self._settings)
            healths = await self._add_all(server)
            await server.start()
        except AnprError as error:
            self._failure = error
            return
        finally:
            self._started.set()
        await self._stopping.wait()
        await healths.enter_graceful_shutdown()
        await server.stop(_GRACE_SECONDS)

    async def _add_all(self, server: grpc.aio.Server) -> health.aio.HealthServicer:
        healths = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(healths, server)
        for service in self._services:
            service.add_to(server)
            await healths.set(service.name, health_pb2.HealthCheckResponse.SERVING)
        return healths


def _options(settings: ServicesSettings) -> list[tuple[str, int]]:
    return [
        # two servers on one port would each get some of the callers
        ("grpc.so_reuseport", 0),
        ("grpc.max_receive_message_length", settings.most_message_kibibytes * 1024),
        ("grpc.max_concurrent_streams", settings.most_streams),
        # a caller that vanished without a word is noticed within a minute
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.keepalive_timeout_ms", 10_000),
    ]


def _bind(server: grpc.aio.Server, settings: ServicesSettings) -> int:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"{host}:{settings.port}"
    try:
        if settings.certificate_file:
            return server.add_secure_port(address, _credentials(settings))
        return server.add_insecure_port(address)
    except RuntimeError as error:
        raise Unavailable(
            f"the services' port {settings.port} cannot be used; set another in [services] port"
        ) from error


def _credentials(settings: ServicesSettings) -> grpc.ServerCredentials:
    try:
        key, certificate, authorities = (
            Path(file).read_bytes()
            for file in (settings.key_file, settings.certificate_file, settings.client_authorities_file)
        )
    except OSError as error:
        raise SettingsError([f"[services] {error.filename}: cannot be read: {error.strerror}"]) from error
    return grpc.ssl_server_credentials([(key, certificate)], authorities, require_client_auth=True)
