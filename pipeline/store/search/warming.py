"""Keeps what a search knows of the store's files up to date, in a thread of its own.

On failure: a store that cannot be read now is asked again at the next turn; whoever searches it meanwhile is told why.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

from pipeline.errors import AnprError
from pipeline.store.search.reading import Stop

EVERY_SECONDS = 30.0


class Warmed(Protocol):
    """What learns more the longer it is kept: a `Search`."""

    def warm(self, stop: Stop | None = None) -> int: ...


@contextmanager
def kept_warm(search: Warmed, *, every_seconds: float = EVERY_SECONDS) -> Iterator[None]:
    """Let `search` learn at once, and again every so often what was committed since, until this ends."""
    ended, stop = threading.Event(), Stop()

    def learn() -> None:
        while not ended.is_set():
            # what keeps it from learning it says itself to everybody who asks
            with suppress(AnprError):
                search.warm(stop)
            ended.wait(every_seconds)

    thread = threading.Thread(target=learn, name="warming", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        stop.now()
        thread.join()
