"""A thread for each webhook, so that one that does not answer keeps no other waiting."""

from __future__ import annotations

import logging
import threading

from pipeline import metrics
from pipeline.alert.webhook import Webhook
from pipeline.domain.ports import Clock
from pipeline.errors import AnprError

log = logging.getLogger(__name__)
_POLL_SECONDS = 0.1
_RETRY_SECONDS = 1.0


class DeliveryThread:
    """Steps a webhook until `stop`; then once more over what is due, without waiting for a target that fails."""

    def __init__(self, webhook: Webhook, clock: Clock) -> None:
        self._webhook = webhook
        self._clock = clock
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"webhook-{webhook.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            ending = self._stopping.is_set()
            try:
                delivered = self._webhook.step(self._clock.monotonic())
            except AnprError as error:
                metrics.CONSUMER_FAILURES.labels(f"webhook-{self._webhook.name}").inc()
                log.warning("webhook %s: %s", self._webhook.name, error)
                if ending:
                    return
                self._stopping.wait(_RETRY_SECONDS)
                continue
            if not delivered:
                if ending:
                    return
                self._stopping.wait(_POLL_SECONDS)
