"""So many connections at once, and no more: those beyond are closed before anything of them is read.

A connection counts from the moment it is accepted, so that handshakes that nobody finishes are bounded too.
On failure: `listen` raises OSError; a handshake that fails or takes too long ends with its connection.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from functools import partial

log = logging.getLogger(__name__)
_HANDSHAKE_SECONDS = 10.0
_WAITING_IN_THE_KERNEL = 100
_PAUSE_SECONDS = 1.0


class Connections:
    """Makes the protocol of each connection: `inner` makes the one that speaks HTTP; `context` is None without TLS.
    Used in one event loop."""

    def __init__(self, inner: Callable[[], asyncio.Protocol], context: ssl.SSLContext | None, most: int) -> None:
        self._inner = inner
        self._context = context
        self._most = most
        self._sockets: list[socket.socket] = []
        self._accepting: list[asyncio.Task[None]] = []
        self._beginning: set[asyncio.Task[None]] = set()
        self.met: set[asyncio.Transport] = set()
        """The transports of those that have begun, with TLS after their handshake."""

    async def listen(self, host: str, port: int) -> int:
        """Begin to accept; return the port. Raises OSError."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, address in dict.fromkeys((family, address) for family, _, _, _, address in found):
            try:
                one = socket.create_server(address[:2], family=family, backlog=_WAITING_IN_THE_KERNEL)
            except OSError:
                self._close_sockets()
                raise
            one.setblocking(False)
            self._sockets.append(one)
        self._accepting = [asyncio.create_task(self._accept(one)) for one in self._sockets]
        return int(self._sockets[0].getsockname()[1])

    async def refuse_more(self) -> None:
        """Accept no more, and end the handshakes under way."""
        under_way = [*self._accepting, *self._beginning]
        for one in under_way:
            one.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        self._close_sockets()

    async def cut(self) -> None:
        """Close what is still open without waiting for the other ends: one that never says goodbye would keep its
        socket beyond the end of the event loop."""
        for one in list(self.met):
            one.abort()
        while self.met:
            await asyncio.sleep(0)

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, _ = await loop.sock_accept(listening)
            except OSError as error:
                # no more files, or a caller that was gone at once
                log.warning("a connection could not be accepted: %s", error.strerror)
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            if len(self.met) + len(self._beginning) >= self._most:
                accepted.close()
                continue
            task = asyncio.create_task(self._begin(accepted))
            self._beginning.add(task)
            task.add_done_callback(partial(self._begun, accepted))

    def _begun(self, accepted: socket.socket, task: asyncio.Task[None]) -> None:
        self._beginning.discard(task)
        if task.cancelled():
            # it may not have got as far as to belong to a transport
            accepted.close()

    async def _begin(self, accepted: socket.socket) -> None:
        seconds = _HANDSHAKE_SECONDS if self._context else None
        loop = asyncio.get_running_loop()
        try:
            await loop.connect_accepted_socket(
                lambda: _Connection(self.met, self._inner()), accepted, ssl=self._context, ssl_handshake_timeout=seconds
            )
        except OSError:
            # of the handshake, ssl.SSLError is one: whoever it was is gone, or speaks no TLS that we speak
            return

    def _close_sockets(self) -> None:
        for one in self._sockets:
            one.close()
        self._sockets = []


class _Connection(asyncio.Protocol):
    """Passes everything on to `inner`, and is among `met` while it lasts."""

    def __init__(self, met: set[asyncio.Transport], inner: asyncio.Protocol) -> None:
        self._met = met
        self._inner = inner
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._met.add(transport)
        self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            self._met.discard(self._transport)
        self._inner.connection_lost(exc)
