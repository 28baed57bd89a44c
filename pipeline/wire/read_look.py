"""Encoded capture records as Arrow columns, decoded by ptars: whole reads, or what decides whether they are taken.

Which fields those are is here; their numbers and kinds are the contract's. A time keeps its two numbers (decoded to a
point in time it would hide odd nanoseconds), a word is its number, and parts that are only counted are bytes, which are
the same on the wire. ptars is a second parser: what it says counts only of records that `are_canonical`.
On failure: ValueError for bytes that are no capture record, or no read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import pyarrow as pa
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError
from ptars import HandlerPool

from pipeline.wire.arrow_alone import leave_pandas_out
from protos.anpr.v1 import offer_pb2, read_pb2

leave_pandas_out()
LOOKED_AT = (
    "read_id", "feed_id", "source_id", "camera_id", "captured_at", "received_at", "clock_state", "location", "vrm",
    "confidence", "syntax", "direction", "patch_digest", "overview_digest", "doubts",
)  # fmt: skip
"""In the order of the contract."""
_COUNTED = ("anpr.v1.Candidate", "anpr.v1.Doubt")
"""Of these a look counts only how many there are."""


_AT_ONCE = 128
"""Records that are parsed together: with more, their bytes no longer fit the processor's nearest memory."""


def are_canonical(records: Sequence[bytes]) -> bool:
    """Tell whether encoded capture records are the bytes that the contract's own parser would write of them, and all of
    it known to it: then no other parser can understand them differently."""
    return all(_are_canonical(records[at : at + _AT_ONCE]) for at in range(0, len(records), _AT_ONCE))


def _are_canonical(records: Sequence[bytes]) -> bool:
    encoded = offer_pb2.EncodedBatch(records=records).SerializeToString()
    try:
        # an embedded message and bytes look the same on the wire
        batch = offer_pb2.RecordBatch.FromString(encoded)
    except DecodeError:
        return False
    batch.DiscardUnknownFields()
    return bool(batch.SerializeToString() == encoded)


def look_into(records: Sequence[bytes]) -> pa.RecordBatch:
    """Return `read` (a struct of LOOKED_AT), `patch`, `overview` and `pictures_only` of encoded capture records."""
    return _LOOK.list_to_record_batch(records)


def whole(reads: Sequence[bytes]) -> pa.RecordBatch:
    """Return every field of encoded reads, in the order of the contract."""
    return _WHOLE.list_to_record_batch(reads)


def _part_of(kind: Any, wanted: Iterable[str], package: str, as_bytes: Collection[str]) -> Any:
    """Return a message of the `wanted` fields of `kind` under their numbers."""
    made = descriptor_pb2.DescriptorProto(name=kind.name)
    for field in (kind.fields_by_name[name] for name in wanted):
        one = made.field.add(name=field.name, number=field.number)
        one.label = one.LABEL_REPEATED if field.is_repeated else one.LABEL_OPTIONAL
        if field.message_type is not None and field.message_type.full_name in as_bytes:
            one.type = one.TYPE_BYTES
        elif field.message_type is not None:
            one.type, one.type_name = one.TYPE_MESSAGE, f".{package}.{field.message_type.name}"
        elif field.type == FieldDescriptor.TYPE_ENUM:
            one.type = one.TYPE_INT32
        else:
            one.type = descriptor_pb2.FieldDescriptorProto.Type.ValueType(field.type)
        if field.message_type is None and field.has_presence:
            # told apart from one that is 0, which takes a group of its own
            one.proto3_optional, one.oneof_index = True, len(made.oneof_decl)
            made.oneof_decl.add(name=f"_{field.name}")
    return made


def _handler(package: str, message: str, wanted: Sequence[str], as_bytes: Collection[str] = ()) -> Any:
    """Return what decodes `message`: a CaptureRecord, or a Read, of which the `wanted` fields are decoded."""
    read, record = read_pb2.Read.DESCRIPTOR, read_pb2.CaptureRecord.DESCRIPTOR
    parts = {one.message_type.full_name: one.message_type for one in read.fields if one.message_type is not None}
    file = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")
    for name, part in parts.items():
        if name not in as_bytes:
            file.message_type.append(_part_of(part, part.fields_by_name, package, as_bytes))
    file.message_type.append(_part_of(read, wanted, package, as_bytes))
    file.message_type.append(_part_of(record, record.fields_by_name, package, as_bytes))
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    described = pool.FindFileByName(file.name)
    return HandlerPool([described]).get_for_message(described.message_types_by_name[message])


_LOOK = _handler("anpr.look", "CaptureRecord", LOOKED_AT, _COUNTED)
_WHOLE = _handler("anpr.whole", "Read", [field.name for field in read_pb2.Read.DESCRIPTOR.fields])
