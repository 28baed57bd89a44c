"""The store's tail of the journal: commits by number or by age, whichever comes first.

On failure: what a retry can mend is raised as Unavailable with nothing lost: the same entries are taken again.
IntegrityError when a journal entry is damaged, or when the store holds more than the journal has ever given.
"""

from __future__ import annotations

from pipeline import metrics
from pipeline.domain.ports import JournalSource
from pipeline.store.lake import Lake
from pipeline.store.settings import StoreSettings


class StoreTail:
    """`step` commits what is due, `finish` the rest."""

    def __init__(self, journal: JournalSource, lake: Lake, settings: StoreSettings) -> None:
        self._journal = journal
        self._lake = lake
        self._settings = settings
        self._waiting_since: float | None = None

    @property
    def position(self) -> int:
        return self._lake.position

    @property
    def lag(self) -> int:
        return self._journal.lag_of(self.position)

    def step(self, now: float) -> int:
        """Commit a batch if it is full or its oldest entry is due; `now` is monotonic seconds. Return its size."""
        lag = self.lag
        if not lag:
            self._waiting_since = None
            return 0
        if self._waiting_since is None:
            self._waiting_since = now
        if lag < self._settings.commit_reads and now - self._waiting_since < self._settings.commit_after_seconds:
            return 0
        self._waiting_since = None
        return self._commit()

    def finish(self) -> None:
        """Commit everything that the journal holds."""
        while self._commit():
            continue

    def _commit(self) -> int:
        entries = self._journal.after(self.position, self._settings.commit_reads)
        if not entries:
            return 0
        with metrics.STAGE_SECONDS.labels("store").time():
            metrics.STORED.inc(self._lake.append(entries))
        return len(entries)
