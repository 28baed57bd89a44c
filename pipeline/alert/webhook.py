"""One webhook's way through the events: each POSTed, signed, until it is accepted or given up.

Promise: at least once and in order; the cursor moves only after the answer 2xx, or once the event lies durably in the
dead-letter folder. Every other answer, redirects too, is a failure and is tried again after a pause that doubles, with
chance in it so that many targets do not call in step.

On failure: a failed attempt is counted and waited for; Unavailable when the secret, the book or the dead-letter folder
cannot be used now, with nothing lost.
"""

from __future__ import annotations

import json
import logging
import os
import random
from collections.abc import Callable, Mapping
from pathlib import Path

from pipeline import metrics
from pipeline.alert.book import AlertBook
from pipeline.alert.settings import AlertSettings
from pipeline.alert.signature import secret_in, signed_headers
from pipeline.domain.alert import AlertEvent, AlertEventKind
from pipeline.domain.ports import Clock
from pipeline.errors import Unavailable
from pipeline.wire.alert_proto import json_of_event

log = logging.getLogger(__name__)
_BATCH = 16
_ALWAYS_TOLD = (AlertEventKind.RAISED, AlertEventKind.ESCALATED)


class Webhook:
    """`step` makes what calls are due. A webhook never heard of before begins with what happens from then on."""

    def __init__(
        self,
        name: str,
        book: AlertBook,
        *,
        settings: AlertSettings,
        post: Callable[[bytes, Mapping[str, str]], int],
        dead_letters: Path,
        clock: Clock,
        chance: random.Random,
    ) -> None:
        self.name = name
        self._subscriber = f"webhook:{name}"
        self._book = book
        self._settings = settings
        self._target = settings.webhooks[name]
        self._post = post
        self._dead_letters = dead_letters / name
        self._clock = clock
        self._chance = chance
        self._attempts = 0
        self._due = 0.0
        self._cursor = book.acknowledged(self._subscriber)
        self._failed = metrics.ALERT_DELIVERY_FAILURES.labels(self.name)
        self._took = metrics.ALERT_DELIVERY_SECONDS.labels(self.name)
        self._given_up = metrics.ALERT_DEAD_LETTERS.labels(self.name)
        if not book.knows(self._subscriber):
            self._cursor = book.newest_cursor()
            book.acknowledge(self._subscriber, self._cursor)

    def step(self, now: float) -> int:
        """Return how many events were dealt with; `now` is monotonic seconds."""
        if now < self._due:
            return 0
        looked = self._book.events_after(self._cursor, self._target.recipients, _BATCH)
        done = 0
        for event in looked.events:
            wanted = self._target.every_change or event.kind in _ALWAYS_TOLD
            if wanted and not self._deliver(event, now):
                return done
            self._move_to(event.cursor)
            done += 1
        if looked.cursor > self._cursor:
            # events for others need not be looked at again, but are not worth an fsync
            self._cursor = looked.cursor
        return done

    def _deliver(self, event: AlertEvent, now: float) -> bool:
        """Return whether the event is dealt with."""
        body = json_of_event(event, stale_after_seconds=self._settings.stale_after_seconds)
        headers = signed_headers(
            body,
            event_id=f"{event.alert.alert_id}-{event.cursor}",
            at=self._clock.now(),
            key_id=self._target.key_id,
            secret=secret_in(Path(self._target.secret_file)),
        )
        failure = self._call(body, headers | {"content-type": "application/json"})
        if not failure:
            metrics.ALERTS_DELIVERED.labels("webhook").inc()
            self._attempts = 0
            return True
        self._failed.inc()
        self._attempts += 1
        log.warning("webhook %s: attempt %d failed: %s", self.name, self._attempts, failure)
        if self._attempts < self._settings.webhook_attempts:
            whole = self._settings.webhook_first_pause_seconds * 2 ** (self._attempts - 1)
            longest = min(whole, self._settings.webhook_longest_pause_seconds)
            self._due = now + longest * self._chance.uniform(0.5, 1.0)
            return False
        self._give_up(event, body, failure)
        self._attempts = 0
        return True

    def _call(self, body: bytes, headers: Mapping[str, str]) -> str:
        """Return what went wrong, empty for nothing."""
        try:
            with self._took.time():
                status = self._post(body, headers)
        except Unavailable as error:
            return str(error)
        return "" if 200 <= status < 300 else f"answered {status}"

    def _give_up(self, event: AlertEvent, body: bytes, failure: str) -> None:
        letter = {
            "webhook": self.name,
            "attempts": self._attempts,
            "failure": failure,
            "given_up_at": self._clock.now().isoformat(),
            "event": json.loads(body),
        }
        path = self._dead_letters / f"{event.cursor:012d}.json"
        try:
            self._dead_letters.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh = path.with_suffix(".new")
            with fresh.open("w", encoding="utf-8") as file:
                json.dump(letter, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        except OSError as error:
            raise Unavailable(f"webhook {self.name}: a dead letter cannot be written: {error.strerror}") from error
        self._given_up.inc()
        log.error("webhook %s: given up after %d attempts; the event is in %s", self.name, self._attempts, path.parent)

    def _move_to(self, cursor: int) -> None:
        self._book.acknowledge(self._subscriber, cursor)
        self._cursor = cursor
