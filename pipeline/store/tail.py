"""The store's tail of the journal: commits by number or by age, whichever comes first.

On failure: what a retry can mend is raised as Unavailable with nothing lost: the same entries are taken again.
IntegrityError when a journal entry is damaged, when the store holds more than the journal has ever given, or when reads
between the two are gone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from pipeline import metrics
from pipeline.domain.ports import Clock, JournalSource
from pipeline.errors import IntegrityError
from pipeline.store.lake import Lake
from pipeline.store.settings import StoreSettings


def count_searchable(clock: Clock) -> Callable[[Sequence[datetime]], None]:
    """Return what counts how long reads waited that a search can find from now on."""

    def count(received: Sequence[datetime]) -> None:
        now = clock.now()
        for at in received:
            metrics.JOURNAL_TO_SEARCHABLE.observe(max(0.0, (now - at).total_seconds()))

    return count


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
        position = self.position
        entries = self._journal.after(
            position, self._settings.most_commit_reads, self._settings.most_commit_mebibytes * 2**20
        )
        if not entries:
            return 0
        if missing := self._journal.missing_after(position):
            raise IntegrityError(
                f"{missing} reads are neither in the store nor in the journal any more: the store is older than what"
                " the journal was told to forget; restore the newest copy, or accept the loss with `anpr store resume`"
            )
        with metrics.STAGE_SECONDS.labels("store").time():
            metrics.STORED.inc(self._lake.append(entries))
        return len(entries)
