"""A read survives the contract's bytes and the store's columns unchanged."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.domain.read import CaptureRecord, Location
from pipeline.domain.vrm import Vrm
from pipeline.errors import BadInput
from pipeline.wire.read_arrow import CAPTURE_DAY, IMAGE_SCHEMA, READ_SCHEMA, reads_of
from pipeline.wire.read_columns import read_digest, tables_of, tables_of_records
from pipeline.wire.read_proto import (
    decode_read,
    decode_record,
    encode_read,
    encode_record,
    message_of,
    read_of_message,
)
from protos.anpr.v1 import read_pb2
from tests.support.builders import AT, a_read, a_record, any_record


@given(any_record)
@settings(max_examples=50, deadline=None)
def test_any_record_is_the_same_after_its_bytes(record: CaptureRecord) -> None:
    assert decode_record(encode_record(record)) == record


@given(st.lists(any_record, max_size=3))
@settings(max_examples=30, deadline=None)
def test_any_reads_are_the_same_after_their_columns(records: list[CaptureRecord]) -> None:
    reads, images = tables_of([encode_record(record) for record in records])
    assert (reads.schema, images.schema) == (READ_SCHEMA, IMAGE_SCHEMA)
    assert reads_of(reads) == [record.read for record in records]
    assert (reads, images) == tables_of_records(records)


@given(st.lists(any_record, max_size=3))
@settings(max_examples=30, deadline=None)
def test_a_stored_read_gives_the_digest_it_was_stored_with(records: list[CaptureRecord]) -> None:
    reads, _ = tables_of_records(records)
    reads = reads.cast(reads.schema)
    assert [read_digest(read) for read in reads_of(reads)] == reads["record_digest"].to_pylist()


def test_a_changed_read_has_another_digest() -> None:
    assert read_digest(a_read()) != read_digest(a_read(confidence=0.96))


def test_a_field_of_a_newer_version_leaves_the_digest_as_it_can_be_made_again() -> None:
    newer = message_of(a_read())
    newer.MergeFromString(b"\xf8\x07\x01")
    content = read_pb2.CaptureRecord(read=newer).SerializeToString()
    assert tables_of([content])[0]["record_digest"].to_pylist() == [read_digest(a_read())]


def test_look_alikes_share_a_folded_mark() -> None:
    reads, _ = tables_of_records([a_record(1, vrm=Vrm("AO11IQB"))])
    assert reads["vrm_folded"].to_pylist() == ["A01110B"]


def test_the_same_record_has_the_same_bytes() -> None:
    assert encode_record(a_record(7)) == encode_record(a_record(7))


def test_a_time_of_another_zone_is_kept_as_the_same_instant_and_under_its_utc_day() -> None:
    early = datetime(2026, 6, 1, 0, 30, tzinfo=timezone(timedelta(hours=1)))
    record = a_record(captured_at=early)
    assert decode_record(encode_record(record)).read.captured_at == early
    assert tables_of_records([record])[0][CAPTURE_DAY].to_pylist() == [date(2026, 5, 31)]


def test_each_record_gives_two_pictures() -> None:
    record = a_record(3, patch=b"small", overview=b"large")
    _, table = tables_of_records([record])
    assert table.schema == IMAGE_SCHEMA
    assert [(row["kind"], row["jpeg"], row["digest"], row["read_id"]) for row in table.to_pylist()] == [
        ("patch", b"small", record.read.patch_digest, record.read.read_id),
        ("overview", b"large", record.read.overview_digest, record.read.read_id),
    ]


def test_a_picture_that_there_is_not_has_no_row() -> None:
    _, images = tables_of_records([a_record(1, patch=b""), a_record(2, patch=b"", overview=b""), a_record(3)])
    kinds = [(int(row["read_id"], 16), row["kind"]) for row in images.to_pylist()]
    assert kinds == [(1, "overview"), (3, "patch"), (3, "overview")]


def test_bytes_that_are_no_record_are_refused() -> None:
    with pytest.raises(BadInput, match="no capture record"):
        decode_record(b"\xff\xff\xff")
    with pytest.raises(BadInput, match="no capture record"):
        tables_of([b"\xff\xff\xff"])


@pytest.mark.parametrize("missing", ["read_id", "vrm", "captured_at", "received_at"])
def test_a_read_without_what_every_read_has_is_refused(missing: str) -> None:
    message = message_of(a_read())
    message.ClearField(missing)  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="needs read_id"):
        tables_of([encode_record(a_record(1)), read_pb2.CaptureRecord(read=message).SerializeToString()])
    with pytest.raises(BadInput, match="needs read_id"):
        read_of_message(message)


def test_empty_bytes_are_no_read() -> None:
    with pytest.raises(BadInput):
        decode_record(b"")


@pytest.mark.parametrize("field", ["clock_state", "syntax", "direction"])
@pytest.mark.parametrize("value", [0, 99])
def test_an_enumeration_this_version_does_not_know_is_refused(field: str, value: int) -> None:
    message = message_of(a_read())
    setattr(message, field, value)
    with pytest.raises(BadInput, match="does not know"):
        tables_of([read_pb2.CaptureRecord(read=message).SerializeToString()])
    with pytest.raises(BadInput, match="does not know"):
        read_of_message(message)


def test_a_time_no_calendar_has_is_refused() -> None:
    message = message_of(a_read())
    message.captured_at.seconds = 2**60
    with pytest.raises(BadInput, match="years"):
        tables_of([read_pb2.CaptureRecord(read=message).SerializeToString()])
    with pytest.raises(BadInput, match="years"):
        read_of_message(message)


def test_a_field_of_a_newer_version_is_passed_over() -> None:
    newer = message_of(a_read()).SerializeToString() + b"\xf8\x07\x01"
    assert read_of_message(read_pb2.Read.FromString(newer)) == a_read()


def test_a_refusal_does_not_tell_the_mark() -> None:
    message = message_of(a_read())
    message.syntax = 99  # type: ignore[assignment]
    with pytest.raises(BadInput) as refused:
        read_of_message(message)
    assert "AB12CDE" not in str(refused.value)


def test_microseconds_are_exact_in_both_directions() -> None:
    for micro in (0, 1, 999_999):
        at = AT.replace(microsecond=micro)
        assert decode_record(encode_record(a_record(captured_at=at))).read.captured_at == at.astimezone(UTC)


@pytest.mark.parametrize("length", [0, 1, 127, 128, 16_383, 16_384, 300_000])
def test_a_record_is_encoded_as_the_contract_would_itself(length: int) -> None:
    for late in (False, True):
        record = replace(a_record(3), patch=bytes(length), overview=b"overview", pictures_only=late)
        message = read_pb2.CaptureRecord(
            read=message_of(record.read), patch=record.patch, overview=record.overview, pictures_only=late
        )
        assert encode_record(record) == message.SerializeToString()
        assert {field.name for field in message.DESCRIPTOR.fields} == {field.name for field in fields(CaptureRecord)}


def test_a_time_at_the_epoch_and_a_place_at_nought_are_there() -> None:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    read = replace(a_record(3).read, captured_at=epoch, received_at=epoch, location=Location(latitude=0, longitude=0))
    assert decode_read(encode_read(read)) == read
