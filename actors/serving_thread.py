"""A thread with an event loop of its own, in which a server serves until it is stopped.

On failure: `start` raises what kept the server from serving.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine

from pipeline.errors import AnprError, Unavailable

_START_SECONDS = 30.0


class ServingThread:
    """Runs `serve`, which calls `up` with its port once callers are answered, and ends soon after `stopping` is set."""

    def __init__(self, name: str, serve: Callable[[ServingThread], Coroutine[None, None, None]]) -> None:
        self._name = name
        self._serve = serve
        self._settled = threading.Event()
        self._failure: AnprError | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._port: int | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name=name, daemon=True)
        self.stopping = asyncio.Event()

    def start(self) -> int:
        """Return the port once callers are answered."""
        self._thread.start()
        settled = self._settled.wait(_START_SECONDS)
        if self._failure is not None:
            raise self._failure
        if not settled or self._port is None:
            raise Unavailable(f"{self._name} did not start")
        return self._port

    def up(self, port: int) -> None:
        """Say that callers are answered at `port`."""
        self._port = port
        self._settled.set()

    def stop(self) -> None:
        """Ask the server to end, and wait until it has."""
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self.stopping.set)
        self._thread.join()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        try:
            await self._serve(self)
        except AnprError as error:
            if self._settled.is_set():
                raise
            self._failure = error
        finally:
            self._settled.set()
