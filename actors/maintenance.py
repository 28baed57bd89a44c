"""The maintenance actor: keeps the store compact, sound and within its limit, beside whoever writes and reads."""

from __future__ import annotations

import logging
import threading

from pipeline import bootstrap, metrics
from pipeline.errors import AnprError
from pipeline.settings import Settings

log = logging.getLogger(__name__)
_PAUSE_SECONDS = 1.0


class MaintenanceActor:
    """Runs the caretaker until `stop`. What fails is counted, told and tried again at its next turn."""

    def __init__(self, settings: Settings) -> None:
        metrics.ACTOR_STARTS.labels("maintenance").inc()
        self._caretaker = bootstrap.caretaker(settings)
        self._stopping = threading.Event()
        self._failure = ""

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                if self._caretaker.step():
                    self._failure = ""
            except AnprError as error:
                metrics.CONSUMER_FAILURES.labels("maintenance").inc()
                self._failure = str(error)
                log.warning("maintenance: %s", error)
            self._stopping.wait(_PAUSE_SECONDS)

    def stop(self) -> None:
        self._stopping.set()

    def status(self) -> str:
        """Return what last failed; empty while all is well."""
        return self._failure
