"""The loop of a journal consumer: step, publish the lag, wait for more; a failing step is counted and tried again.

That it has ended before its run, or does not come out of a step, is a metric: whoever waits for what it makes sees
nothing wrong, only nothing.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from typing import Protocol

from pipeline import metrics
from pipeline.domain.ports import Clock
from pipeline.errors import AnprError

log = logging.getLogger(__name__)
_POLL_SECONDS = 0.05
_RETRY_SECONDS = 1.0
_DRAIN_SECONDS = 60.0
"""How long a run that ends goes on trying to carry the rest of the journal over."""


class Tail(Protocol):
    """A consumer that takes journal entries after its own durable position."""

    def step(self, now: float) -> int: ...

    def finish(self) -> None: ...

    @property
    def position(self) -> int: ...

    @property
    def lag(self) -> int: ...


class TailLoop:
    """Runs a tail until `stop` is called, then takes everything up to that moment and returns."""

    def __init__(self, consumer: str, tail: Tail, clock: Clock) -> None:
        self._consumer = consumer
        self._tail = tail
        self._clock = clock
        self._failures = metrics.CONSUMER_FAILURES.labels(consumer)
        self._lag = metrics.JOURNAL_LAG.labels(consumer)
        self._ended = metrics.CONSUMER_ENDED.labels(consumer)
        self._stepped = metrics.CONSUMER_STEP.labels(consumer)
        self._stopping = threading.Event()
        self.failure = ""
        """What the last step failed of; empty while all is well."""

    def run(self) -> None:
        """Return after `stop`, with everything taken. Raises what no retry can mend, or has not mended by then."""
        give_up_at = float("inf")
        self._ended.set(0)
        while True:
            self._stepped.set(self._clock.now().timestamp())
            ending = self._stopping.is_set()
            now = self._clock.monotonic()
            if ending:
                give_up_at = min(give_up_at, now + _DRAIN_SECONDS)
            try:
                taken = self._tail.step(now)
                if ending:
                    self._tail.finish()
                self._lag.set(self._tail.lag)
                self.failure = ""
            except AnprError as error:
                self._failures.inc()
                self.failure = str(error)
                log.warning("%s: %s", self._consumer, error)
                # what fails may be the journal itself, which then does not tell
                with suppress(AnprError):
                    self._lag.set(self._tail.lag)
                if not error.retry_can_help or now >= give_up_at:
                    self._ended.set(1)
                    raise
                time.sleep(_RETRY_SECONDS)
                continue
            if ending:
                return
            if not taken:
                self._stopping.wait(_POLL_SECONDS)

    def stop(self) -> None:
        self._stopping.set()
