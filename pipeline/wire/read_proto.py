"""A read between the domain and its contract, `protos/anpr/v1/read.proto`.

Times keep microseconds. On failure: BadInput when bytes are no capture record or miss what every read has.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

from google.protobuf.message import DecodeError
from google.protobuf.timestamp_pb2 import Timestamp

from pipeline.domain.plate import CameraId, Candidate
from pipeline.domain.posterior import Doubt
from pipeline.domain.read import (
    CaptureRecord,
    ClockState,
    Digest,
    Direction,
    FeedId,
    Location,
    Read,
    ReadId,
    SourceId,
)
from pipeline.domain.syntax import Syntax
from pipeline.domain.vrm import Vrm
from pipeline.errors import BadInput
from protos.anpr.v1 import read_pb2

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@cache
def enum_name(prefix: str, value: str) -> str:
    """Return how the contract spells an enumeration's value: `stream` of CLOCK_STATE is CLOCK_STATE_STREAM."""
    return f"{prefix}_{value.upper().replace('-', '_')}"


@cache
def _value_of(prefix: str, name: str) -> str:
    return name.removeprefix(f"{prefix}_").lower().replace("_", "-")


def message_of(read: Read) -> read_pb2.Read:
    """Return the message that says `read`."""
    message = read_pb2.Read(
        read_id=read.read_id,
        feed_id=read.feed_id,
        source_id=read.source_id,
        camera_id=read.camera_id,
        clock_state=enum_name("CLOCK_STATE", read.clock_state),
        vrm=read.vrm,
        raw_text=read.raw_text,
        confidence=read.confidence,
        character_confidences=read.character_confidences,
        syntax=enum_name("SYNTAX", read.syntax),
        direction=enum_name("DIRECTION", read.direction),
        lane=read.lane,
        patch_digest=read.patch_digest,
        overview_digest=read.overview_digest,
        sighting_count=read.sighting_count,
        model_version=read.model_version,
    )
    # parts are made where they belong: to make them outside and have them copied takes three times as long
    _set_stamp(message.captured_at, read.captured_at)
    _set_stamp(message.received_at, read.received_at)
    if read.location is not None:
        message.location.latitude = read.location.latitude
        message.location.longitude = read.location.longitude
    for candidate in read.candidates:
        message.candidates.add(text=candidate.text, probability=candidate.probability)
    for one in read.doubts:
        message.doubts.add(position=one.position, length=one.length, text=one.text, cost=one.cost)
    return message


def read_of_message(message: read_pb2.Read) -> Read:
    """Return the read that `message` says.

    Raises BadInput when it has no id, no mark or no time, or an enumeration that this version does not know.
    """
    if not (message.read_id and message.vrm and message.HasField("captured_at") and message.HasField("received_at")):
        raise BadInput("a read needs read_id, vrm, captured_at and received_at")
    try:
        clock_state = ClockState(_value_of("CLOCK_STATE", read_pb2.ClockState.Name(message.clock_state)))
        syntax = Syntax(_value_of("SYNTAX", read_pb2.Syntax.Name(message.syntax)))
        direction = Direction(_value_of("DIRECTION", read_pb2.Direction.Name(message.direction)))
    except ValueError as error:
        raise BadInput("a read has a clock state, syntax or direction that this version does not know") from error
    location = message.location
    return Read(
        read_id=ReadId(message.read_id),
        feed_id=FeedId(message.feed_id),
        source_id=SourceId(message.source_id),
        camera_id=CameraId(message.camera_id),
        captured_at=_time(message.captured_at),
        received_at=_time(message.received_at),
        clock_state=clock_state,
        location=Location(latitude=location.latitude, longitude=location.longitude)
        if message.HasField("location")
        else None,
        vrm=Vrm(message.vrm),
        raw_text=message.raw_text,
        confidence=message.confidence,
        character_confidences=tuple(message.character_confidences),
        candidates=tuple(Candidate(text=one.text, probability=one.probability) for one in message.candidates),
        syntax=syntax,
        direction=direction,
        lane=message.lane if message.HasField("lane") else None,
        patch_digest=Digest(message.patch_digest),
        overview_digest=Digest(message.overview_digest),
        sighting_count=message.sighting_count,
        model_version=message.model_version,
        doubts=tuple(
            Doubt(position=one.position, length=one.length, text=one.text, cost=one.cost) for one in message.doubts
        ),
    )


def encode_read(read: Read) -> bytes:
    """Return the bytes of a read without its images."""
    return message_of(read).SerializeToString()


def decode_read(content: bytes) -> Read:
    """Return the read in `content`. Raises BadInput."""
    try:
        return read_of_message(read_pb2.Read.FromString(content))
    except DecodeError as error:
        raise BadInput(f"{len(content)} bytes are no read") from error


def record_message_of(record: CaptureRecord) -> read_pb2.CaptureRecord:
    """Return the message that says `record`."""
    return read_pb2.CaptureRecord(
        read=message_of(record.read),
        patch=record.patch,
        overview=record.overview,
        pictures_only=record.pictures_only,
    )


def encode_record(record: CaptureRecord) -> bytes:
    """Return the bytes of a capture record.

    Read and pictures are put one after the other, as the wire format allows, so no picture is copied into a message.
    """
    fields = (encode_read(record.read), record.patch, record.overview)
    rest = read_pb2.CaptureRecord(pictures_only=True).SerializeToString() if record.pictures_only else b""
    return b"".join((*(part for number, content in enumerate(fields, 1) for part in _field(number, content)), rest))


def decode_record(content: bytes) -> CaptureRecord:
    """Return the capture record in `content`. Raises BadInput."""
    try:
        message = read_pb2.CaptureRecord.FromString(content)
    except DecodeError as error:
        raise BadInput(f"{len(content)} bytes are no capture record") from error
    return CaptureRecord(
        read=read_of_message(message.read),
        patch=message.patch,
        overview=message.overview,
        pictures_only=message.pictures_only,
    )


def _field(number: int, content: bytes) -> tuple[bytes, ...]:
    """Return a field of a few bytes or many: its number, its length in groups of seven bits, itself; none if empty."""
    if not content:
        return ()
    head, length = bytearray([number << 3 | 2]), len(content)
    while length > 0x7F:
        head.append(length & 0x7F | 0x80)
        length >>= 7
    head.append(length)
    return bytes(head), content


def _set_stamp(stamp: Timestamp, at: datetime) -> None:
    since = at - _EPOCH
    stamp.seconds = since.days * 86_400 + since.seconds
    stamp.nanos = since.microseconds * 1000


def _time(stamp: Timestamp) -> datetime:
    try:
        return _EPOCH + timedelta(seconds=stamp.seconds, microseconds=stamp.nanos // 1000)
    except OverflowError as error:
        raise BadInput("a read has a time outside the years 1 to 9999") from error
