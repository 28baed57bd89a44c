"""Marks: for every read the texts that its plate may bear, as an Arrow table to look reads up by.

One row for each text, under its folded key (`fold_vrm`): rank 0 is the read's own VRM, rank 1, 2, … the stored rivals
that are at least `LEAST_PROBABILITY` likely, so that what a misread hid is found by a look-up and not by a scan. A mark
leads to its read by `vrm`, `captured_at` and `camera_id`: a read id would double the size of the table.

On failure: nothing here touches the outside; a read that came through the contract always fits.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.wire.read_arrow import CAPTURE_DAY
from pipeline.wire.read_columns import folded

Rows = NDArray[np.intp]

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
        pa.field("received_at", pa.timestamp("us", tz="UTC")),
        pa.field("latitude", pa.float64()),
        pa.field("longitude", pa.float64()),
        pa.field(CAPTURE_DAY, pa.date32()),
    ]
)
"""`mark` is folded, `probability` that of the text (0..1), `vrm` the read's own; degrees WGS 84, null if unknown.
Retention goes by `received_at` too."""


def marks_table(reads: pa.Table) -> pa.Table:
    """Return the marks of a table that has at least READ_SCHEMA's `vrm`, `confidence`, `candidates` and what is copied.

    A text counts once for each read, as the likeliest of those that fold to it; the read's own comes before any rival.
    """
    candidates = reads["candidates"].combine_chunks()
    rivals = candidates.flatten()
    texts, chances = rivals.field("text"), rivals.field("probability")
    rows = np.arange(reads.num_rows)
    rival_rows = pc.list_parent_indices(candidates).to_numpy()
    worth = pc.and_(pc.greater_equal(chances, LEAST_PROBABILITY), pc.not_equal(texts, ""))
    keep = np.flatnonzero(pc.fill_null(worth, False).to_numpy(zero_copy_only=False))
    keep = keep[np.lexsort((-chances.to_numpy()[keep], rival_rows[keep]))]
    marks = pa.concat_arrays([folded(reads["vrm"].combine_chunks()), folded(texts.take(pa.array(keep)))])
    chance = np.concatenate([reads["confidence"].to_numpy(), chances.to_numpy()[keep]])
    row = np.concatenate([rows, rival_rows[keep]])
    once, rank = _first_of_each(row, marks)
    read_of = pa.array(row[once])
    place = reads["location"].combine_chunks()
    columns = {
        "mark": marks.take(pa.array(once)),
        "rank": pa.array(rank, pa.int8()),
        "probability": pa.array(chance[once], pa.float32()),
        "latitude": pc.struct_field(place, "latitude").take(read_of),
        "longitude": pc.struct_field(place, "longitude").take(read_of),
    }
    columns |= {name: reads[name].combine_chunks().take(read_of) for name in MARK_SCHEMA.names if name not in columns}
    return pa.table([columns[name] for name in MARK_SCHEMA.names], schema=MARK_SCHEMA)


def _first_of_each(row: Rows, marks: pa.Array) -> tuple[Rows, Rows]:
    """Return where each pair of row and mark stands first, by row, and its place among those of its row."""
    code = marks.dictionary_encode().indices.to_numpy().astype(np.int64)
    pair = row * (int(code.max(initial=0)) + 1) + code
    first = np.unique(pair, return_index=True)[1]
    first = first[np.lexsort((first, row[first]))]
    start = np.searchsorted(row[first], row[first], side="left")
    return first, np.arange(len(first)) - start
