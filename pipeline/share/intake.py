"""The intake: reads that others offer become durable here, once, or are put aside with the reason.

Promise: an answer is given only when everything accepted or quarantined is on disk. A read is known by its read_id,
however often and by whomever it is offered. Pictures may come with the read, or later. What cannot be right (it is from
the future, or older than anything is kept, or not whole) is quarantined: not matched, stored or shared, but kept for
people to look at. What this sender may not send, and what is no read at all, is refused and not kept.

On failure: Unavailable or Overloaded with nothing of the batch acknowledged: it is offered again and known where it was
taken already. Overloaded also when a sender's quarantine is full: somebody must look at it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from itertools import islice
from typing import NamedTuple

from pipeline import metrics
from pipeline.domain.ports import Clock, EncodedJournal
from pipeline.domain.read import ReadId
from pipeline.domain.retention import limit_of
from pipeline.domain.sharing import EncodedRecord, Fault, Offer, Organisation, Outcome, Taken
from pipeline.errors import AnprError, Overloaded
from pipeline.share.counter import Counted, CounterBook
from pipeline.share.quarantine import PutAside, Quarantine
from pipeline.share.settings import SenderSettings, ShareSettings
from pipeline.wire.offer_columns import PlainReads, plain_reads
from pipeline.wire.offers import Glimpse, glimpse_of, single_pictures

_ACCEPTED = Outcome(taken=Taken.ACCEPTED)
_DUPLICATE = Outcome(taken=Taken.DUPLICATE)
_REFUSED = {fault: Outcome(taken=Taken.REFUSED, fault=fault) for fault in Fault}
_QUARANTINED = {fault: Outcome(taken=Taken.QUARANTINED, fault=fault) for fault in Fault}
ODD_TIMES = frozenset({Fault.FUTURE, Fault.ANCIENT})
"""What is wrong with these reads is their time alone: somebody may let them in."""
_NOT_KEPT = frozenset({Fault.NOT_A_READ, Fault.NOT_ITS_FEED, Fault.UNKNOWN_READ})


def key_of_picture(read_id: str, kind: str) -> str:
    """Return what the journal knows a read's picture by."""
    return f"{read_id}/{kind}"


class _Look(NamedTuple):
    """What was seen of an offer: the fault of each read, or None where none has any; the reads that have none, and when
    the newest of these was captured (seconds from 1970)."""

    offer: Offer
    faults: Sequence[Fault | None] | None
    good: list[EncodedRecord]
    newest: int


