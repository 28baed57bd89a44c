"""The outbox: carries the journal to a peer and gives up on nothing.

Promise: every read of the journal arrives at the peer, if need be more than once (the peer knows it by its read_id),
those of one camera in order. How far it has come is durable, so a restart goes on there. What comes now goes before
what an outage left behind, and reads of an outage that hit go before both; within each of these, order is kept. A read
that the peer puts aside or refuses is put aside here too, with the reason, and counted. Pictures follow their reads.

On failure: whatever a retry can mend is tried again for ever, with growing pauses; while the peer is away the journal
is kept for it, up to `most_backlog_mebibytes`. What the journal had to forget before it could be sent is counted as
lost and logged as an error: it is still in the store here. IntegrityError when a journal entry is damaged.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Event

from pipeline import metrics
from pipeline.domain.ports import Clock, HitLog, JournalSource, Peer
from pipeline.domain.read import ReadId
from pipeline.domain.sharing import Fault, Organisation, Outcome
from pipeline.errors import AnprError, BadInput
from pipeline.share.lanes import Lane, Parcel
from pipeline.share.ledger import Ledger, Standing
from pipeline.share.order import SendingOrder
from pipeline.share.pace import Pace
from pipeline.share.pictures import PictureRun
from pipeline.share.quarantine import PutAside, Quarantine
from pipeline.share.settings import ShareSettings
from pipeline.wire.offers import outcomes_in, parcel_facts, push_of

log = logging.getLogger(__name__)
_SAVE_EVERY_SECONDS = 0.25
_LOOK_AT_HITS_EVERY_SECONDS = 1.0
_WARN_EVERY_SECONDS = 60.0
_HITS_AT_ONCE = 200
_MOST_STUMBLES = 10
"""So many reads in a row may be what the peer stumbles over; if more are, it is not the reads."""
_MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sent:
    lane: Lane
    parcels: list[Parcel]
    answer: Future[bytes]
    at: float


class Outbox:
    """One peer's outbox. `step` does what can be done now, `wait` waits until more can. For one thread."""

    def __init__(
        self,
        journal: JournalSource,
        peer: Peer,
        *,
        ledger: Ledger,
        quarantine: Quarantine,
        settings: ShareSettings,
        clock: Clock,
        chance: Callable[[], float],
        hits: HitLog | None = None,
    ) -> None:
        self._journal = journal
        self._peer = peer
        self._ledger = ledger
        self._quarantine = quarantine
        self._settings = settings
        self._clock = clock
        self._pace = Pace(settings, chance)
        self._hits = hits
        self._name = Organisation(settings.peer_name)
        self._saved = ledger.standing()
        self._order = SendingOrder(self._saved.stretches, journal, settings, clock)
        self._hits_position = self._saved.hits
        self._urgent = Lane()
        self._sent: list[_Sent] = []
        self._batches = self._stumbles = 0
        self._wake = Event()
        self._save_at = self._look_at = self._warn_at = clock.monotonic()
        self._pictures = PictureRun(
            journal, peer, position=self._saved.pictures, quarantine=quarantine, settings=settings, clock=clock
        )
        self.failure = ""
        """What the last answer failed of; empty while all is well."""
        metrics.SHARE_QUARANTINED.labels(self._name).set(quarantine.count(self._name))

    @property
    def position(self) -> int:
        """Every read up to there has arrived."""
        return self._order.position

    @property
    def lag(self) -> int:
        """How many reads have not arrived."""
        return self._order.lag

    @property
    def is_done(self) -> bool:
        """Tell whether every read has arrived, and its pictures."""
        return not self.lag and (not self._settings.with_pictures or self._pictures.position >= self.position)

    def hold(self) -> int:
        """Return the offset up to which the journal may forget, as far as this peer goes: what is durable of the
        position, or more when the backlog has outgrown its bound."""
        held = self._saved.stretches[0][0]
        if self._settings.with_pictures:
            held = min(held, self._saved.pictures)
        newest, each = self._journal.last_offset(), self._journal.bytes_per_read()
        backlog = (newest - held) * each
        metrics.SHARE_BACKLOG_BYTES.labels(self._name).set(backlog)
        bound = self._settings.most_backlog_mebibytes * _MEBIBYTE
        if backlog <= bound:
            return held
        now = self._clock.monotonic()
        if now >= self._warn_at:
            self._warn_at = now + _WARN_EVERY_SECONDS
            log.error(
                "what waits for %s has outgrown [share] most_backlog_mebibytes: the oldest reads will not be sent; mend"
                " the link, or raise the bound",
                self._name,
            )
        return newest - int(bound / each)

    def step(self, now: float) -> int:
        """Take the answers that have come and send what is due; `now` is monotonic seconds. Return how many reads
        arrived. Raises what no retry can mend."""
        self._wake.clear()
        arrived = self._collect(now)
        arrived += self._pictures.collect(self._pace, now)
        if now >= self._pace.retry_at:
            self._order.split_if_late()
            self._look_at_hits(now)
            self._send(now)
            self._pictures.send(self.position, self._note_wake)
        self.failure = self.failure or self._pictures.failure
        self._save(now)
        self.measure()
        return arrived

    def wait(self, seconds: float) -> None:
        """Return when an answer has come, or after so long."""
        self._wake.wait(seconds)

    def close(self) -> None:
        """Keep how far it has come. What is under way will be sent again."""
        self._save_at = 0.0
        self._save(self._clock.monotonic())
        self._ledger.close()

    # sending

    def _send(self, now: float) -> None:
        most = self._pace.batch_reads
        if self._urgent.is_due(now, full=most, wait_seconds=0.0):
            self._send_lane(self._urgent, now)
        for stretch in self._order.in_turn(most, now):
            is_backlog = stretch.end is not None
            wait_seconds = 0.0 if is_backlog else self._settings.batch_wait_seconds
            for lane in stretch.lanes:
                # what comes now is never kept waiting by what was left behind
                if is_backlog and len(self._sent) >= self._settings.lanes:
                    break
                if lane.is_due(now, full=most, wait_seconds=wait_seconds):
                    self._send_lane(lane, now)

    def _send_lane(self, lane: Lane, now: float) -> None:
        parcels = lane.send(self._pace.batch_reads, self._settings.most_batch_kibibytes * 1024, now)
        self._batches += 1
        request = push_of(str(self._batches), [one.content for one in parcels], self._clock.now())
        answer = self._peer.push_reads(request)
        self._sent.append(_Sent(lane=lane, parcels=parcels, answer=answer, at=now))
        answer.add_done_callback(self._note_wake)

    def _note_wake(self, _: Future[bytes]) -> None:
        self._wake.set()

    # answers

    def _collect(self, now: float) -> int:
        arrived = 0
        for one in [one for one in self._sent if one.answer.done()]:
            try:
                outcomes = outcomes_in(one.answer.result(), len(one.parcels))
            except BadInput as error:
                self._take_apart(one, error, now)
            except AnprError as error:
                one.lane.came_back()
                self._failed(error, now)
            else:
                self._arrived(one, outcomes, now)
                arrived += len(one.parcels)
            # only now: what could not be put aside for want of disk is looked at again
            self._sent.remove(one)
        self._order.forget_what_arrived()
        return arrived

    def _arrived(self, sent: _Sent, outcomes: list[Outcome], now: float) -> None:
        aside = [(parcel, one.fault) for parcel, one in zip(sent.parcels, outcomes, strict=True) if one.fault]
        self._put_aside(aside)
        sent.lane.arrived()
        self._pace.arrived(len(sent.parcels), now - sent.at)
        self.failure, self._stumbles = "", 0
        metrics.SHARE_BATCH_SECONDS.labels(self._name).observe(now - sent.at)
        for taken, number in Counter(one.taken for one in outcomes).items():
            metrics.SHARE_SENT.labels(self._name, taken.value).inc(number)

    def _take_apart(self, sent: _Sent, error: BadInput, now: float) -> None:
        """The peer can make nothing of the batch as it is: find the read it stumbles over."""
        count = len(sent.parcels)
        if count > 1 or self._stumbles >= _MOST_STUMBLES:
            sent.lane.came_back()
            sent.lane.most_reads = max(1, count // 2)
            if self._stumbles >= _MOST_STUMBLES:
                self._failed(error, now)
            return
        self._stumbles += 1
        self._put_aside([(sent.parcels[0], Fault.NOT_A_READ)])
        sent.lane.arrived()
        log.error("%s can make nothing of a read, which is put aside: %s", self._name, error)

    def _failed(self, error: AnprError, now: float) -> None:
        metrics.SHARE_FAILURES.labels(self._name).inc()
        if now >= self._pace.retry_at:
            log.warning("%s: %s; it is tried again", self._name, error)
        self._pace.failed(now)
        self.failure = str(error)

    def _put_aside(self, aside: list[tuple[Parcel, Fault]]) -> None:
        if not aside:
            return
        at = self._clock.now()
        self._quarantine.add(
            [
                PutAside(sender=self._name, read_id=ReadId(parcel.read_id), fault=fault, at=at, content=parcel.content)
                for parcel, fault in aside
            ]
        )
        metrics.SHARE_QUARANTINED.labels(self._name).set(self._quarantine.count(self._name))
        log.error("%s did not take %d reads; they are put aside", self._name, len(aside))

    # what goes first

    def _look_at_hits(self, now: float) -> None:
        """Let reads of the backlog that hit go first; they go again with the rest, which is harmless."""
        backlog = self._order.backlog
        if self._hits is None or not backlog or now < self._look_at or len(self._urgent):
            return
        self._look_at = now + _LOOK_AT_HITS_EVERY_SECONDS
        for position, hit in self._hits.after(self._hits_position, _HITS_AT_ONCE):
            self._hits_position = position
            entry = self._journal.entry_of(hit.read.read_id)
            if entry is None or not any(one.begin < entry.offset <= (one.end or 0) for one in backlog):
                continue
            facts = parcel_facts(entry.content)
            if facts is not None:
                self._urgent.put(Parcel(entry.offset, *facts), now)

    # keeping and telling

    def _save(self, now: float) -> None:
        if now < self._save_at:
            return
        self._save_at = now + _SAVE_EVERY_SECONDS
        standing = Standing(
            stretches=self._order.standing(),
            pictures=self._pictures.position,
            hits=self._hits_position,
        )
        if standing != self._saved:
            self._ledger.save(standing)
            self._saved = standing

    def measure(self) -> None:
        """Publish how far the peer is behind. Raises what the journal raises."""
        metrics.SHARE_LAG_READS.labels(self._name).set(self.lag)
        metrics.SHARE_LAG_SECONDS.labels(self._name).set(self._order.age_seconds)
