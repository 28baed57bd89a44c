"""The outbox actor: carries the journal to the national centre, or to an older back office."""

from __future__ import annotations

from actors.garbage import look_seldom
from actors.sending import SendingLoop, outbox_name
from pipeline import metrics
from pipeline.settings import Settings


def sent_to(settings: Settings) -> list[str]:
    """Return whom reads are sent to: back offices by name, and nothing for the national centre."""
    return [*([""] if settings.share.peer else []), *settings.join.back_offices]


class OutboxActor:
    """Sends until `stop`. How far it has come is durable, so a restart goes on there."""

    def __init__(self, settings: Settings, office: str = "") -> None:
        metrics.ACTOR_STARTS.labels(outbox_name(office)).inc()
        self._loop = SendingLoop(settings, office)
        look_seldom()

    def run(self) -> None:
        self._loop.run()

    def stop(self) -> None:
        self._loop.stop()

    def status(self) -> tuple[int, int, str]:
        """Return position, lag in reads, and the last failure."""
        return self._loop.status()

    def hold(self) -> int:
        """Return the offset up to which the journal may forget, as far as its peer goes."""
        return self._loop.hold()
