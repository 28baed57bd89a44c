"""So many connections at once, and no more: those beyond are closed before anything of them is read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Connections:
    """Makes the protocol of each connection: `inner` makes the one that speaks HTTP. Used in one event loop."""

    def __init__(self, inner: Callable[[], asyncio.Protocol], most: int) -> None:
        self._inner = inner
        self._most = most
        self.open = 0
        self.transports: set[asyncio.Transport] = set()
        """Of all that are not closed yet, those that were turned away too."""

    def one_more(self) -> asyncio.Protocol:
        return _Connection(self, self._inner)

    def has_room(self) -> bool:
        return self.open < self._most

    async def cut(self) -> None:
        """Close what is still open without waiting for the other ends: one that never says goodbye would keep its
        socket beyond the end of the event loop."""
        for one in list(self.transports):
            one.abort()
        while self.transports:
            await asyncio.sleep(0)


class _Connection(asyncio.Protocol):
    """Counted when it is met, which with TLS is after the handshake, and not when it is accepted."""

    def __init__(self, all_: Connections, inner: Callable[[], asyncio.Protocol]) -> None:
        self._all = all_
        self._make = inner
        self._inner: asyncio.Protocol | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._all.transports.add(transport)
        if not self._all.has_room():
            transport.close()
            return
        self._all.open += 1
        self._inner = self._make()
        self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self._inner is not None:
            self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received() if self._inner is not None else None

    def pause_writing(self) -> None:
        if self._inner is not None:
            self._inner.pause_writing()

    def resume_writing(self) -> None:
        if self._inner is not None:
            self._inner.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            self._all.transports.discard(self._transport)
        if self._inner is not None:
            self._all.open -= 1
            self._inner.connection_lost(exc)
