"""Reads as Arrow tables: the schema is derived from the contract, so that a new field cannot be forgotten here.

Enumerations are stored as the domain's words (`stream`, `approaching`), times as microseconds UTC. What is derived from
a read is added last: the mark with its look-alikes folded, the digest of the record, and `capture_day`, the day of
`captured_at` in UTC, by which tables are partitioned. `read_columns.py` fills the tables.

On failure: nothing here touches the outside; a read that came through the contract always fits.
"""

from __future__ import annotations

from datetime import UTC, date
from typing import Any

import pyarrow as pa
from google.protobuf.descriptor import FieldDescriptor

from pipeline.domain.plate import CameraId, Candidate
from pipeline.domain.posterior import Doubt
from pipeline.domain.read import (
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
from pipeline.wire.arrow_alone import leave_pandas_out
from protos.anpr.v1 import read_pb2

leave_pandas_out()
CAPTURE_DAY = "capture_day"
_TIMESTAMP = pa.timestamp("us", tz="UTC")
_SCALARS = {
    FieldDescriptor.TYPE_STRING: pa.string(),
    FieldDescriptor.TYPE_DOUBLE: pa.float64(),
    FieldDescriptor.TYPE_INT32: pa.int32(),
    FieldDescriptor.TYPE_BYTES: pa.binary(),
    FieldDescriptor.TYPE_ENUM: pa.string(),
}


def _arrow_type(field: Any) -> pa.DataType:
    if field.message_type is None:
        kind = _SCALARS[field.type]
    elif field.message_type.full_name == "google.protobuf.Timestamp":
        kind = _TIMESTAMP
    else:
        kind = pa.struct(_fields(field.message_type))
    return pa.list_(kind) if field.is_repeated else kind


def _fields(message: Any) -> list[pa.Field]:
    return [pa.field(field.name, _arrow_type(field)) for field in message.fields]


DERIVED = pa.schema(
    [
        pa.field("vrm_folded", pa.string()),
        pa.field("record_digest", pa.string()),
        pa.field(CAPTURE_DAY, pa.date32()),
    ]
)
"""`fold_vrm` of the mark, SHA-256 of the record's canonical bytes, the UTC day of capture."""

READ_SCHEMA = pa.schema([*_fields(read_pb2.Read.DESCRIPTOR), *DERIVED])
"""One column for each field of the contract, in its order, then those of DERIVED."""

IMAGE_SCHEMA = pa.schema(
    [
        pa.field("digest", pa.string()),
        pa.field("kind", pa.string()),
        pa.field("read_id", pa.string()),
        pa.field("received_at", _TIMESTAMP),
        pa.field("jpeg", pa.binary()),
        pa.field(CAPTURE_DAY, pa.date32()),
    ]
)
"""One row for each picture; `kind` is `patch` or `overview`."""


def capture_day_of(read: Read) -> date:
    """Return the day, in UTC, under which the read is kept."""
    return read.captured_at.astimezone(UTC).date()


def reads_of(table: pa.Table) -> list[Read]:
    """Return the reads in a table of READ_SCHEMA."""
    return [_read(row) for row in table.select(READ_SCHEMA.names).to_pylist()]


def _read(row: dict[str, Any]) -> Read:
    location = row["location"]
    return Read(
        read_id=ReadId(row["read_id"]),
        feed_id=FeedId(row["feed_id"]),
        source_id=SourceId(row["source_id"]),
        camera_id=CameraId(row["camera_id"]),
        captured_at=row["captured_at"],
        received_at=row["received_at"],
        clock_state=ClockState(row["clock_state"]),
        location=Location(**location) if location is not None else None,
        vrm=Vrm(row["vrm"]),
        raw_text=row["raw_text"],
        confidence=row["confidence"],
        character_confidences=tuple(row["character_confidences"]),
        candidates=tuple(Candidate(**one) for one in row["candidates"]),
        syntax=Syntax(row["syntax"]),
        direction=Direction(row["direction"]),
        lane=row["lane"],
        patch_digest=Digest(row["patch_digest"]),
        overview_digest=Digest(row["overview_digest"]),
        sighting_count=row["sighting_count"],
        model_version=row["model_version"],
        # rows from before doubts were kept have none
        doubts=tuple(Doubt(**one) for one in row["doubts"] or ()),
    )
