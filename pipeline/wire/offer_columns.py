"""Many offered records at once: either all of them are beyond doubt, or it is not said here what is wrong.

A batch of a well-behaved sender holds nothing odd, and to find that out no Python object for each field of each read is
needed: ptars decodes the few fields that decide into Arrow columns, and a rule is one look at a column. Whatever is not
plainly right (one read that breaks a rule, a picture, an unusual encoding) is left to `glimpse_of`, which looks at each
record alone and words the fault. A test holds both ways together, on random and on broken reads.

Two parsers may understand one encoding differently (a field that comes twice, a wrong wire type), and a sender could
use that to have one read checked and another kept. So protobuf's own parser must know the batch as exactly the bytes
that it would itself write, without a field that it does not know: those leave nothing to understand.

On failure: None, for whatever is in doubt.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.domain.read import MOST_DOUBTS
from pipeline.domain.vrm import MAXIMUM_LENGTH
from pipeline.wire.offers import (
    EARLIEST,
    KNOWN_WORDS,
    LATEST,
    MOST_ID_CHARACTERS,
    MOST_READ_BYTES,
    SECOND,
)
from pipeline.wire.read_look import are_canonical, look_into

FEWEST_OFFERED = 100
"""Of fewer records in an offer the columns cost more than a glimpse of each."""
_MARK, _HEXADECIMAL = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", b"0123456789abcdef"
_DIGEST_CHARACTERS = 64


class PlainReads(NamedTuple):
    """What decides about reads of which none has a fault or a picture. Times are seconds from 1970."""

    read_ids: list[str]
    feed_ids: Collection[str]
    earliest: int
    """The earliest of all times of all of them."""
    latest: int
    newest: int
    """When the newest of them was captured."""


def plain_reads(records: Sequence[bytes]) -> PlainReads | None:
    """Return what decides about encoded capture records; None unless `glimpse_of` would find no fault and no picture in
    any, or when there are too few."""
    if len(records) < FEWEST_OFFERED or max(map(len, records)) > MOST_READ_BYTES:
        return None
    if not are_canonical(records):
        return None
    try:
        table = look_into(records)
    except ValueError:
        return None
    read = table.column("read")
    columns = {part.name: column for part, column in zip(read.type, read.flatten(), strict=True)}
    if read.null_count or _has_more_than_reads(table) or not _are_plain(columns):
        return None
    captured, received = (_seconds(columns[name]) for name in ("captured_at", "received_at"))
    return PlainReads(
        read_ids=columns["read_id"].to_pylist(),
        feed_ids=pc.unique(columns["feed_id"]).to_pylist(),
        earliest=int(min(captured.min(), received.min())),
        latest=int(max(captured.max(), received.max())),
        newest=int(captured.max()),
    )


def _has_more_than_reads(table: pa.RecordBatch) -> bool:
    pictures = any(_lengths(table.column(name)).any() for name in ("patch", "overview"))
    return pictures or table.column("pictures_only").true_count > 0


def _are_plain(columns: dict[str, Any]) -> bool:
    # the rules of `glimpse_of`; lengths are bytes here, which are never fewer than characters
    ids = {name: _lengths(columns[name]) for name in ("read_id", "camera_id", "feed_id", "source_id")}
    return (
        bool(ids["read_id"].all() and ids["camera_id"].all())
        and int(sum(ids.values()).max()) <= MOST_ID_CHARACTERS
        and _between(_lengths(columns["vrm"]), 1, MAXIMUM_LENGTH)
        and _holds_only(columns["vrm"], _MARK)
        and _are_digests(columns["patch_digest"])
        and _are_digests(columns["overview_digest"])
        and _are_times(columns["captured_at"])
        and _are_times(columns["received_at"])
        and all(_between(_numbers(columns[name], np.int32), one[0], one[-1]) for name, one in KNOWN_WORDS.items())
        and _between(_numbers(columns["confidence"], np.float64), 0, 1)
        and _between(_lengths(columns["doubts"]), 0, MOST_DOUBTS)
        and _are_places(columns["location"])
    )


def _are_times(instants: pa.StructArray) -> bool:
    return (
        not instants.null_count
        and _between(_seconds(instants), EARLIEST, LATEST)
        and _between(_numbers(instants.field("nanos"), np.int32), 0, SECOND - 1)
    )


def _are_places(places: pa.StructArray) -> bool:
    """Tell whether all are on the earth, where there are any."""
    if places.null_count:
        places = places.drop_null()
    return not len(places) or (
        _between(_numbers(places.field("latitude"), np.float64), -90, 90)
        and _between(_numbers(places.field("longitude"), np.float64), -180, 180)
    )


def _are_digests(texts: pa.StringArray) -> bool:
    lengths = _lengths(texts)
    return bool(((lengths == _DIGEST_CHARACTERS) | (lengths == 0)).all()) and _holds_only(texts, _HEXADECIMAL)


def _between(numbers: Any, least: float, most: float) -> bool:
    # not a number is between nothing
    return bool(((numbers >= least) & (numbers <= most)).all())


def _holds_only(texts: pa.StringArray, characters: bytes) -> bool:
    _, _, content = texts.buffers()
    return content is None or not content.to_pybytes().translate(None, characters)


# numpy looks at what lies behind a column: pyarrow's own functions take longer to be called than to do it


def _lengths(parts: pa.Array) -> Any:
    return np.diff(np.frombuffer(parts.buffers()[1], np.int32)[parts.offset : parts.offset + len(parts) + 1])


def _seconds(instants: pa.StructArray) -> Any:
    return _numbers(instants.field("seconds"), np.int64)


def _numbers(column: pa.Array, kind: Any) -> Any:
    return np.frombuffer(column.buffers()[1], kind)[column.offset : column.offset + len(column)]
