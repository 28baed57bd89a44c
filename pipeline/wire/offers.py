"""Reads on their way between organisations: batches, glimpses of what is in them, and outcomes, by `offer.proto`.

Records are passed on as the bytes they came in. Of a record only what decides whether it is taken is looked at, so that
no Python object is made for each field of each read.

On failure: BadInput for a batch that is none; what is wrong with a single record is the fault of its glimpse.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import pyarrow as pa
from google.protobuf.message import DecodeError

from pipeline.domain.read import MOST_DOUBTS, digest_of
from pipeline.domain.sharing import ErasureNotice, Fault, Outcome, Taken
from pipeline.domain.vrm import MAXIMUM_LENGTH
from pipeline.errors import BadInput
from pipeline.wire.hotlist_proto import stamp_of, time_of, value_of
from pipeline.wire.read_proto import enum_name
from protos.anpr.v1 import ingest_pb2, national_pb2, offer_pb2, read_pb2

MOST_BATCH_BYTES = 8 * 2**20
"""A packed batch that would become larger is refused before it is opened."""
MOST_READ_BYTES = 16 * 1024
"""Of one read, without pictures: ours have some 400."""
PATCH, OVERVIEW = "patch", "overview"
MOST_ID_CHARACTERS = 512
"""Of all ids of a read together."""
_ZSTD = pa.Codec("zstd", compression_level=1)
"""The quickest: 0.7 µs a read, to a quarter of its size; higher levels win little, because ids are random."""
_is_form = re.compile(r"[A-Z0-9]+ (?:[0-9a-f]{64})? (?:[0-9a-f]{64})?").fullmatch
"""Of a canonical mark and the two digests, which may be absent."""
EARLIEST, LATEST = -62_135_596_800, 253_402_300_799
"""Seconds from 1970 of the first and the last second that a calendar year of four digits has."""
SECOND = 1_000_000_000
"""In nanoseconds."""
KNOWN_WORDS = {
    "clock_state": range(1, len(read_pb2.ClockState.DESCRIPTOR.values)),
    "syntax": range(1, len(read_pb2.Syntax.DESCRIPTOR.values)),
    "direction": range(1, len(read_pb2.Direction.DESCRIPTOR.values)),
}
"""The numbers that this version knows, of each field of a read that is a word."""
_CLOCK_STATES, _SYNTAXES, _DIRECTIONS = KNOWN_WORDS.values()


class Glimpse(NamedTuple):
    """What decides about a record. Times are seconds from 1970; `pictures` are the kinds of those that came along."""

    fault: Fault | None
    read_id: str = ""
    feed_id: str = ""
    camera_id: str = ""
    captured_at: int = 0
    received_at: int = 0
    pictures: tuple[str, ...] = ()
    pictures_only: bool = False


def glimpse_of(content: bytes) -> Glimpse:
    """Return what decides about the encoded capture record in `content`."""
    try:
        record = read_pb2.CaptureRecord.FromString(content)
    except DecodeError:
        return Glimpse(Fault.NOT_A_READ)
    read = record.read
    patch, overview = record.patch, record.overview
    pictures: tuple[str, ...] = ()
    if patch or overview:
        pictures = tuple(kind for kind, jpeg in ((PATCH, patch), (OVERVIEW, overview)) if jpeg)
    # each look into a message makes an object: none is made twice
    captured, received = read.captured_at, read.received_at
    captured_at, received_at = captured.seconds, received.seconds
    fault = _fault_of(read, captured_at, received_at, len(content) - len(patch) - len(overview))
    if fault is None and not (0 <= captured.nanos < SECOND and 0 <= received.nanos < SECOND):
        fault = Fault.UNKNOWN_WORD
    if pictures and fault is None:
        fault = _fault_of_pictures(read, patch, overview)
    return Glimpse(
        fault,
        read.read_id,
        read.feed_id,
        read.camera_id,
        captured_at,
        received_at,
        pictures,
        record.pictures_only,
    )


def _fault_of(read: Any, captured_at: int, received_at: int, size: int) -> Fault | None:
    # written out, for this is asked of every read that comes
    read_id, camera_id, vrm = read.read_id, read.camera_id, read.vrm
    # an instant that is 1970 may be one that is absent
    if not (
        (read_id and vrm and camera_id)
        and (captured_at or read.HasField("captured_at"))
        and (received_at or read.HasField("received_at"))
    ):
        return Fault.INCOMPLETE
    if (
        size > MOST_READ_BYTES
        or len(read_id) + len(camera_id) + len(read.feed_id) + len(read.source_id) > MOST_ID_CHARACTERS
        or len(vrm) > MAXIMUM_LENGTH
        or len(read.doubts) > MOST_DOUBTS
    ):
        return Fault.TOO_LONG
    if not (
        read.clock_state in _CLOCK_STATES
        and read.syntax in _SYNTAXES
        and read.direction in _DIRECTIONS
        and 0 <= read.confidence <= 1
        and _is_form(f"{vrm} {read.patch_digest} {read.overview_digest}")
        and EARLIEST <= captured_at <= LATEST
        and EARLIEST <= received_at <= LATEST
    ):
        return Fault.UNKNOWN_WORD
    if read.HasField("location"):
        place = read.location
        if not (-90 <= place.latitude <= 90 and -180 <= place.longitude <= 180):
            return Fault.UNKNOWN_WORD
    return None


def _fault_of_pictures(read: Any, patch: bytes, overview: bytes) -> Fault | None:
    if (patch and digest_of(patch) != read.patch_digest) or (overview and digest_of(overview) != read.overview_digest):
        return Fault.OTHER_PICTURE
    return None


def parcel_facts(content: bytes) -> tuple[str, str, int, bytes] | None:
    """Return read_id, camera_id, when it was made (seconds from 1970) and the encoded record without its pictures; None
    for pictures that came later. Raises BadInput."""
    record = _record_in(content)
    if record.pictures_only:
        return None
    read = record.read
    if record.patch or record.overview:
        record.ClearField(PATCH)
        record.ClearField(OVERVIEW)
        content = record.SerializeToString()
    return read.read_id, read.camera_id, read.received_at.seconds, content


def disclosed(content: bytes, withheld: Sequence[str]) -> tuple[str, str, bytes] | None:
    """Return read_id, feed_id and the encoded record without pictures and the `withheld` fields of its read; None for
    pictures that came later. Raises BadInput."""
    record = _record_in(content)
    if record.pictures_only:
        return None
    read = record.read
    for name in withheld:
        read.ClearField(name)
    # what a newer version added is nobody's agreement
    read.DiscardUnknownFields()
    return read.read_id, read.feed_id, read_pb2.CaptureRecord(read=read).SerializeToString()


def batch_of(records: Sequence[bytes]) -> offer_pb2.RecordBatch:
    """Return the batch of encoded records."""
    return offer_pb2.RecordBatch.FromString(offer_pb2.EncodedBatch(records=records).SerializeToString())


def single_pictures(content: bytes) -> list[tuple[str, bytes]]:
    """Return, for each picture in `content`, its kind and a record of it alone. Raises BadInput."""
    record = _record_in(content)
    return [
        (kind, read_pb2.CaptureRecord(read=record.read, pictures_only=True, **{kind: jpeg}).SerializeToString())
        for kind, jpeg in ((PATCH, record.patch), (OVERVIEW, record.overview))
        if jpeg
    ]


def packed(records: Sequence[bytes]) -> offer_pb2.PackedBatch:
    """Return a batch of encoded records, made smaller."""
    batch = offer_pb2.EncodedBatch(records=records).SerializeToString()
    return offer_pb2.PackedBatch(
        compression=offer_pb2.COMPRESSION_ZSTD, content=_ZSTD.compress(batch, asbytes=True), size=len(batch)
    )


def push_of(batch_id: str, records: Sequence[bytes], at: datetime) -> bytes:
    """Return the request that pushes `records`, encoded."""
    request = national_pb2.PushReadsRequest(batch_id=batch_id, sent_at=stamp_of(at), packed=packed(records))
    return bytes(request.SerializeToString())


def push_of_images(batch_id: str, records: Sequence[bytes]) -> bytes:
    """Return the request that pushes the pictures in `records`, encoded."""
    request = national_pb2.PushImagesRequest(batch_id=batch_id, records=[_record_in(one) for one in records])
    return bytes(request.SerializeToString())


def records_in(request: national_pb2.PushReadsRequest | ingest_pb2.IngestReadsRequest) -> list[bytes]:
    """Return the encoded records of a request. Raises BadInput when there is no batch in it, or a damaged one."""
    if request.WhichOneof("content") == "plain":
        return records_of(request.plain.SerializeToString())
    if not request.HasField("packed"):
        raise BadInput("a push needs a batch: plain or packed")
    return unpacked(request.packed)


def unpacked(box: offer_pb2.PackedBatch, most_bytes: int = MOST_BATCH_BYTES) -> list[bytes]:
    """Return what `packed` was given. Raises BadInput when the box holds something else, or too much."""
    if box.compression != offer_pb2.COMPRESSION_ZSTD:
        raise BadInput("the batch is packed in a way that is not known here; known is COMPRESSION_ZSTD")
    if not 0 <= box.size <= most_bytes:
        raise BadInput(f"a batch has at most {most_bytes} bytes: send several")
    try:
        return records_of(_ZSTD.decompress(box.content, decompressed_size=box.size, asbytes=True))
    except (OSError, ValueError) as error:
        raise BadInput("the batch is not what its compression and size say") from error


def records_of(batch: bytes) -> list[bytes]:
    """Return the encoded records of an encoded batch. Raises BadInput."""
    try:
        return list(offer_pb2.EncodedBatch.FromString(batch).records)
    except DecodeError as error:
        raise BadInput("the batch is not what its compression and size say") from error


def answer_in(kind: Any, outcomes: Sequence[Outcome]) -> Any:
    """Return `kind` (a response with outcomes and remarks) that says `outcomes`."""
    return kind(
        outcomes=[_NUMBERS[one.taken] for one in outcomes],
        remarks=[
            offer_pb2.OfferRemark(place=place, fault=enum_name("OFFER_FAULT", one.fault))
            for place, one in enumerate(outcomes)
            if one.fault is not None
        ],
    )


def outcomes_in(answer: bytes, count: int) -> list[Outcome]:
    """Return the outcomes that an encoded response tells of `count` records. Raises BadInput when it tells others."""
    try:
        said = national_pb2.PushReadsResponse.FromString(answer)
    except DecodeError as error:
        raise BadInput("the answer to a push is none") from error
    if len(said.outcomes) != count:
        raise BadInput(f"the answer tells of {len(said.outcomes)} reads, {count} were sent")
    faults = {one.place: offer_pb2.OfferFault.Name(one.fault) for one in said.remarks}
    try:
        return [
            Outcome(taken=_WORDS[number], fault=Fault(value_of("OFFER_FAULT", faults[place])))
            if place in faults
            else _PLAIN[number]
            for place, number in enumerate(said.outcomes)
        ]
    except (KeyError, ValueError) as error:
        raise BadInput("the answer has an outcome that this version does not know") from error


def _record_in(content: bytes) -> Any:
    try:
        return read_pb2.CaptureRecord.FromString(content)
    except DecodeError as error:
        raise BadInput(f"{len(content)} bytes are no capture record") from error


_NUMBERS: Mapping[Taken, int] = {word: offer_pb2.OfferOutcome.Value(enum_name("OFFER_OUTCOME", word)) for word in Taken}
_WORDS = {number: word for word, number in _NUMBERS.items()}
_PLAIN = {number: Outcome(taken=word) for number, word in _WORDS.items()}


def push_of_erasures(notices: Sequence[ErasureNotice]) -> bytes:
    """Return the request that tells of erasures, encoded."""
    erasures = [
        national_pb2.Erasure(
            erasure_id=one.erasure_id,
            at=stamp_of(one.at),
            before=stamp_of(one.before),
            because=one.because,
            counts=one.counts,
        )
        for one in notices
    ]
    return bytes(national_pb2.PushErasuresRequest(erasures=erasures).SerializeToString())


def notices_in(request: national_pb2.PushErasuresRequest) -> list[ErasureNotice]:
    """Return the erasures that a request tells of. Raises BadInput for one without id or times."""
    if not all(one.erasure_id and one.HasField("at") and one.HasField("before") for one in request.erasures):
        raise BadInput("an erasure needs erasure_id, at and before")
    return [
        ErasureNotice(
            erasure_id=one.erasure_id,
            at=time_of(one.at),
            before=time_of(one.before),
            because=one.because,
            counts=dict(one.counts),
        )
        for one in request.erasures
    ]
