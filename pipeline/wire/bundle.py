"""Encoded records with what they are known by, as one value: what lands of a batch.

On failure: BadInput for bytes that are no bundle.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from google.protobuf.message import DecodeError

from pipeline.domain.sharing import EncodedRecord
from pipeline.errors import BadInput
from pipeline.wire.offers import packed, unpacked
from protos.anpr.v1 import offer_pb2


def bundle_of(records: Sequence[EncodedRecord]) -> bytes:
    """Return `records` put together and made smaller."""
    parts: list[bytes] = []
    for key, content, also in records:
        parts += (key.encode(), content, json.dumps(also).encode() if also else b"")
    return bytes(packed(parts).SerializeToString())


def records_in_bundle(bundle: bytes) -> list[EncodedRecord]:
    """Return what `bundle_of` was given."""
    try:
        box = offer_pb2.PackedBatch.FromString(bundle)
        parts = unpacked(box, most_bytes=box.size)
        return [
            EncodedRecord(key.decode(), content, tuple(json.loads(also)) if also else ())
            for key, content, also in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
        ]
    except (DecodeError, ValueError) as error:
        raise BadInput(f"{len(bundle)} bytes are no bundle of records") from error
