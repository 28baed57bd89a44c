"""The loop of an outbox: steps until it is stopped, then sends what is left for as long as the peer takes it."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress

from actors.following import Following
from actors.services.national_peer import NationalPeer
from pipeline import bootstrap_offices, bootstrap_share, metrics
from pipeline.clock import SystemClock
from pipeline.errors import AnprError
from pipeline.settings import Settings

log = logging.getLogger(__name__)
_POLL_SECONDS = 0.05
_RETRY_SECONDS = 1.0
_DRAIN_SECONDS = 10.0
"""A run that ends waits so long for the peer; what is left is sent by the next run."""


def outbox_name(office: str) -> str:
    """Return what the outbox to that back office is called; empty is that to the national centre."""
    return f"outbox-{office}" if office else "outbox"


class SendingLoop:
    """One peer's outbox over the network: the national centre's, or that of the back office called `office`. `run`
    returns after `stop`; it raises what no retry can mend."""

    def __init__(self, settings: Settings, office: str = "") -> None:
        peer = bootstrap_offices.back_office(settings, office) if office else NationalPeer(settings)
        settings = bootstrap_offices.settings_towards(settings, office) if office else settings
        self._peer = peer
        self._outbox, self._erasures = bootstrap_share.outbox(settings, self._peer)
        self._clock = SystemClock()
        self._stopping = threading.Event()
        self._following: Following | None = None
        if settings.share.with_hotlists and isinstance(peer, NationalPeer):
            self._following = Following(settings, peer)
        self._name = outbox_name(office)
        self._failures = metrics.CONSUMER_FAILURES.labels(self._name)
        self._ended = metrics.CONSUMER_ENDED.labels(self._name)
        self._stepped = metrics.CONSUMER_STEP.labels(self._name)
        self._said = (self._outbox.position, 0, "")
        self._hold = self._outbox.hold()

    def run(self) -> None:
        give_up_at = float("inf")
        self._ended.set(0)
        if self._following is not None:
            self._following.start()
        try:
            while True:
                now = self._clock.monotonic()
                if self._stopping.is_set():
                    give_up_at = min(give_up_at, now + _DRAIN_SECONDS)
                    if self._outbox.is_done or self._outbox.failure or now >= give_up_at:
                        return
                self._step(now)
                self._outbox.wait(_POLL_SECONDS)
        finally:
            if self._following is not None:
                self._following.stop()
            self._outbox.close()
            self._peer.close()

    def stop(self) -> None:
        self._stopping.set()

    def status(self) -> tuple[int, int, str]:
        """Return up to where reads have arrived, how many have not, and what last failed."""
        return self._said

    def hold(self) -> int:
        """Return the offset up to which the journal may forget."""
        return self._hold

    def _step(self, now: float) -> None:
        self._stepped.set(self._clock.now().timestamp())
        try:
            self._outbox.step(now)
            self._erasures.step(now)
            self._hold = self._outbox.hold()
            # other threads are told what this one saw: the outbox is for one thread
            self._said = (self._outbox.position, self._outbox.lag, self._outbox.failure)
        except AnprError as error:
            self._failures.inc()
            log.warning("%s: %s", self._name, error)
            self._said = (*self._said[:2], str(error))
            # what fails may be the journal itself, which then does not tell
            with suppress(AnprError):
                self._outbox.measure()
                self._said = (self._outbox.position, self._outbox.lag, str(error))
            if not error.retry_can_help:
                self._ended.set(1)
                raise
            time.sleep(_RETRY_SECONDS)
