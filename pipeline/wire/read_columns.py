"""Many encoded capture records as Arrow columns at once, without a Python object for each field of each read.

Reads without pictures are decoded by ptars where it cannot be mistaken (`read_look`); of the others, and wherever
anything is in doubt, protobuf makes a message each. A test holds both to the same tables.

Columns follow the contract's descriptor, so that a new field cannot be forgotten here. The digest of a record is the
SHA-256 of its Read's canonical bytes (fields in order of their numbers, nothing that this version does not know), which
`read_digest` makes again of a stored read.

On failure: BadInput for bytes that are no capture record, or that miss what every read has; no message quotes them.
"""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from operator import attrgetter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError

from pipeline.domain.read import CaptureRecord, Digest, Read
from pipeline.domain.vrm import FOLDED
from pipeline.errors import BadInput
from pipeline.wire.read_arrow import IMAGE_SCHEMA, READ_SCHEMA
from pipeline.wire.read_look import are_canonical, whole
from pipeline.wire.read_proto import message_of, record_message_of
from protos.anpr.v1 import read_pb2

_MICROSECONDS_A_DAY = 86_400_000_000
_INSTANT = "google.protobuf.Timestamp"
_FEWEST_STORED = 100
"""Of fewer records to be stored the columns of ptars cost more than a message of each."""
_READ_COMES = b"\x0a"
"""How an encoded record with a read begins."""
_EARLIEST, _LATEST = -62_135_596_800, 253_402_300_799
"""Seconds from 1970 of the first and the last second that a calendar year of four digits has."""


def tables_of(contents: Sequence[bytes]) -> tuple[pa.Table, pa.Table]:
    """Return the reads (READ_SCHEMA) and the pictures (IMAGE_SCHEMA, a row each) of encoded capture records.

    A record of pictures only makes no row among the reads: its read came before. Reads that came without pictures are
    first where there are many of them.
    """
    bare = [_bare_read_in(content) for content in contents]
    if len(contents) - bare.count(None) >= _FEWEST_STORED:
        without = [content for content, read in zip(contents, bare, strict=True) if read is not None]
        plain = _plain_table(without, [read for read in bare if read is not None])
        if plain is not None:
            others, images = _parsed([content for content, read in zip(contents, bare, strict=True) if read is None])
            return pa.concat_tables([plain, others]), images
    return _parsed(contents)


def _parsed(contents: Sequence[bytes]) -> tuple[pa.Table, pa.Table]:
    with _uncollected():
        try:
            records = [read_pb2.CaptureRecord.FromString(content) for content in contents]
        except DecodeError as error:
            raise BadInput("some bytes are no capture record") from error
        return _tables(records)


def _bare_read_in(content: bytes) -> bytes | None:
    """Return the encoded read of a record that holds nothing else; None where it may hold more."""
    if content[:1] != _READ_COMES:
        return None
    length, at = 0, 1
    for shift, byte in zip((0, 7, 14), content[1:4], strict=False):
        length |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return content[at:] if at + length == len(content) else None
    return None


def _plain_table(contents: Sequence[bytes], reads: Sequence[bytes]) -> pa.Table | None:
    """Return the table of records without pictures, whose encoded reads are `reads`; None where there is any doubt."""
    if not are_canonical(contents):
        return None
    try:
        decoded = whole(reads)
        columns = {field.name: _taken_over(field, decoded[field.name]) for field in read_pb2.Read.DESCRIPTOR.fields}
        _demand(columns)
    except (ValueError, BadInput):
        # a look at each record words what is wrong
        return None
    return _whole_table(columns, [hashlib.sha256(one).hexdigest() for one in reads])


def _taken_over(field: Any, column: pa.Array) -> pa.Array:
    """Return a column as ptars has it as READ_SCHEMA has it."""
    kind = field.message_type
    if kind is not None and kind.full_name == _INSTANT:
        seconds, nanos = (np.asarray(column.field(name)) for name in ("seconds", "nanos"))
        return _micros(seconds, nanos.astype(np.int64), np.asarray(column.is_null()))
    if field.type == FieldDescriptor.TYPE_ENUM:
        return _words(field.enum_type, np.asarray(column))
    return column.cast(READ_SCHEMA.field(field.name).type)


def tables_of_records(records: Sequence[CaptureRecord]) -> tuple[pa.Table, pa.Table]:
    """Return the same of records that are not encoded."""
    return _tables([record_message_of(one) for one in records])


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no garbage meanwhile: there are many objects and no cycles, and looking takes a quarter of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def folded(marks: pa.Array) -> pa.Array:
    """Return `fold_vrm` of every mark."""
    for letter, digit in FOLDED.items():
        marks = pc.replace_substring(marks, letter, digit)
    return marks


def read_digest(read: Read) -> Digest:
    """Return the digest that the record of `read` bears in the store."""
    return _digest(message_of(read))


def canonical_bytes(read: Read) -> bytes:
    """Return the bytes that the digest of `read` is of."""
    return bytes(message_of(read).SerializeToString(deterministic=True))


def _digest(message: Any) -> Digest:
    return Digest(hashlib.sha256(message.SerializeToString(deterministic=True)).hexdigest())


def _tables(records: list[Any]) -> tuple[pa.Table, pa.Table]:
    messages = [record.read for record in records]
    columns = {field.name: _column(field, messages) for field in read_pb2.Read.DESCRIPTOR.fields}
    _demand(columns)
    for message in messages:
        # what a newer version added could not be made again from the columns
        message.DiscardUnknownFields()
    reads = _whole_table(columns, [_digest(message) for message in messages])
    images = _images(records, reads)
    late = [record.pictures_only for record in records]
    return reads.filter(pa.array([not one for one in late])) if any(late) else reads, images


