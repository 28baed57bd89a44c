"""The maintenance actor: keeps the store compact, sound and within its limit, beside whoever writes and reads, and
tells the audit log what was collected, altered and erased."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from pipeline import bootstrap, bootstrap_audit, metrics
from pipeline.errors import AnprError
from pipeline.settings import Settings

log = logging.getLogger(__name__)
_PAUSE_SECONDS = 1.0


class MaintenanceActor:
    """Runs the caretaker until `stop`. What fails is counted, told and tried again at its next turn."""

    def __init__(self, settings: Settings) -> None:
        metrics.ACTOR_STARTS.labels("maintenance").inc()
        stamper = bootstrap_audit.stamper(settings)
        self._steps = [
            bootstrap.caretaker(settings).step,
            bootstrap_audit.scribe(settings).step,
            *([stamper.step] if stamper else []),
        ]
        self._failures = metrics.CONSUMER_FAILURES.labels("maintenance")
        self._stopping = threading.Event()
        self._failure = ""

    def run(self) -> None:
        while not self._stopping.is_set():
            for step in self._steps:
                self._do(step)
            self._stopping.wait(_PAUSE_SECONDS)

    def _do(self, step: Callable[[], bool]) -> None:
        try:
            if step():
                self._failure = ""
        except AnprError as error:
            self._failures.inc()
            self._failure = str(error)
            log.warning("maintenance: %s", error)

    def stop(self) -> None:
        self._stopping.set()

    def status(self) -> str:
        """Return what last failed; empty while all is well."""
        return self._failure