class Intake:
    """An `OfferIntake`. Safe for many threads. `keeps_months` is the limit of retention."""

    def __init__(
        self,
        journal: EncodedJournal,
        *,
        quarantine: Quarantine,
        counters: CounterBook,
        settings: ShareSettings,
        keeps_months: int,
        clock: Clock,
    ) -> None:
        self._journal = journal
        self._quarantine = quarantine
        self._counters = counters
        self._settings = settings
        self._keeps_months = keeps_months
        self._clock = clock
        self._may_send = {name: _feeds_of(one) for name, one in settings.senders.items()}

    def take(self, sender: Organisation, records: Sequence[bytes], *, sent_at: datetime | None = None) -> list[Outcome]:
        """Take reads; return what became of each, in order."""
        (answer,) = self.take_together([Offer(sender, records, sent_at)])
        if isinstance(answer, AnprError):
            raise answer
        return answer

    def take_together(self, offers: Sequence[Offer]) -> list[list[Outcome] | AnprError]:
        """Take the reads of several offers; answer each with what became of its reads, or the error that is its own."""
        now = self._clock.now()
        looks = self._look_at_all(offers, now)
        are_new = iter(self._append([record for one in looks if isinstance(one, _Look) for record in one.good]))
        answers: list[list[Outcome] | AnprError] = []
        for look in looks:
            if isinstance(look, AnprError):
                answers.append(look)
                continue
            if look.faults is None:
                outcomes = [_ACCEPTED if is_new else _DUPLICATE for is_new in islice(are_new, len(look.good))]
            else:
                outcomes = self._outcomes(look.faults, are_new)
            self._count(look, outcomes, now)
            answers.append(outcomes)
        return answers

    def _look_at_all(self, offers: Sequence[Offer], now: datetime) -> list[_Look | AnprError]:
        """Find out what is to become of the reads in each offer, and put aside what cannot be right.

        Offers of one sender are looked at together first: a look at columns costs the same for few reads and for many.
        """
        if len(offers) > 1 and len({one.sender for one in offers}) == 1:
            records = [record for one in offers for record in one.records]
            plain = plain_reads(records)
            if plain is not None and self._may_all_be_taken(offers[0].sender, plain, now):
                good = map(EncodedRecord, plain.read_ids, records)
                return [_Look(one, None, list(islice(good, len(one.records))), plain.newest) for one in offers]
        return [self._look_at(one, now) for one in offers]

    def _look_at(self, offer: Offer, now: datetime) -> _Look | AnprError:
        """Look at one offer: at its reads together, and at each alone where anything is odd."""
        plain = plain_reads(offer.records)
        if plain is not None and self._may_all_be_taken(offer.sender, plain, now):
            return _Look(offer, None, list(map(EncodedRecord, plain.read_ids, offer.records)), plain.newest)
        try:
            return self._look_at_each(offer, now)
        except AnprError as error:
            return error

    def _may_all_be_taken(self, sender: Organisation, plain: PlainReads, now: datetime) -> bool:
        """Tell whether `_faults` would find nothing in reads that have none of their own."""
        earliest, latest = self._bounds(now)
        return (
            earliest <= plain.earliest
            and plain.latest <= latest
            and all(map(self._may_send_of(sender), plain.feed_ids))
        )

    def _look_at_each(self, offer: Offer, now: datetime) -> _Look:
        """Look at reads of which any may be wrong."""
        glimpses = [glimpse_of(content) for content in offer.records]
        faults = self._faults(offer.sender, glimpses, now)
        self._put_aside(offer, glimpses, faults, now)
        good = [
            EncodedRecord(one.read_id, content, _keys_of_pictures(one))
            for content, one, fault in zip(offer.records, glimpses, faults, strict=True)
            if fault is None
        ]
        newest = max((one.captured_at for one, fault in zip(glimpses, faults, strict=True) if not fault), default=0)
        return _Look(offer, faults, good, newest)

    def take_pictures(self, sender: Organisation, records: Sequence[bytes]) -> list[Outcome]:
        """Take the pictures of reads that came without; return what became of each record's, in order."""
        glimpses = [glimpse_of(content) for content in records]
        known = self._journal.knows([one.read_id for one in glimpses])
        may_send = self._may_send_of(sender)
        faults = [
            one.fault
            or (None if may_send(one.feed_id) else Fault.NOT_ITS_FEED)
            or (None if one.read_id in known else Fault.UNKNOWN_READ)
            for one in glimpses
        ]
        pictures = [
            [
                EncodedRecord(key_of_picture(one.read_id, kind), alone)
                for kind, alone in (single_pictures(content) if fault is None else ())
            ]
            for content, one, fault in zip(records, glimpses, faults, strict=True)
        ]
        flat = [picture for several in pictures for picture in several]
        new = iter(self._append(flat))
        fresh = [sum(next(new) for _ in several) for several in pictures]
        outcomes = [
            _REFUSED[fault] if fault is not None else _ACCEPTED if is_new else _DUPLICATE
            for fault, is_new in zip(faults, fresh, strict=True)
        ]
        self._counters.note(sender, Counted(pictures=sum(fresh)), at=self._clock.now())
        return outcomes

    def _append(self, records: list[EncodedRecord]) -> list[bool]:
        return self._journal.append_encoded(records) if records else []

    def _faults(self, sender: Organisation, glimpses: Sequence[Glimpse], now: datetime) -> list[Fault | None]:
        may_send = self._may_send_of(sender)
        earliest, latest = self._bounds(now)
        faults: list[Fault | None] = []
        for one in glimpses:
            fault = one.fault
            if fault is None or fault is not Fault.NOT_A_READ:
                if not may_send(one.feed_id):
                    fault = Fault.NOT_ITS_FEED
                elif fault is None:
                    if one.pictures_only:
                        fault = Fault.INCOMPLETE
                    elif one.captured_at > latest or one.received_at > latest:
                        fault = Fault.FUTURE
                    elif one.captured_at < earliest or one.received_at < earliest:
                        fault = Fault.ANCIENT
            faults.append(fault)
        odd = [one.read_id for one, fault in zip(glimpses, faults, strict=True) if fault in ODD_TIMES]
        # one that somebody has let in is a read like others when it is offered again
        known = self._journal.knows(odd) if odd else set()
        return [
            None if fault in ODD_TIMES and one.read_id in known else fault
            for one, fault in zip(glimpses, faults, strict=True)
        ]

    def _bounds(self, now: datetime) -> tuple[float, float]:
        """Return the earliest and the latest time that a read may have, in seconds from 1970."""
        earliest = limit_of(now.astimezone(UTC).date(), self._keeps_months).timestamp()
        return earliest, now.timestamp() + self._settings.future_seconds

    def _put_aside(
        self, offer: Offer, glimpses: Sequence[Glimpse], faults: Sequence[Fault | None], now: datetime
    ) -> None:
        aside = [
            PutAside(sender=offer.sender, read_id=ReadId(one.read_id), fault=fault, at=now, content=content)
            for content, one, fault in zip(offer.records, glimpses, faults, strict=True)
            if fault is not None and fault not in _NOT_KEPT
        ]
        if not aside:
            return
        held = self._quarantine.count(offer.sender)
        if held + len(aside) > self._settings.most_quarantined:
            raise Overloaded(
                f"{held} reads of this sender lie in quarantine, more do not fit: look at them, or raise"
                " most_quarantined in [share]"
            )
        self._quarantine.add(aside)

    def _outcomes(self, faults: Sequence[Fault | None], are_new: Iterator[bool]) -> list[Outcome]:
        return [
            (_ACCEPTED if next(are_new) else _DUPLICATE)
            if fault is None
            else _REFUSED[fault]
            if fault in _NOT_KEPT
            else _QUARANTINED[fault]
            for fault in faults
        ]

    def _count(self, look: _Look, outcomes: Sequence[Outcome], now: datetime) -> None:
        sender, sent_at = look.offer.sender, look.offer.sent_at
        offset = (now - sent_at).total_seconds() if sent_at else None
        if look.faults is None:
            accepted = outcomes.count(_ACCEPTED)
            counts = {Taken.ACCEPTED: accepted, Taken.DUPLICATE: len(outcomes) - accepted}
        else:
            counts = Counter(one.taken for one in outcomes)
        # a sender of [join] has a slash here, and as a label that would look like a path
        organisation = sender.replace("/", ":")
        for taken, number in counts.items():
            if number:
                metrics.INTAKE_READS.labels(organisation, taken.value).inc(number)
        if offset is not None:
            metrics.INTAKE_CLOCK_OFFSET.labels(organisation).set(offset)
        self._counters.note(sender, _counted(counts, look.newest, offset), at=now)

    def _may_send_of(self, sender: Organisation) -> Callable[[str], bool]:
        return self._may_send.get(sender, _nothing)


def _keys_of_pictures(one: Glimpse) -> tuple[str, ...]:
    return tuple([key_of_picture(one.read_id, kind) for kind in one.pictures]) if one.pictures else ()


def _counted(counts: Mapping[Taken, int], newest: int, offset: float | None) -> Counted:
    return Counted(
        accepted=counts.get(Taken.ACCEPTED, 0),
        duplicates=counts.get(Taken.DUPLICATE, 0),
        quarantined=counts.get(Taken.QUARANTINED, 0),
        refused=counts.get(Taken.REFUSED, 0),
        newest_captured=newest,
        clock_offset_seconds=offset,
    )


def _nothing(feed: str) -> bool:
    return False


def _feeds_of(sender: SenderSettings) -> Callable[[str], bool]:
    """Return what tells whether a feed is the sender's; the few feeds there are come again and again."""
    answers: dict[str, bool] = {}

    def may_send(feed: str) -> bool:
        known = answers.get(feed)
        if known is None:
            known = any(fnmatchcase(feed, pattern) for pattern in sender.feeds)
            if len(answers) < _MOST_FEEDS:
                answers[feed] = known
        return known

    return may_send


_MOST_FEEDS = 1000
