"""The matcher's tail of the journal: every read is matched once, and its hits are durable before anyone is told.

On failure: what a retry can mend is raised as Unavailable with nothing lost, the same reads are taken again; a wrong
new hotlist is counted and warned of once, and the last good one stays in force. IntegrityError when a journal entry is
damaged, or when more was matched than the journal has ever given.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from pipeline import metrics
from pipeline.domain.hotlist import Hit
from pipeline.domain.ports import Clock, JournalSource
from pipeline.domain.read import Read
from pipeline.errors import AnprError
from pipeline.match.hits_file import HitsFile
from pipeline.match.hotlist_file import Hotlist, load_hotlist
from pipeline.match.matcher import ExactMatcher
from pipeline.match.settings import MatchSettings

log = logging.getLogger(__name__)
_NO_LIST = Hotlist(revision="none", entries=())


class MatchTail:
    """`step` matches what is new. Raises at once, when made, if the hotlist of the settings is wrong."""

    def __init__(
        self,
        journal: JournalSource,
        hits: HitsFile,
        *,
        settings: MatchSettings,
        clock: Clock,
        on_hit: Callable[[Hit, Read], None] = lambda hit, read: None,
    ) -> None:
        self._journal = journal
        self._hits = hits
        self._settings = settings
        self._clock = clock
        self._on_hit = on_hit
        self._path = Path(settings.hotlist) if settings.hotlist else None
        self._seen = self._stamp()
        self._matcher = ExactMatcher(load_hotlist(self._path) if self._path else _NO_LIST)
        self._look_at = clock.monotonic() + settings.look_for_changes_every_seconds
        metrics.HOTLIST_ENTRIES.set(len(self._matcher))

    @property
    def position(self) -> int:
        return self._hits.position

    @property
    def lag(self) -> int:
        return self._journal.lag_of(self.position)

    def step(self, now: float) -> int:
        """Match up to a batch of reads; `now` is monotonic seconds. Return how many were taken."""
        if now >= self._look_at:
            self._look_at = now + self._settings.look_for_changes_every_seconds
            self._reload()
        if not self.lag:
            return 0
        entries = self._journal.after(self.position, self._settings.batch_reads)
        at = self._clock.now()
        with metrics.STAGE_SECONDS.labels("match").time():
            found = [
                (hit, entry.record.read) for entry in entries for hit in self._matcher.match(entry.record.read, at)
            ]
        for hit, read in self._hits.append(found, position=entries[-1].offset, at=at):
            metrics.HITS.labels(hit.kind.value).inc()
            self._on_hit(hit, read)
        return len(entries)

    def finish(self) -> None:
        """Nothing is held back between steps."""

    def _reload(self) -> None:
        stamp = self._stamp()
        if self._path is None or stamp == self._seen:
            return
        self._seen = stamp
        try:
            self._matcher = ExactMatcher(load_hotlist(self._path))
        except AnprError as error:
            metrics.HOTLIST_REJECTED.inc()
            log.warning("the new hotlist is refused, the last good one stays in force: %s", error)
        metrics.HOTLIST_ENTRIES.set(len(self._matcher))

    def _stamp(self) -> tuple[int, int, int] | None:
        if self._path is None:
            return None
        try:
            status = self._path.stat()
        except OSError:
            # a list that is being replaced may be gone for a moment
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino
