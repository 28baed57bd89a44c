"""The fields of encoded capture records that decide whether they are taken, as Arrow columns, decoded by ptars.

Which fields those are is here; their numbers and kinds are the contract's. A time keeps its two numbers (decoded to a
point in time it would hide odd nanoseconds), a word is its number, and parts that are only counted are bytes, which are
the same on the wire.
On failure: ValueError for bytes that are no capture record.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import FieldDescriptor
from ptars import HandlerPool

from protos.anpr.v1 import read_pb2

LOOKED_AT = (
    "read_id", "feed_id", "source_id", "camera_id", "captured_at", "received_at", "clock_state", "location", "vrm",
    "confidence", "syntax", "direction", "patch_digest", "overview_digest", "doubts",
)  # fmt: skip
"""In the order of the contract."""
_PACKAGE = "anpr.look"
_PARTS = {"google.protobuf.Timestamp": "Instant", "anpr.v1.Location": "Location", "anpr.v1.Read": "Read"}


def look_into(records: Sequence[bytes]) -> pa.RecordBatch:
    """Return `read` (a struct of LOOKED_AT), `patch`, `overview` and `pictures_only` of encoded capture records."""
    return _HANDLER.list_to_record_batch(records)


def _part_of(kind: Any, wanted: Iterable[str]) -> descriptor_pb2.DescriptorProto:
    """Return a message of the `wanted` fields of `kind` under their numbers."""
    made = descriptor_pb2.DescriptorProto(name=_PARTS.get(kind.full_name, kind.name))
    for field in (kind.fields_by_name[name] for name in wanted):
        one = made.field.add(name=field.name, number=field.number)
        one.label = one.LABEL_REPEATED if field.is_repeated else one.LABEL_OPTIONAL
        part = _PARTS.get(field.message_type.full_name) if field.message_type is not None else None
        if part is not None:
            one.type, one.type_name = one.TYPE_MESSAGE, f".{_PACKAGE}.{part}"
        elif field.message_type is not None:
            one.type = one.TYPE_BYTES
        elif field.type == FieldDescriptor.TYPE_ENUM:
            one.type = one.TYPE_INT32
        else:
            one.type = descriptor_pb2.FieldDescriptorProto.Type.ValueType(field.type)
    return made


def _file() -> descriptor_pb2.FileDescriptorProto:
    read, record = read_pb2.Read.DESCRIPTOR, read_pb2.CaptureRecord.DESCRIPTOR
    file = descriptor_pb2.FileDescriptorProto(name="anpr/look.proto", package=_PACKAGE, syntax="proto3")
    for name in ("captured_at", "location"):
        part = read.fields_by_name[name].message_type
        assert part is not None
        file.message_type.append(_part_of(part, part.fields_by_name))
    file.message_type.append(_part_of(read, LOOKED_AT))
    file.message_type.append(_part_of(record, record.fields_by_name))
    return file


_pool = descriptor_pool.DescriptorPool()
_pool.AddSerializedFile(_file().SerializeToString())
_described = _pool.FindFileByName("anpr/look.proto")
_HANDLER = HandlerPool([_described]).get_for_message(_described.message_types_by_name["CaptureRecord"])
