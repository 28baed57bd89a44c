"""The outbox actor: carries the journal to the national centre."""

from __future__ import annotations

from actors.sending import SendingLoop
from pipeline import metrics
from pipeline.settings import Settings


class OutboxActor:
    """Sends until `stop`. How far it has come is durable, so a restart goes on there."""

    def __init__(self, settings: Settings) -> None:
        metrics.ACTOR_STARTS.labels("outbox").inc()
        self._loop = SendingLoop(settings)

    def run(self) -> None:
        self._loop.run()

    def stop(self) -> None:
        self._loop.stop()

    def status(self) -> tuple[int, int, str]:
        """Return position, lag in reads, and the last failure."""
        return self._loop.status()

    def hold(self) -> int:
        """Return the offset up to which the journal may forget, as far as the centre goes."""
        return self._loop.hold()