def _whole_table(columns: dict[str, pa.Array], digests: Sequence[str]) -> pa.Table:
    columns["vrm_folded"] = folded(columns["vrm"])
    columns["record_digest"] = pa.array(digests, pa.string())
    columns["capture_day"] = _days(columns["captured_at"])
    return pa.Table.from_arrays([columns[name] for name in READ_SCHEMA.names], schema=READ_SCHEMA)


def _demand(columns: dict[str, pa.Array]) -> None:
    """Raise BadInput when a read has no id, no mark or no time."""
    blank = any(pc.any(pc.equal(columns[name], "")).as_py() for name in ("read_id", "vrm"))
    if blank or columns["captured_at"].null_count or columns["received_at"].null_count:
        raise BadInput("a read needs read_id, vrm, captured_at and received_at")


def _images(records: list[Any], reads: pa.Table) -> pa.Table:
    """Return the pictures that there are: a feed may have none, or one."""
    found = [
        (row, kind, digest, jpeg)
        for row, record in enumerate(records)
        for kind, digest, jpeg in (
            ("patch", record.read.patch_digest, record.patch),
            ("overview", record.read.overview_digest, record.overview),
        )
        if jpeg
    ]
    rows, kinds, digests, pictures = zip(*found, strict=True) if found else ((), (), (), ())
    columns = {
        "digest": pa.array(digests, pa.string()),
        "kind": pa.array(kinds, pa.string()),
        "jpeg": pa.array(pictures, pa.binary()),
    }
    for name in ("read_id", "received_at", "capture_day"):
        columns[name] = reads[name].combine_chunks().take(pa.array(rows, pa.int64()))
    return pa.table([columns[name] for name in IMAGE_SCHEMA.names], schema=IMAGE_SCHEMA)


def _days(instants: pa.Array) -> pa.Array:
    micros = np.asarray(instants.cast(pa.int64()))
    return pa.array((micros // _MICROSECONDS_A_DAY).astype(np.int32)).cast(pa.date32())


def _column(field: Any, messages: Iterable[Any]) -> pa.Array:
    """Return one column of `messages`: the one field of each, as READ_SCHEMA has it."""
    messages = list(messages)
    values = list(map(attrgetter(field.name), messages))
    if field.is_repeated:
        offsets = pa.array(np.cumsum([0, *map(len, values)], dtype=np.int32))
        return pa.ListArray.from_arrays(offsets, _values(field, list(chain.from_iterable(values))))
    if not field.has_presence:
        return _values(field, values)
    absent = [not message.HasField(field.name) for message in messages]
    return _values(field, values, absent)


def _values(field: Any, values: list[Any], absent: list[bool] | None = None) -> pa.Array:
    kind = field.message_type
    if kind is not None and kind.full_name == _INSTANT:
        return _instants(values, absent)
    mask = None if absent is None else pa.array(absent, pa.bool_())
    if kind is not None:
        parts = [_column(part, values) for part in kind.fields]
        return pa.StructArray.from_arrays(parts, names=[part.name for part in kind.fields], mask=mask)
    if field.type == FieldDescriptor.TYPE_ENUM:
        return _words(field.enum_type, values)
    return pa.array(values, _SCALARS[field.type], mask=None if absent is None else np.array(absent, bool))


_SCALARS = {
    FieldDescriptor.TYPE_STRING: pa.string(),
    FieldDescriptor.TYPE_DOUBLE: pa.float64(),
    FieldDescriptor.TYPE_INT32: pa.int32(),
    FieldDescriptor.TYPE_BYTES: pa.binary(),
}


def _instants(values: list[Any], absent: list[bool] | None) -> pa.Array:
    seconds = np.fromiter((one.seconds for one in values), np.int64, len(values))
    nanos = np.fromiter((one.nanos for one in values), np.int64, len(values))
    return _micros(seconds, nanos, None if absent is None else np.array(absent, bool))


def _micros(seconds: Any, nanos: Any, absent: Any) -> pa.Array:
    if len(seconds) and not (seconds.min() >= _EARLIEST and seconds.max() <= _LATEST):
        raise BadInput("a read has a time outside the years 1 to 9999")
    micros = pa.array(seconds * 1_000_000 + nanos // 1000, mask=absent)
    return micros.cast(pa.timestamp("us", tz="UTC"))


def _words(kind: Any, values: Any) -> pa.Array:
    """Return the domain's words for an enumeration's numbers."""
    numbers = np.array(values, np.int64)
    words = _WORDS[kind.name]
    if len(numbers) and not (numbers.min() >= 1 and numbers.max() < len(words)):
        raise BadInput("a read has a clock state, syntax or direction that this version does not know")
    return words.take(pa.array(numbers))


def _words_of(kind: Any) -> pa.Array:
    """Return the words at the places of their numbers, which are 0 (never written) and what follows without a gap."""
    names = [value.name for value in sorted(kind.values, key=lambda value: value.number)]
    prefix = names[0].removesuffix("UNSPECIFIED")
    return pa.array([name.removeprefix(prefix).lower().replace("_", "-") for name in names], pa.string())


_WORDS = {kind.name: _words_of(kind) for kind in read_pb2.DESCRIPTOR.enum_types_by_name.values()}
