"""What the outbox pushes, as values, for peers that do not speak the contract; and their answers as it expects them.

On failure: BadInput for bytes that are no push.
"""

from __future__ import annotations

from collections.abc import Sequence

from google.protobuf.message import DecodeError

from pipeline.domain.read import CaptureRecord
from pipeline.domain.sharing import Outcome
from pipeline.errors import BadInput
from pipeline.wire.offers import answer_in, records_in
from pipeline.wire.read_proto import decode_record
from protos.anpr.v1 import national_pb2


def reads_pushed(request: bytes) -> list[CaptureRecord]:
    """Return the records in an encoded push of reads, which are without their pictures."""
    try:
        push = national_pb2.PushReadsRequest.FromString(request)
    except DecodeError as error:
        raise BadInput(f"{len(request)} bytes are no push of reads") from error
    return [decode_record(one) for one in records_in(push)]


def pictures_pushed(request: bytes) -> list[CaptureRecord]:
    """Return the records in an encoded push of pictures."""
    try:
        push = national_pb2.PushImagesRequest.FromString(request)
    except DecodeError as error:
        raise BadInput(f"{len(request)} bytes are no push of pictures") from error
    return [decode_record(one.SerializeToString()) for one in push.records]


def push_answer(outcomes: Sequence[Outcome]) -> bytes:
    """Return the encoded answer to a push, of reads or of pictures."""
    return bytes(answer_in(national_pb2.PushReadsResponse, outcomes).SerializeToString())
