"""The journal actor: the one writer of the node's journal; concurrent appends share an fsync."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline import bootstrap, metrics
from pipeline.domain.read import CaptureRecord
from pipeline.domain.sharing import EncodedRecord
from pipeline.settings import Settings

_APPEND = metrics.STAGE_SECONDS.labels("journal")


class JournalActor:
    """Appends and answers only when the reads are on disk."""

    def __init__(self, settings: Settings) -> None:
        metrics.ACTOR_STARTS.labels("journal").inc()
        self._journal = bootstrap.journal(settings)

    def append(self, records: Sequence[CaptureRecord]) -> int:
        with _APPEND.time():
            offset = self._journal.append(records)
        metrics.JOURNAL_OFFSET.set(offset)
        return offset

    def append_encoded(self, records: Sequence[EncodedRecord]) -> list[bool]:
        with _APPEND.time():
            new = self._journal.append_encoded(records)
        metrics.JOURNAL_OFFSET.set(self._journal.last_offset())
        return new

    def knows(self, keys: Sequence[str]) -> set[str]:
        return self._journal.knows(keys)

    def last_offset(self) -> int:
        return self._journal.last_offset()

    def discard_up_to(self, offset: int) -> int:
        """Forget entries that every consumer took long enough ago; return how many."""
        return self._journal.discard_up_to(offset)
