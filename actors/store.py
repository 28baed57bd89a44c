"""The store actor: tails the journal into Delta Lake."""

from __future__ import annotations

from actors.tailing import TailLoop
from pipeline import bootstrap, metrics
from pipeline.clock import SystemClock
from pipeline.settings import Settings


class StoreActor:
    """Commits journal entries to the store; where it stands is in the store's own transactions."""

    def __init__(self, settings: Settings) -> None:
        metrics.ACTOR_STARTS.labels("store").inc()
        self._tail = bootstrap.store_tail(settings)
        self._loop = TailLoop("store", self._tail, SystemClock())

    def run(self) -> None:
        self._loop.run()

    def stop(self) -> None:
        self._loop.stop()

    def status(self) -> tuple[int, int, str]:
        """Return position, lag in reads, and the last failure."""
        return self._tail.position, self._tail.lag, self._loop.failure
