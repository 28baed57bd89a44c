"""Many reads at once: what is found of them together is what a look at each finds, or nothing is found at all."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.wire.offer_columns import FEWEST_OFFERED, PlainReads, plain_reads
from pipeline.wire.offers import EARLIEST, LATEST, MOST_ID_CHARACTERS, MOST_READ_BYTES, glimpse_of
from pipeline.wire.read_proto import encode_record
from protos.anpr.v1 import read_pb2
from tests.support.builders import OVERVIEW, a_record
from tests.support.sharing import bare

ORDINARY = [encode_record(bare(a_record(number))) for number in range(FEWEST_OFFERED)]
Change = Callable[[read_pb2.CaptureRecord], None]

INTEGERS_64 = st.integers(-(2**63), 2**63 - 1)
INTEGERS_32 = st.integers(-(2**31), 2**31 - 1)
NUMBERS = st.floats() | st.sampled_from([-90.0, 90.0, 180.0, -180.0, 0.0, 1.0, 1.0000001, -0.0])
MARKS = st.from_regex(r"[A-Z0-9]{1,17}", fullmatch=True) | st.sampled_from(["", "ab12", "AB 12", "AB12\n", "ÄB12"])
DIGESTS = st.from_regex(r"[0-9a-f]{63,65}", fullmatch=True) | st.sampled_from(["", "A" * 64, "g" * 64, "../../etc"])
LONG = st.integers(MOST_ID_CHARACTERS - 100, MOST_ID_CHARACTERS + 1).map(lambda length: "x" * length)
TEXTS = st.text(max_size=20) | LONG


def the_text(name: str) -> st.SearchStrategy[Change]:
    texts = {"vrm": MARKS, "patch_digest": DIGESTS, "overview_digest": DIGESTS}.get(name, TEXTS)
    return texts.map(lambda text: lambda record: setattr(record.read, name, text))


def the_word(name: str) -> st.SearchStrategy[Change]:
    return (INTEGERS_32 | st.integers(-1, 11)).map(lambda number: lambda record: setattr(record.read, name, number))


def the_time(name: str) -> st.SearchStrategy[Change]:
    def change(record: read_pb2.CaptureRecord, seconds: int, nanos: int) -> None:
        getattr(record.read, name).seconds, getattr(record.read, name).nanos = seconds, nanos

    seconds = INTEGERS_64 | st.sampled_from([0, 1, -62_135_596_801, -62_135_596_800, 253_402_300_799, 253_402_300_800])
    nanos = INTEGERS_32 | st.sampled_from([0, -1, 999_999_999, 1_000_000_000])
    return st.tuples(seconds, nanos).map(lambda both: lambda record: change(record, *both))


def the_place() -> st.SearchStrategy[Change]:
    def change(record: read_pb2.CaptureRecord, latitude: float, longitude: float) -> None:
        record.read.location.latitude, record.read.location.longitude = latitude, longitude

    return st.tuples(NUMBERS, NUMBERS).map(lambda both: lambda record: change(record, *both))


def an_absence(name: str) -> Change:
    return lambda record: record.read.ClearField(name)


def some_doubts(count: int) -> Change:
    return lambda record: record.read.doubts.extend([read_pb2.Doubt(text="B")] * count)


def the_picture(name: str) -> st.SearchStrategy[Change]:
    return st.binary(max_size=5).map(lambda jpeg: lambda record: setattr(record, name, jpeg))


CHANGES: st.SearchStrategy[Change] = st.one_of(
    *(the_text(name) for name in ("read_id", "feed_id", "source_id", "camera_id", "vrm", "raw_text")),
    *(the_text(name) for name in ("patch_digest", "overview_digest")),
    *(the_word(name) for name in ("clock_state", "syntax", "direction")),
    *(the_time(name) for name in ("captured_at", "received_at")),
    *(the_picture(name) for name in ("patch", "overview")),
    NUMBERS.map(lambda number: lambda record: setattr(record.read, "confidence", number)),
    the_place(),
    st.sampled_from([field.name for field in read_pb2.Read.DESCRIPTOR.fields]).map(an_absence),
    st.integers(0, 70).map(some_doubts),
    st.booleans().map(lambda late: lambda record: setattr(record, "pictures_only", late)),
    st.sampled_from([MOST_READ_BYTES, 100]).map(
        lambda n: lambda record: setattr(record.read, "model_version", "x" * n)
    ),
    st.just(lambda record: record.ClearField("read")),
)


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    """A record as protobuf writes it, with anything in it."""
    record = read_pb2.CaptureRecord.FromString(ORDINARY[0])
    for change in draw(st.lists(CHANGES, max_size=3)):
        change(record)
    return record.SerializeToString()


def field(number: int, kind: int, content: bytes) -> bytes:
    """A field as it is on the wire; `kind` 0 is a number, 1 and 5 are eight and four bytes, 2 is bytes."""
    key = (number << 3) | kind
    return (bytes([key & 0x7F | 0x80, key >> 7]) if key > 0x7F else bytes([key])) + content


FIELDS = st.builds(
    field,
    st.integers(1, 30),
    st.just(0),
    st.integers(0, 127).map(lambda number: bytes([number])) | st.just(b"\x81\x00"),
) | st.one_of(
    st.builds(field, st.integers(1, 30), st.just(1), st.floats().map(lambda number: struct.pack("<d", number))),
    st.builds(field, st.integers(1, 30), st.just(5), st.binary(min_size=4, max_size=4)),
    st.builds(field, st.integers(1, 30), st.just(2), st.binary(max_size=9).map(lambda one: bytes([len(one)]) + one)),
)
"""Any field of any kind, known or not, as long as one byte tells its length."""


@st.composite
def unusual(draw: st.DrawFn) -> bytes:
    """Bytes that are a record in an unusual encoding, or none: fields that come twice, of a wrong kind, or unknown, in
    the record or its read; cut off; with bytes that are others."""
    record = read_pb2.CaptureRecord.FromString(draw(messages()))
    before, after = (b"".join(draw(st.lists(FIELDS, max_size=2))) for _ in range(2))
    read = before + record.read.SerializeToString() + after
    length = len(read)
    content = b"\x0a" + bytes([length & 0x7F | 0x80, length >> 7 & 0x7F | 0x80, length >> 14]) + read
    content += b"".join(draw(st.lists(FIELDS, max_size=2)))
    cut = draw(st.none() | st.integers(0, len(content)))
    content = content[:cut]
    for place, byte in draw(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=2)):
        if content:
            at = place % len(content)
            content = content[:at] + bytes([byte]) + content[at + 1 :]
    return content


def found_one_by_one(records: Sequence[bytes]) -> PlainReads | None:
    glimpses = [glimpse_of(one) for one in records]
    if any(one.fault or one.pictures or one.pictures_only for one in glimpses):
        return None
    captured, received = [one.captured_at for one in glimpses], [one.received_at for one in glimpses]
    return PlainReads(
        read_ids=[one.read_id for one in glimpses],
        feed_ids={one.feed_id for one in glimpses},
        earliest=min(captured + received),
        latest=max(captured + received),
        newest=max(captured),
    )


def bytes_of_ids(record: bytes) -> int:
    read = read_pb2.CaptureRecord.FromString(record).read
    return len(f"{read.read_id}{read.camera_id}{read.feed_id}{read.source_id}".encode())


def among_others(odd: bytes, place: int) -> list[bytes]:
    return [*ORDINARY[:place], odd, *ORDINARY[place:]]


def found_at_once(records: Sequence[bytes]) -> PlainReads | None:
    found = plain_reads(records)
    return found and found._replace(feed_ids=set(found.feed_ids))


@given(odd=messages(), place=st.integers(0, FEWEST_OFFERED))
@settings(max_examples=400, deadline=None)
def test_of_what_protobuf_writes_the_same_is_found_at_once_as_one_by_one(odd: bytes, place: int) -> None:
    records = among_others(odd, place)
    expected = found_one_by_one(records)
    if bytes_of_ids(odd) <= MOST_ID_CHARACTERS:
        assert found_at_once(records) == expected
    else:
        # characters are what counts, and these may be fewer
        assert found_at_once(records) in (expected, None)


@given(odd=unusual(), place=st.integers(0, FEWEST_OFFERED))
@example(odd=b"", place=0)
@example(odd=ORDINARY[0] + ORDINARY[1], place=5)
@example(odd=ORDINARY[0] + field(1, 0, b"\x01"), place=5)
@example(odd=ORDINARY[0] + field(7, 0, b"\x01"), place=5)
@settings(max_examples=400, deadline=None)
def test_what_is_encoded_unusually_is_never_found_to_be_more_than_one_by_one(odd: bytes, place: int) -> None:
    records = among_others(odd, place)
    found = found_at_once(records)
    if found is not None:
        assert found == found_one_by_one(records)


def ids_of(characters: int) -> Change:
    def change(record: read_pb2.CaptureRecord) -> None:
        read = record.read
        read.source_id = "x" * (characters - len(read.read_id) - len(read.feed_id) - len(read.camera_id))

    return change


def in_read(**different: Any) -> Change:
    """Set fields of the read, or those of a part of it."""

    def change(record: read_pb2.CaptureRecord) -> None:
        for name, value in different.items():
            *parts, last = name.split("__")
            owner = record.read
            for part in parts:
                owner = getattr(owner, part)
            setattr(owner, last, value)

    return change


EDGES: list[tuple[Change, Change]] = [
    (in_read(vrm="A" * 16), in_read(vrm="A" * 17)),
    (in_read(vrm="A"), an_absence("vrm")),
    (ids_of(MOST_ID_CHARACTERS), ids_of(MOST_ID_CHARACTERS + 1)),
    (some_doubts(64), some_doubts(65)),
    (an_absence("location"), in_read(location__latitude=90.1)),
    (in_read(location__longitude=-180.0), in_read(location__longitude=-180.1)),
    (in_read(confidence=1.0), in_read(confidence=1.01)),
    (an_absence("confidence"), in_read(confidence=float("nan"))),
    (an_absence("feed_id"), an_absence("read_id")),
    (an_absence("source_id"), an_absence("camera_id")),
    (in_read(captured_at__nanos=0), in_read(captured_at__nanos=-1)),
    (in_read(received_at__nanos=999_999_999), in_read(received_at__nanos=1_000_000_000)),
    (in_read(captured_at__seconds=0), an_absence("captured_at")),
    (in_read(received_at__seconds=0, received_at__nanos=0), an_absence("received_at")),
    (in_read(captured_at__seconds=LATEST), in_read(captured_at__seconds=LATEST + 1)),
    (in_read(received_at__seconds=EARLIEST), in_read(received_at__seconds=EARLIEST - 1)),
    (in_read(clock_state=4), in_read(clock_state=5)),
    (in_read(syntax=9), in_read(syntax=10)),
    (in_read(direction=3), an_absence("direction")),
    (an_absence("patch_digest"), in_read(patch_digest="0" * 63)),
    (in_read(overview_digest="f" * 64), in_read(overview_digest="F" * 64)),
    (an_absence("model_version"), in_read(model_version="x" * MOST_READ_BYTES)),
    (an_absence("doubts"), lambda record: record.ClearField("read")),
    (an_absence("lane"), lambda record: setattr(record, "pictures_only", True)),
    (an_absence("candidates"), lambda record: setattr(record, "overview", OVERVIEW)),
]


@pytest.mark.parametrize(("just_right", "just_wrong"), EDGES)
def test_every_rule_ends_where_it_does_one_by_one(just_right: Change, just_wrong: Change) -> None:
    record = read_pb2.CaptureRecord.FromString(ORDINARY[0])
    just_right(record)
    right = among_others(record.SerializeToString(), 5)
    just_wrong(record)
    wrong = among_others(record.SerializeToString(), 5)
    assert found_at_once(right) == found_one_by_one(right)
    assert found_one_by_one(right) is not None
    assert (found_at_once(wrong), found_one_by_one(wrong)) == (None, None)


def test_of_ordinary_reads_all_is_found_and_of_few_nothing() -> None:
    assert found_one_by_one(ORDINARY) is not None
    assert found_at_once(ORDINARY) == found_one_by_one(ORDINARY)
    assert plain_reads(ORDINARY[:-1]) is None
    assert plain_reads([]) is None


@pytest.mark.parametrize("second", [ORDINARY[1], field(1, 2, b"\x00"), field(9, 0, b"\x01")])
def test_a_field_that_comes_twice_or_is_unknown_is_in_doubt(second: bytes) -> None:
    twice = ORDINARY[0] + second
    assert glimpse_of(twice).fault is None
    assert plain_reads([twice, *ORDINARY]) is None
