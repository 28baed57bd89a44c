"""The alerts' tail of the hits: every hit raises one alert or joins one, durably, before anybody is told.

On failure: what a retry can mend is raised as Unavailable with nothing lost, the same hits are taken again and known by
their ids. The terms of a list that cannot be had hold its hits back: nobody is told who may not be. IntegrityError for
a damaged line of hits or a damaged book.
"""

from __future__ import annotations

import logging

from pipeline import metrics
from pipeline.alert.book import AlertBook, Taken
from pipeline.alert.escalation import Escalation
from pipeline.alert.pictures import PictureFolder
from pipeline.alert.routing import Router, Told
from pipeline.alert.settings import AlertSettings
from pipeline.domain.alert import AlertedHit
from pipeline.domain.hotlist import HotlistTerms
from pipeline.domain.ports import Clock, HitLog, ListTerms
from pipeline.domain.read import CaptureRecord, ClockState

log = logging.getLogger(__name__)


class AlertTail:
    """`step` takes what is new and escalates what is due."""

    def __init__(
        self,
        hits: HitLog,
        book: AlertBook,
        *,
        pictures: PictureFolder,
        terms: ListTerms,
        settings: AlertSettings,
        clock: Clock,
    ) -> None:
        self._hits = hits
        self._book = book
        self._pictures = pictures
        self._terms = terms
        self._router = Router(settings)
        self._settings = settings
        self._clock = clock
        self._escalation = Escalation(book, settings, clock)
        self._position = book.position

    @property
    def position(self) -> int:
        """The cursor of the newest event."""
        return self._book.newest_cursor()

    @property
    def lag(self) -> int:
        """Hits that wait, at most a batch of them."""
        return len(self._hits.after(self._position, self._settings.batch_hits))

    def step(self, now: float) -> int:
        """Take up to a batch of hits; `now` is monotonic seconds. Return how many were taken."""
        found = self._hits.after(self._position, self._settings.batch_hits)
        if found:
            self._take([hit for _, hit in found], found[-1][0])
        self._escalation.step(now)
        return len(found)

    def finish(self) -> None:
        """Take everything that is there."""
        while self.step(self._clock.monotonic()):
            continue

    def _take(self, hits: list[AlertedHit], position: str) -> None:
        with metrics.STAGE_SECONDS.labels("alert").time():
            at = self._clock.now()
            records = {hit.read.read_id: self._pictures.record_of(hit.read.read_id) for hit in hits}
            told = [self._told_of(hit, records[hit.read.read_id]) for hit in hits]
            taken = self._book.take(list(zip(hits, told, strict=True)), position=position, at=at)
        self._position = position
        for one in taken:
            self._count(one)
        for record in records.values():
            if record is not None:
                self._pictures.keep(record)

    def _told_of(self, found: AlertedHit, record: CaptureRecord | None) -> Told:
        hotlist = found.hit.voi.hotlist_id
        # of a list that is no longer there nobody knows whether it was covert
        owner = found.hit.voi.owner
        terms = self._terms.terms_of(hotlist) or HotlistTerms(hotlist_id=hotlist, owner=owner, covert=bool(owner))
        location = record.read.location if record is not None else None
        told = self._router.told_of(found, terms=terms, location=location, at=self._clock.now())
        if not told.recipients:
            log.error(
                "a covert list has neither owner nor anybody it is visible to, its hits reach nobody: anpr hotlist show"
            )
        return told

    def _count(self, taken: Taken) -> None:
        if taken.alert is None:
            return
        if not taken.raised:
            metrics.ALERTS_COLLAPSED.inc()
            return
        metrics.ALERTS_RAISED.labels(taken.found.hit.kind.value).inc()
        read, raised_at = taken.found.read, taken.alert.raised_at
        metrics.READ_TO_ALERT.observe(max(0.0, (raised_at - read.received_at).total_seconds()))
        age = taken.alert.read_age.total_seconds()
        if read.clock_state is not ClockState.FILE and age <= self._settings.stale_after_seconds:
            metrics.FRAME_TO_ALERT.observe(age)
