"""What goes to the peer, and in which order: what comes now before what an outage left behind.

On failure: what the journal raises. Reads that went from the journal before they could be sent are counted as lost.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from pipeline import metrics
from pipeline.domain.ports import Clock, JournalSource
from pipeline.share.lanes import Parcel, Stretch
from pipeline.share.settings import ShareSettings
from pipeline.wire.offers import parcel_facts

log = logging.getLogger(__name__)
_MOST_READ_BYTES = 64 * 2**20
"""So much of the journal, pictures and all, is in memory at once while a stretch is read on."""


class SendingOrder:
    """The stretches that have not arrived, oldest first; the last is open and takes whatever comes."""

    def __init__(
        self,
        stretches: Sequence[tuple[int, int | None]],
        journal: JournalSource,
        settings: ShareSettings,
        clock: Clock,
    ) -> None:
        self._journal = journal
        self._settings = settings
        self._clock = clock
        self._stretches = [Stretch(begin, end, settings.lanes) for begin, end in stretches]

    @property
    def newest(self) -> Stretch:
        return self._stretches[-1]

    @property
    def backlog(self) -> list[Stretch]:
        return self._stretches[:-1]

    @property
    def position(self) -> int:
        """Every read up to there has arrived."""
        return self._stretches[0].begin

    @property
    def lag(self) -> int:
        """How many reads have not arrived. Raises IntegrityError where more have than the journal ever had."""
        return self._journal.lag_of(self.newest.begin) + sum((one.end or 0) - one.begin for one in self.backlog)

    @property
    def age_seconds(self) -> float:
        """How old the oldest read is that has not arrived; 0 when all have."""
        oldest = min((one.oldest.received_at for one in self._stretches if one.oldest), default=None)
        return 0.0 if oldest is None else max(0.0, self._clock.now().timestamp() - oldest)

    def standing(self) -> tuple[tuple[int, int | None], ...]:
        """Return the stretches as they may be kept."""
        return tuple((one.begin, one.end) for one in self._stretches)

    def in_turn(self, batch_reads: int, now: float) -> Iterator[Stretch]:
        """Give what may send, in its order: what comes now, then the oldest backlog; two batches a lane read ahead."""
        for stretch in (self.newest, *self.backlog[:1]):
            while not stretch.is_read and stretch.waiting < batch_reads * len(stretch.lanes) * 2:
                if not self._read_on(stretch, now):
                    break
            yield stretch

    def forget_what_arrived(self) -> None:
        self._stretches = [one for one in self._stretches if not one.is_done]

    def split_if_late(self) -> None:
        """After an outage, put what was left behind aside as a backlog and begin anew with what comes now."""
        head = self.newest
        oldest = head.oldest
        if oldest is None or self._clock.now().timestamp() - oldest.received_at < self._settings.fresh_seconds:
            return
        newest = self._journal.last_offset()
        if newest - head.begin <= self._settings.most_batch_reads:
            return
        if self.backlog and self.backlog[-1].end == head.begin:
            # nothing of what came since the last split has arrived: it is the same outage
            self.backlog[-1].end = newest
            self._stretches.pop()
        else:
            head.end = newest
        self._stretches.append(Stretch(newest, None, self._settings.lanes))

    def _read_on(self, stretch: Stretch, now: float) -> bool:
        """Queue what comes next in the journal; False if there is nothing."""
        entries = self._journal.after(stretch.read_to, self._settings.most_batch_reads, _MOST_READ_BYTES)
        if entries and entries[0].offset > stretch.read_to + 1:
            self._count_lost(stretch.read_to)
        entries = [one for one in entries if stretch.end is None or one.offset <= stretch.end]
        if not entries:
            # what a closed stretch still lacks has gone from the journal
            stretch.read_to = stretch.read_to if stretch.end is None else stretch.end
            return False
        facts = ((one.offset, parcel_facts(one.content)) for one in entries)
        parcels = [Parcel(offset, *known) for offset, known in facts if known is not None]
        stretch.put(parcels, entries[-1].offset, now)
        return True

    def _count_lost(self, offset: int) -> None:
        missing = self._journal.missing_after(offset)
        if missing:
            metrics.SHARE_SENT.labels(self._settings.peer_name, "lost").inc(missing)
            log.error(
                "%d reads went from the journal before they could be sent to %s", missing, self._settings.peer_name
            )
