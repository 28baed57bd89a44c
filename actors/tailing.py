"""The loop of a journal consumer: step, publish the lag, wait for more; a failing step is counted and tried again."""

from __future__ import annotations

import logging
import threading
from typing import Protocol

from pipeline import metrics
from pipeline.domain.ports import Clock
from pipeline.errors import AnprError

log = logging.getLogger(__name__)
_POLL_SECONDS = 0.05
_RETRY_SECONDS = 1.0


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
        self._stopping = threading.Event()
        self.failure = ""
        """What the last step failed of; empty while all is well."""

    def run(self) -> None:
        while True:
            ending = self._stopping.is_set()
            try:
                taken = self._tail.step(self._clock.monotonic())
                if ending and not taken:
                    self._tail.finish()
                self.failure = ""
                metrics.JOURNAL_LAG.labels(self._consumer).set(self._tail.lag)
            except AnprError as error:
                if not error.retry_can_help:
                    raise
                self.failure = str(error)
                metrics.CONSUMER_FAILURES.labels(self._consumer).inc()
                log.warning("%s: will retry: %s", self._consumer, error)
                taken = 0
                if ending:
                    raise
                self._stopping.wait(_RETRY_SECONDS)
            if ending and not taken:
                return
            if not taken:
                self._stopping.wait(_POLL_SECONDS)

    def stop(self) -> None:
        self._stopping.set()
