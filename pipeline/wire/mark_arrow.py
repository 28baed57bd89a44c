"""Marks: for every read the texts that its plate may bear, as an Arrow table to look reads up by.

One row for each text, under its folded key (`fold_vrm`): rank 0 is the read's own VRM, rank 1, 2, … the stored rivals
that are at least `LEAST_PROBABILITY` likely, so that what a misread hid is found by a look-up and not by a scan. A mark
leads to its read by `vrm`, `captured_at` and `camera_id`: a read id would double the size of the table.

On failure: nothing here touches the outside; a read that came through the contract always fits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from pipeline.domain.read import CaptureRecord, Read
from pipeline.domain.vrm import Vrm, fold_vrm
from pipeline.wire.read_arrow import CAPTURE_DAY, capture_day_of

LEAST_PROBABILITY = 1e-3
"""A rival text less likely than this is not looked up: one in a thousand of such rivals is the plate's true text."""

MARK_SCHEMA = pa.schema(
    [
        pa.field("mark", pa.string()),
        pa.field("rank", pa.int8()),
        pa.field("probability", pa.float32()),
        pa.field("vrm", pa.string()),
        pa.field("camera_id", pa.string()),
        pa.field("captured_at", pa.timestamp("us", tz="UTC")),
        pa.field("latitude", pa.float64()),
        pa.field("longitude", pa.float64()),
        pa.field(CAPTURE_DAY, pa.date32()),
    ]
)
"""`mark` is folded, `probability` that of the text (0..1), `vrm` the read's own; degrees WGS 84, null if unknown."""


def marks_table(records: Sequence[CaptureRecord]) -> pa.Table:
    """Return the marks of `records` as a table of MARK_SCHEMA."""
    return pa.Table.from_pylist([row for record in records for row in _rows(record.read)], schema=MARK_SCHEMA)


def _rows(read: Read) -> Iterator[dict[str, Any]]:
    for rank, (mark, probability) in enumerate(_texts(read).items()):
        yield {
            "mark": mark,
            "rank": rank,
            "probability": probability,
            "vrm": read.vrm,
            "camera_id": read.camera_id,
            "captured_at": read.captured_at,
            "latitude": read.location.latitude if read.location else None,
            "longitude": read.location.longitude if read.location else None,
            CAPTURE_DAY: capture_day_of(read),
        }


def _texts(read: Read) -> dict[str, float]:
    """Return each folded text once, the read's own first, with its probability."""
    texts = {fold_vrm(read.vrm): read.confidence}
    for candidate in sorted(read.candidates, key=lambda one: -one.probability):
        if candidate.text and candidate.probability >= LEAST_PROBABILITY:
            texts.setdefault(fold_vrm(Vrm(candidate.text)), candidate.probability)
    return texts
