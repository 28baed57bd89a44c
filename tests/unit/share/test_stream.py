"""Streams of reads for others: what the agreement says and nothing else, and never without a line in the audit log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.domain.audit import AuditEntry, AuditEvent, Operation, Outcome
from pipeline.domain.read import CaptureRecord
from pipeline.errors import AccessDenied, BadInput, Forgotten, Unavailable
from pipeline.journal.journal import Journal
from pipeline.journal.settings import JournalSettings
from pipeline.share.settings import AgreementSettings
from pipeline.share.stream import Acknowledgements, ReadStream, StreamDesk
from pipeline.wire.read_proto import encode_record
from protos.anpr.v1 import read_pb2
from tests.support.builders import a_record
from tests.support.doors import ListedAudit
from tests.support.sharing import SHARE, reads

AGREEMENT = AgreementSettings(
    organisation="essex",
    feeds=("local",),
    fields=("direction", "confidence"),
    purpose="cross-border crime",
    reference="ISA 7/2026",
)
SETTINGS = replace(SHARE, agreements={"essex-2026": AGREEMENT}, most_unacknowledged=20)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.db", JournalSettings()) as journal:
        yield journal


@pytest.fixture
def audit() -> ListedAudit:
    return ListedAudit()


@pytest.fixture
def desk(tmp_path: Path, journal: Journal, audit: ListedAudit) -> Iterator[StreamDesk]:
    acknowledged = Acknowledgements(tmp_path / "streams.db")
    yield StreamDesk(journal, acknowledged, audit=audit, settings=SETTINGS, force="kent")
    acknowledged.close()


def opened(desk: StreamDesk, after: int | None = None, stream_id: str = "", most: int = 0) -> ReadStream:
    return desk.open("essex", "essex-2026", after=after, stream_id=stream_id, most_unacknowledged=most)


def ids(records: list[CaptureRecord]) -> list[str]:
    return [one.read.read_id for one in records]


def told(stream: ReadStream) -> list[read_pb2.CaptureRecord]:
    found = []
    while (some := stream.reads()) is not None:
        found += [read_pb2.CaptureRecord.FromString(record) for record in some.records]
    return found


def test_only_the_feeds_and_fields_of_the_agreement_are_told(desk: StreamDesk, journal: Journal) -> None:
    journal.append([a_record(1), a_record(2, feed_id="other"), replace(a_record(3), pictures_only=True)])
    (record,) = told(opened(desk))
    whole = read_pb2.CaptureRecord.FromString(encode_record(a_record(1)))
    given = {field.name for field, _ in record.read.ListFields()}
    assert given == {
        "read_id", "feed_id", "source_id", "camera_id", "captured_at", "received_at", "vrm", "direction", "confidence",
    }  # fmt: skip
    assert all(getattr(record.read, name) == getattr(whole.read, name) for name in given)
    assert (record.patch, record.overview) == (b"", b"")


def test_the_disclosure_is_on_the_audit_log_before_the_first_read_leaves_and_counted_after(
    desk: StreamDesk, journal: Journal, audit: ListedAudit
) -> None:
    stream = opened(desk)
    assert stream.reads() is None
    assert audit.events == []
    journal.append(reads(range(3)))
    assert stream.reads() is not None
    (before,) = audit.events
    assert (before.operation, before.outcome, before.recipient) == (Operation.DISCLOSURE, Outcome.ALLOWED, "essex")
    assert (before.purpose, before.reference) == ("cross-border crime", "ISA 7/2026")
    stream.end()
    assert (audit.events[1].outcome, audit.events[1].result_count) == (Outcome.ANSWERED, 3)


def test_no_read_leaves_when_the_audit_log_cannot_be_written(tmp_path: Path, journal: Journal) -> None:
    class Broken:
        def append(self, events: list[AuditEvent]) -> list[AuditEntry]:
            raise Unavailable("the audit log's disk is full")

    journal.append(reads(range(3)))
    acknowledged = Acknowledgements(tmp_path / "streams.db")
    stream = opened(StreamDesk(journal, acknowledged, audit=Broken(), settings=SETTINGS, force="kent"))
    with pytest.raises(Unavailable, match="audit log"):
        stream.reads()
    acknowledged.close()


def test_no_more_is_told_than_may_be_unacknowledged(desk: StreamDesk, journal: Journal) -> None:
    journal.append(reads(range(50)))
    stream = opened(desk, most=10)
    assert len(told(stream)) == 10
    stream.acknowledge(10)
    stream.acknowledge(10)
    assert len(told(stream)) == 10
    with pytest.raises(BadInput, match="cursor 21 was not told"):
        stream.acknowledge(21)


def test_whoever_comes_back_goes_on_after_what_was_acknowledged(desk: StreamDesk, journal: Journal) -> None:
    sent = reads(range(15))
    journal.append(sent)
    stream = opened(desk, most=5)
    stream.reads()
    stream.acknowledge(5)
    assert [one.read.read_id for one in told(opened(desk))] == ids(sent[5:])
    assert [one.read.read_id for one in told(opened(desk, 12, journal.identity))] == ids(sent[12:])


def test_what_the_journal_no_longer_has_is_said_to_be_gone(desk: StreamDesk, journal: Journal) -> None:
    journal.append(reads(range(20)))
    journal.discard_up_to(10)
    with pytest.raises(Forgotten, match="no longer in the journal"):
        opened(desk, 5, journal.identity)
    with pytest.raises(Forgotten, match="of another stream"):
        opened(desk, 5, "another")
    with pytest.raises(BadInput, match="never given"):
        opened(desk, 21, journal.identity)
    assert len(told(opened(desk))) == 10


def test_nobody_else_has_the_agreement(desk: StreamDesk) -> None:
    for organisation, name in (("kent", "essex-2026"), ("essex", "essex-2027")):
        with pytest.raises(AccessDenied, match="no such agreement"):
            desk.open(organisation, name, after=None, stream_id="", most_unacknowledged=0)
