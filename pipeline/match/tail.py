"""The matcher's tail of the journal: every read is matched once, and its hits are durable before anyone is told.

A new revision of the lists is taken between two batches of reads, whole; how old the newest certain one is, is a gauge.

On failure: what a retry can mend is raised as Unavailable with nothing lost, the same reads are taken again; while the
lists' source is gone, the last revision stays in force. IntegrityError when a journal entry is damaged, or when more
was matched than the journal has ever given.
"""

from __future__ import annotations

from collections.abc import Callable

from pipeline import metrics
from pipeline.domain.hotlist import Hit, HitKind
from pipeline.domain.ports import Clock, JournalSource
from pipeline.domain.read import Read
from pipeline.match.hits_store import HitsStore
from pipeline.match.matcher import HotlistMatcher
from pipeline.match.settings import MatchSettings
from pipeline.match.snapshot import HotlistSource

# counted from the start: that reads are made and none is matched is seen by it
_MATCH = metrics.STAGE_SECONDS.labels("match")


class MatchTail:
    """`step` matches what is new. Raises Unavailable, when made, while there are no lists to match with."""

    def __init__(
        self,
        journal: JournalSource,
        hits: HitsStore,
        *,
        source: HotlistSource,
        settings: MatchSettings,
        clock: Clock,
        on_hit: Callable[[Hit, Read], None] = lambda hit, read: None,
    ) -> None:
        self._journal = journal
        self._hits = hits
        self._source = source
        self._settings = settings
        self._clock = clock
        self._on_hit = on_hit
        self._look_at = clock.monotonic() + settings.look_for_changes_every_seconds
        self._matcher = self._newest(None)
        for kind in HitKind:
            metrics.HITS.labels(kind.value)

    @property
    def position(self) -> int:
        return self._hits.position

    @property
    def lag(self) -> int:
        return self._journal.lag_of(self.position)

    @property
    def revision(self) -> str:
        """The revision that reads are matched with."""
        return self._matcher.snapshot.revision

    def step(self, now: float) -> int:
        """Match up to a batch of reads; `now` is monotonic seconds. Return how many were taken."""
        if now >= self._look_at:
            self._look_at = now + self._settings.look_for_changes_every_seconds
            self._matcher = self._newest(self._matcher)
        if not self.lag:
            return 0
        entries = self._journal.after(self.position, self._settings.batch_reads)
        at = self._clock.now()
        with _MATCH.time():
            records = (entry.record for entry in entries)
            found = [
                (hit, read)
                for read in (record.read for record in records if not record.pictures_only)
                for hit in self._matcher.match(read, at)
            ]
        for hit, read in self._hits.append(found, position=entries[-1].offset, at=at):
            metrics.HITS.labels(hit.kind.value).inc()
            self._on_hit(hit, read)
        return len(entries)

    def finish(self) -> None:
        """Nothing is held back between steps."""

    def _newest(self, matcher: HotlistMatcher | None) -> HotlistMatcher:
        snapshot = self._source.current()
        if matcher is None or snapshot is not matcher.snapshot:
            matcher = HotlistMatcher(snapshot, self._settings)
            metrics.HOTLIST_ENTRIES.set(len(matcher))
        metrics.HOTLIST_STALENESS.set(max(0.0, self._clock.monotonic() - self._source.checked_at))
        return matcher
