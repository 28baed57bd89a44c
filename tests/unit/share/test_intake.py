"""The intake: what others offer is taken once, put aside with a reason, or refused; and answered when it is on disk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.domain.read import CaptureRecord, Location
from pipeline.domain.sharing import ErasureNotice, Fault, Offer, Organisation, Outcome, Taken
from pipeline.errors import BadInput, Overloaded
from pipeline.share import intake
from pipeline.share.counter import Counted
from pipeline.share.release import Released, release
from pipeline.wire.offer_columns import plain_reads
from pipeline.wire.offers import answer_in, outcomes_in, packed, records_in
from pipeline.wire.read_proto import encode_record
from protos.anpr.v1 import ingest_pb2, national_pb2, offer_pb2
from tests.support.builders import AT, OVERVIEW, PATCH, a_record
from tests.support.clock import ManualClock
from tests.support.sharing import KENT, SHARE, Far, bare

ACCEPTED, DUPLICATE = Outcome(taken=Taken.ACCEPTED), Outcome(taken=Taken.DUPLICATE)
MANY = [bare(a_record(number)) for number in range(1, 101)]
ANCIENT = AT - timedelta(days=370)
BROKEN = [
    ({"captured_at": AT + timedelta(hours=1)}, Fault.FUTURE),
    ({"received_at": AT + timedelta(hours=1)}, Fault.FUTURE),
    ({"captured_at": ANCIENT}, Fault.ANCIENT),
    ({"vrm": ""}, Fault.INCOMPLETE),
    ({"camera_id": ""}, Fault.INCOMPLETE),
    ({"vrm": "ab12 cde"}, Fault.UNKNOWN_WORD),
    ({"confidence": 1.5}, Fault.UNKNOWN_WORD),
    ({"confidence": float("nan")}, Fault.UNKNOWN_WORD),
    ({"patch_digest": "../../etc/passwd"}, Fault.UNKNOWN_WORD),
    ({"location": Location(latitude=float("nan"), longitude=0)}, Fault.UNKNOWN_WORD),
    ({"vrm": "A" * 17}, Fault.TOO_LONG),
    ({"raw_text": "A" * 20_000}, Fault.TOO_LONG),
    ({"read_id": "1" * 600}, Fault.TOO_LONG),
]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(AT + timedelta(minutes=5))


@pytest.fixture
def far(tmp_path: Path, clock: ManualClock) -> Iterator[Far]:
    far = Far(tmp_path, clock, replace(SHARE, most_quarantined=5))
    yield far
    far.close()


def take(far: Far, *records: CaptureRecord, sender: Organisation = KENT) -> list[Outcome]:
    return far.intake.take(sender, [encode_record(one) for one in records])


def test_a_read_offered_again_is_the_same_read(far: Far) -> None:
    assert take(far, a_record(1), a_record(2), a_record(1)) == [ACCEPTED, ACCEPTED, DUPLICATE]
    assert take(far, a_record(2), a_record(3)) == [DUPLICATE, ACCEPTED]
    assert far.records() == [a_record(1), a_record(2), a_record(3)]


@pytest.mark.parametrize(("different", "fault"), BROKEN)
def test_a_read_that_cannot_be_right_is_put_aside_with_the_reason(
    far: Far, different: dict[str, Any], fault: Fault
) -> None:
    wrong = replace(a_record(1), read=replace(a_record(1).read, **different))
    assert take(far, wrong, a_record(2)) == [Outcome(taken=Taken.QUARANTINED, fault=fault), ACCEPTED]
    assert take(far, wrong) == [Outcome(taken=Taken.QUARANTINED, fault=fault)]
    (aside,) = far.quarantine.all_of(KENT)
    assert (aside.fault, aside.content) == (fault, encode_record(wrong))
    assert far.records() == [a_record(2)]


@pytest.mark.parametrize(("different", "fault"), BROKEN)
def test_among_many_a_read_that_cannot_be_right_is_found_as_well(
    far: Far, different: dict[str, Any], fault: Fault
) -> None:
    wrong = replace(a_record(0), read=replace(a_record(0).read, **different))
    outcomes = take(far, *MANY[:50], bare(wrong), *MANY[50:])
    assert outcomes == [ACCEPTED] * 50 + [Outcome(taken=Taken.QUARANTINED, fault=fault)] + [ACCEPTED] * 50
    assert far.records() == MANY


def test_many_good_reads_are_taken_without_a_look_at_each(far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "glimpse_of", lambda _: pytest.fail("looked at a read alone"))
    assert take(far, *MANY) == [ACCEPTED] * 100
    assert take(far, bare(a_record(0)), *MANY[1:]) == [ACCEPTED] + [DUPLICATE] * 99
    assert far.records() == [*MANY, bare(a_record(0))]
    ((counted, _),) = far.counters.counted().values()
    newest = int(MANY[-1].read.captured_at.timestamp())
    assert counted == Counted(accepted=101, duplicates=99, newest_captured=newest)


def test_among_many_what_this_sender_may_not_send_is_refused(far: Far) -> None:
    refused = Outcome(taken=Taken.REFUSED, fault=Fault.NOT_ITS_FEED)
    assert take(far, *MANY, bare(a_record(0, feed_id="essex"))) == [ACCEPTED] * 100 + [refused]
    assert take(far, *MANY, sender=Organisation("nobody")) == [refused] * 100


def test_a_picture_that_is_not_the_reads_puts_the_read_aside(far: Far) -> None:
    wrong = replace(a_record(1), patch=b"another")
    assert take(far, wrong) == [Outcome(taken=Taken.QUARANTINED, fault=Fault.OTHER_PICTURE)]


def test_what_this_sender_may_not_send_is_refused_and_not_kept(far: Far) -> None:
    refused = Outcome(taken=Taken.REFUSED, fault=Fault.NOT_ITS_FEED)
    assert take(far, a_record(1, feed_id="essex")) == [refused]
    assert take(far, a_record(1), sender=Organisation("nobody")) == [refused]
    assert far.intake.take(KENT, [b"\xff"]) == [Outcome(taken=Taken.REFUSED, fault=Fault.NOT_A_READ)]
    assert far.records() == []
    assert far.quarantine.by_fault() == {}


def test_a_full_quarantine_takes_nothing_more_of_that_sender(far: Far) -> None:
    for number in range(5):
        take(far, a_record(number, captured_at=ANCIENT))
    with pytest.raises(Overloaded, match="5 reads of this sender lie in quarantine"):
        take(far, a_record(9, captured_at=ANCIENT), a_record(10))
    assert far.records() == []
    assert take(far, a_record(10)) == [ACCEPTED]


def test_pictures_may_come_later_each_once(far: Far) -> None:
    whole = encode_record(a_record(1))
    unknown = Outcome(taken=Taken.REFUSED, fault=Fault.UNKNOWN_READ)
    assert far.intake.take_pictures(KENT, [whole]) == [unknown]
    take(far, bare(a_record(1)))
    assert far.intake.take_pictures(KENT, [encode_record(replace(a_record(1), overview=b""))]) == [ACCEPTED]
    assert far.intake.take_pictures(KENT, [whole, whole]) == [ACCEPTED, DUPLICATE]
    late = [(one.patch, one.overview) for one in far.records() if one.pictures_only]
    assert late == [(PATCH, b""), (b"", OVERVIEW)]


def test_pictures_that_came_with_the_read_are_not_taken_again(far: Far) -> None:
    take(far, a_record(1))
    assert far.intake.take_pictures(KENT, [encode_record(a_record(1))]) == [DUPLICATE]
    other = encode_record(replace(a_record(1), patch=b"another"))
    assert far.intake.take_pictures(KENT, [other]) == [Outcome(taken=Taken.REFUSED, fault=Fault.OTHER_PICTURE)]


def test_it_is_known_what_came_from_whom(far: Far, clock: ManualClock) -> None:
    far.intake.take(KENT, [encode_record(a_record(1))], sent_at=clock.now() - timedelta(seconds=3))
    take(far, a_record(1), a_record(2, captured_at=ANCIENT), a_record(3, feed_id="essex"))
    ((counted, at),) = far.counters.counted().values()
    assert at == clock.now()
    assert counted == Counted(
        accepted=1,
        duplicates=1,
        quarantined=1,
        refused=1,
        newest_captured=int((AT + timedelta(seconds=1)).timestamp()),
        clock_offset_seconds=3.0,
    )


def test_what_a_sender_erased_is_kept_once(far: Far) -> None:
    notice = ErasureNotice(erasure_id="e1", at=AT, before=AT, because="retention of 12 months", counts={"reads": 3})
    far.counters.erased(KENT, [notice])
    far.counters.erased(KENT, [notice])
    assert far.counters.erasures() == {KENT: [notice]}


def test_what_was_put_aside_goes_when_its_time_is_up(far: Far, clock: ManualClock) -> None:
    take(far, a_record(1, captured_at=ANCIENT))
    assert far.quarantine.expire(clock.now()) == {"quarantined reads": 0}
    assert far.quarantine.expire(clock.now() + timedelta(seconds=1)) == {"quarantined reads": 1}


def test_a_batch_may_come_as_it_is_or_packed() -> None:
    encoded = [encode_record(a_record(number)) for number in range(3)]
    plain = offer_pb2.RecordBatch.FromString(offer_pb2.EncodedBatch(records=encoded).SerializeToString())
    assert records_in(ingest_pb2.IngestReadsRequest(plain=plain)) == encoded
    assert records_in(national_pb2.PushReadsRequest(packed=packed(encoded))) == encoded


@pytest.mark.parametrize(
    "box",
    [
        None,
        offer_pb2.PackedBatch(content=b"x", size=1),
        offer_pb2.PackedBatch(compression=1, content=b"x", size=1),
        offer_pb2.PackedBatch(compression=1, content=packed([b"x" * 100]).content, size=10),
        offer_pb2.PackedBatch(compression=1, content=packed([b"x" * 100]).content, size=10_000),
        offer_pb2.PackedBatch(compression=1, content=packed([b"x"]).content, size=2**30),
        offer_pb2.PackedBatch(compression=1, content=packed([b"x"]).content, size=-1),
    ],
)
def test_a_batch_that_is_none_is_told_so(box: offer_pb2.PackedBatch | None) -> None:
    with pytest.raises(BadInput, match="batch"):
        records_in(national_pb2.PushReadsRequest(packed=box))


def test_outcomes_survive_the_wire() -> None:
    outcomes = [
        ACCEPTED,
        Outcome(taken=Taken.REFUSED, fault=Fault.NOT_ITS_FEED),
        DUPLICATE,
        Outcome(taken=Taken.QUARANTINED, fault=Fault.FUTURE),
    ]
    said = answer_in(national_pb2.PushReadsResponse, outcomes).SerializeToString()
    assert outcomes_in(said, 4) == outcomes
    with pytest.raises(BadInput, match="4 reads, 5 were sent"):
        outcomes_in(said, 5)


def test_reads_with_an_odd_time_can_be_let_in_and_others_stay(far: Far) -> None:
    early = a_record(1, captured_at=AT + timedelta(hours=1))
    take(far, early, replace(a_record(2), read=replace(a_record(2).read, confidence=2.0)))
    assert release(far.quarantine, far.journal, KENT) == Released(taken=1, left=1)
    assert far.records() == [early]
    assert release(far.quarantine, far.journal, KENT) == Released(taken=0, left=1)
    assert take(far, early) == [DUPLICATE]


def test_offers_that_are_taken_together_are_answered_each_for_itself(far: Far) -> None:
    essex = Organisation("essex")
    shared, other, late = (encode_record(bare(a_record(number))) for number in (1, 2, 3))
    odd = [encode_record(bare(a_record(number, captured_at=ANCIENT))) for number in range(10, 20)]
    first, again, stranger, full, last = far.intake.take_together([
        Offer(KENT, [shared]),
        Offer(KENT, [shared, other]),
        Offer(essex, [late]),
        Offer(KENT, [*odd, late]),
        Offer(KENT, [b"nothing", late]),
    ])  # fmt: skip
    assert first == [ACCEPTED]
    assert again == [DUPLICATE, ACCEPTED]
    assert stranger == [Outcome(taken=Taken.REFUSED, fault=Fault.NOT_ITS_FEED)]
    # more than may lie in quarantine: that sender must wait, the others need not
    assert isinstance(full, Overloaded)
    assert last == [Outcome(taken=Taken.REFUSED, fault=Fault.NOT_A_READ), ACCEPTED]
    assert [one.read.read_id for one in far.records()] == [a_record(number).read.read_id for number in (1, 2, 3)]
    assert far.counters.counted()[KENT][0].accepted == 3


def test_many_reads_of_one_sender_in_several_offers_are_answered_each_for_itself_sound_or_not(far: Far) -> None:
    records = [encode_record(one) for one in MANY]
    assert plain_reads(records) is not None
    half = len(records) // 2
    first, second = Offer(KENT, records[:half]), Offer(KENT, records[half:])
    assert far.intake.take_together([first, second]) == [[ACCEPTED] * half] * 2
    strange = encode_record(bare(a_record(101, feed_id="essex")))
    fresh = encode_record(bare(a_record(102)))
    again, mixed = far.intake.take_together([first, Offer(KENT, [strange, *second.records, fresh])])
    assert again == [DUPLICATE] * half
    assert mixed == [Outcome(taken=Taken.REFUSED, fault=Fault.NOT_ITS_FEED), *[DUPLICATE] * half, ACCEPTED]
    (counted, _) = far.counters.counted()[KENT]
    assert (counted.accepted, counted.duplicates, counted.refused) == (101, 100, 1)
