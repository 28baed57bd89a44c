"""What a full file changes: only marks whose entries differ from those held make up the revision.

So a list that comes whole every night costs what changed, and full = base + deltas holds by construction.

On failure: nothing here can fail.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.match.lists.entries import Marks, joined, marks_of, no_entries, numbers_of
from pipeline.match.lists.held import Change

_ROWS_AT_ONCE = 1 << 17
_MIX = np.uint64(0x9E3779B97F4A7C15)
Words = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A change, and how many marks it adds, alters, takes off and leaves as they are."""

    change: Change
    added: int
    altered: int
    removed: int
    same: int


def difference(held: pa.Table, wanted: pa.Table) -> Difference:
    """Return what turns the entries `held` into those `wanted`; both of one list, sorted by vrm."""
    held_marks, held_content = _groups(held)
    marks, content = _groups(wanted)
    places = np.searchsorted(held_marks, marks)
    known = np.zeros(len(marks), np.bool_)
    inside = places < len(held_marks)
    known[inside] = held_marks[places[inside]] == marks[inside]
    same = np.zeros(len(marks), np.bool_)
    same[known] = held_content[places[known]] == content[known]
    gone = np.ones(len(held_marks), np.bool_)
    gone[places[known]] = False
    return Difference(
        change=Change(
            entries=_rows_in(wanted, marks, ~same),
            removals=_first_rows_in(held, held_marks, gone),
        ),
        added=int(np.count_nonzero(~known)),
        altered=int(np.count_nonzero(known & ~same)),
        removed=int(np.count_nonzero(gone)),
        same=int(np.count_nonzero(same)),
    )


def _begins(marks: Marks) -> NDArray[np.int64]:
    first = np.ones(len(marks), np.bool_)
    first[1:] = marks[1:] != marks[:-1]
    return np.flatnonzero(first)


def _groups(table: pa.Table) -> tuple[Marks, Words]:
    """Return each mark once, and a hash of all of its entries that does not depend on their order."""
    marks = marks_of(table)
    begins = _begins(marks)
    if not len(begins):
        return marks, np.empty(0, np.uint64)
    return marks[begins], np.add.reduceat(_contents(table), begins)


def _contents(table: pa.Table) -> Words:
    """Return a hash of what each row says; equal rows of the two tables have equal ones within this process."""
    shared = table["shared"].combine_chunks()
    of_text = np.array([hash(text) for text in shared.dictionary.to_pylist()], np.int64).view(np.uint64)
    words = [
        numbers_of(table, "valid_from").astype(np.int64).view(np.uint64),
        numbers_of(table, "weed_date").astype(np.int64).view(np.uint64),
        of_text[shared.indices.to_numpy()],
        _hashes_of_texts(table["own"]),
    ]
    mixed = np.zeros(len(table), np.uint64)
    for word in words:
        # from splitmix64: every bit of what went before reaches every bit of the sum
        mixed = (mixed + word) * _MIX
        mixed ^= mixed >> np.uint64(31)
    return mixed


def _hashes_of_texts(column: pa.ChunkedArray) -> Words:
    hashes = np.empty(len(column), np.int64)
    for start in range(0, len(column), _ROWS_AT_ONCE):
        texts = column.slice(start, _ROWS_AT_ONCE).to_pylist()
        hashes[start : start + len(texts)] = [hash(text) for text in texts]
    return hashes.view(np.uint64)


def _rows_in(table: pa.Table, marks: Marks, chosen: NDArray[np.bool_]) -> pa.Table:
    """Return the rows whose mark is one of the chosen."""
    if chosen.all():
        return joined([table])
    if not chosen.any():
        return no_entries()
    own = marks_of(table)
    lengths = np.diff(np.append(_begins(own), len(own)))
    return joined([table.filter(pa.array(np.repeat(chosen, lengths)))])


def _first_rows_in(table: pa.Table, marks: Marks, chosen: NDArray[np.bool_]) -> pa.Table:
    if not chosen.any():
        return no_entries()
    return joined([table.take(pa.array(_begins(marks_of(table))[chosen]))])
