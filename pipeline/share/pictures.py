"""The pictures of reads that have arrived, on their way to the same peer: one batch at a time, after the reads.

On failure: as the outbox, which shares its pauses. A picture that the peer does not take is put aside with the reason.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future

from pipeline import metrics
from pipeline.domain.ports import Clock, JournalSource, Peer
from pipeline.domain.read import ReadId
from pipeline.domain.sharing import Fault, Organisation
from pipeline.errors import AnprError, BadInput
from pipeline.share.pace import Pace
from pipeline.share.quarantine import PutAside, Quarantine
from pipeline.share.settings import ShareSettings
from pipeline.wire.offers import glimpse_of, outcomes_in, push_of_images

log = logging.getLogger(__name__)
_MOST_RECORDS = 200


class PictureRun:
    """Pictures beyond `position`. A record too large for a message goes alone, or not at all."""

    def __init__(
        self,
        journal: JournalSource,
        peer: Peer,
        *,
        position: int,
        quarantine: Quarantine,
        settings: ShareSettings,
        clock: Clock,
    ) -> None:
        self._journal = journal
        self._peer = peer
        self._quarantine = quarantine
        self._most_bytes = settings.most_batch_kibibytes * 1024
        self._name = Organisation(settings.peer_name)
        self._with_pictures = settings.with_pictures
        self._clock = clock
        self._under_way: Future[bytes] | None = None
        self._records: list[bytes] = []
        self._next = position
        self._most_records = _MOST_RECORDS
        self._batches = 0
        self.position = position
        self.failure = ""

    def send(self, up_to: int, then: Callable[[Future[bytes]], None]) -> None:
        """Send the next pictures of reads up to the offset `up_to`, unless some are under way; `then` is called when
        an answer has come."""
        while self._with_pictures and self._under_way is None and self.position < up_to:
            entries = self._journal.after(self.position, self._most_records, self._most_bytes)
            entries = [one for one in entries if one.offset <= up_to]
            if not entries:
                # they went from the journal, which the outbox has counted
                self.position = up_to
                return
            self._next = entries[-1].offset
            self._records = [one.content for one in entries if glimpse_of(one.content).pictures]
            if len(self._records) == 1 and len(self._records[0]) > self._most_bytes:
                self._put_aside(self._records[0], Fault.TOO_LONG)
                self._records = []
            if not self._records:
                self.position = self._next
                continue
            self._batches += 1
            self._under_way = self._peer.push_images(push_of_images(f"pictures {self._batches}", self._records))
            self._under_way.add_done_callback(then)

    def collect(self, pace: Pace, now: float) -> int:
        """Take the answer if it has come. Pictures count as no reads: return 0."""
        if self._under_way is None or not self._under_way.done():
            return 0
        answer, self._under_way = self._under_way, None
        try:
            outcomes = outcomes_in(answer.result(), len(self._records))
        except BadInput:
            if len(self._records) > 1:
                self._most_records = max(1, len(self._records) // 2)
                return 0
            self._put_aside(self._records[0], Fault.NOT_A_READ)
        except AnprError as error:
            metrics.SHARE_FAILURES.labels(self._name).inc()
            pace.failed(now)
            self.failure = str(error)
            return 0
        else:
            for content, one in zip(self._records, outcomes, strict=True):
                if one.fault is not None:
                    self._put_aside(content, one.fault)
        self.failure = ""
        self._most_records = _MOST_RECORDS
        metrics.SHARE_SENT.labels(self._name, "pictures").inc(len(self._records))
        self.position = self._next
        return 0

    def _put_aside(self, content: bytes, fault: Fault) -> None:
        read_id = ReadId(glimpse_of(content).read_id)
        aside = PutAside(sender=self._name, read_id=read_id, fault=fault, at=self._clock.now(), content=content)
        self._quarantine.add([aside])
        metrics.SHARE_QUARANTINED.labels(self._name).set(self._quarantine.count(self._name))
        log.error("%s did not take the pictures of a read, which are put aside: %s", self._name, fault.value)
