"""Alerts that nobody has seen go on to others, again and again up to a limit.

Waiting is counted on the monotonic clock, so that a clock that jumps neither floods nor silences anybody; after a
restart what is left of the wait comes from the wall clock, but is never longer than the whole of it.

On failure: the book's errors; what was due is due again at the next step.
"""

from __future__ import annotations

from pipeline import metrics
from pipeline.alert.book import AlertBook
from pipeline.alert.settings import AlertSettings
from pipeline.domain.alert import AlertId
from pipeline.domain.ports import Clock

_LOOK_SECONDS = 1.0
_NEVER = float("inf")


class Escalation:
    """`step` escalates what is due; `now` is monotonic seconds."""

    def __init__(self, book: AlertBook, settings: AlertSettings, clock: Clock) -> None:
        self._book = book
        self._settings = settings
        self._clock = clock
        self._due: dict[AlertId, float] = {}
        self._look_at = 0.0

    def step(self, now: float) -> int:
        """Return how many alerts were escalated."""
        if now < self._look_at:
            return 0
        unseen = self._book.unseen_ids()
        metrics.ALERTS_UNACKNOWLEDGED.set(len(unseen))
        self._due = {one: self._due[one] if one in self._due else self._first_due(one, now) for one in unseen}
        escalated = 0
        for one, due in list(self._due.items()):
            if due <= now:
                escalated += self._escalate(one, now)
        # only now: what failed is looked at again at once
        self._look_at = now + _LOOK_SECONDS
        return escalated

    def _first_due(self, alert_id: AlertId, now: float) -> float:
        alert = self._book.alert(alert_id)
        if len(alert.escalations) >= self._settings.most_escalations:
            return _NEVER
        whole = self._settings.escalate_after_seconds
        since = alert.escalations[-1] if alert.escalations else alert.raised_at
        waited = (self._clock.now() - since).total_seconds()
        return now + min(whole, max(0.0, whole - waited))

    def _escalate(self, alert_id: AlertId, now: float) -> int:
        alert = self._book.escalate(alert_id, self._clock.now())
        if alert is None:
            return 0
        metrics.ALERTS_ESCALATED.inc()
        done = len(alert.escalations) >= self._settings.most_escalations
        self._due[alert_id] = _NEVER if done else now + self._settings.escalate_after_seconds
        return 1
