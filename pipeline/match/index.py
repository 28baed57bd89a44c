"""The flat index of a hotlist's entries: one immutable buffer that any number of processes map without a copy.

Promise: `positions_of` finds every entry with a whole mark of these keys, `partials_fitting` every partial one that a
mark fits; the columns say of each position which row of the entries' table it is, on which list, and when it counts.
Entries may be given in any order and as often as one likes; times are microseconds since 1970, UTC.

Whole marks are sorted by the hash of their key; a directory over the hash's high bits leads to a handful of them in
two reads of memory. Of many keys at once, nearly all of them on no list, one bit for each of some more high bits leaves
out 9 in 10 before that. It takes 46 bytes an entry and, beside it, 4 bytes for every two entries and 2 bytes for each
at most.

On failure: BadInput for a buffer that is no index of this version, or for columns of different lengths.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.vrm import MAXIMUM_LENGTH
from pipeline.errors import BadInput
from pipeline.match.keys import Hashes, Keys, Marks, hash_of, hashes_of, keys_of, partial_among
from pipeline.match.partials import PartialMarks, partial_hashes

Positions = NDArray[np.int64]
Times = NDArray[np.int64]

_MAGIC = 0x32584449_4C544F48
_ALIGNED = 64
_ENTRIES_A_BUCKET = 2
_FINER_BITS = 5
"""So many bits more than the directory tell which hashes there may be: at most one in eight is set."""
_TYPES: dict[str, Any] = {
    "hashes": np.uint64,
    "directory": np.uint32,
    "occupied": np.uint8,
    "rows": np.uint32,
    "hotlists": np.uint16,
    "valid_from": np.int64,
    "weed_date": np.int64,
    "listed_at": np.int64,
    "removed_at": np.int64,
    "partial_hashes": np.uint64,
    "partial_marks": f"S{MAXIMUM_LENGTH}",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EntryColumns:
    """The entries of an index, one column each. A row's number is its place; the index answers with it."""

    vrms: Marks
    """dtype S16: canonical marks, whole or partial."""
    hotlists: NDArray[np.uint16]
    valid_from: Times
    """OPEN_START: always."""
    weed_date: Times
    """OPEN_END: never."""
    listed_at: Times
    """When the list began to hold this entry."""
    removed_at: Times
    """When it was taken off; OPEN_END: it is still on."""

    def __len__(self) -> int:
        return len(self.vrms)


class FlatIndex:
    """Look-ups over one buffer. Positions count the whole marks first, in the order of the hash, then the partial."""

    def __init__(self, buffer: NDArray[np.uint8]) -> None:
        self.buffer = buffer
        found = _sections(buffer)
        self._hashes: Hashes = found["hashes"]
        self._directory: NDArray[np.uint32] = found["directory"]
        self._occupied: NDArray[np.uint8] = found["occupied"]
        self.rows: NDArray[np.uint32] = found["rows"]
        self.hotlists: NDArray[np.uint16] = found["hotlists"]
        self.valid_from: Times = found["valid_from"]
        self.weed_date: Times = found["weed_date"]
        self.listed_at: Times = found["listed_at"]
        self.removed_at: Times = found["removed_at"]
        self._shift = 65 - len(self._directory).bit_length()
        # a look-up of one key reads plain integers from these, which costs a tenth of numpy's own
        self._directory_view = self._directory.data
        self._hashes_view = self._hashes.data
        self._partials = PartialMarks(found["partial_marks"], found["partial_hashes"], first=len(self._hashes))

    @classmethod
    def over(cls, buffer: NDArray[np.uint8]) -> FlatIndex:
        """Return the index in `buffer` (from the object store, or a mapped file); nothing is copied."""
        return cls(buffer)

    def __reduce__(self) -> tuple[Callable[[NDArray[np.uint8]], FlatIndex], tuple[NDArray[np.uint8]]]:
        return FlatIndex.over, (self.buffer,)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def whole(self) -> int:
        """How many entries have a whole mark."""
        return len(self._hashes)

    def positions_of_one(self, key: int) -> range:
        """Return where the entries with this key stand."""
        return self.positions_of_hash(hash_of(key))

    def positions_of_hash(self, hashed: int) -> range:
        """Return where the entries stand whose key has this hash."""
        bucket = hashed >> self._shift
        begin, end = self._directory_view[bucket], self._directory_view[bucket + 1]
        inside = self._hashes_view[begin:end].tolist()
        if hashed not in inside:
            return range(0)
        first = inside.index(hashed)
        return range(begin + first, begin + first + inside.count(hashed))

    def positions_of(self, keys: Keys) -> tuple[Positions, Positions]:
        """Return (which of `keys`, position) of every entry that has one of them."""
        return self.positions_of_hashes(hashes_of(keys))

    def positions_of_hashes(self, hashed: Hashes) -> tuple[Positions, Positions]:
        """Return the same of keys with these hashes."""
        places = (hashed >> np.uint64(self._shift - _FINER_BITS)).astype(np.intp)
        possible = np.flatnonzero(self._occupied[places >> 3] >> (places & 7).astype(np.uint8) & 1)
        hashed = hashed[possible]
        buckets = (hashed >> np.uint64(self._shift)).astype(np.intp)
        begin = self._directory[buckets].astype(np.int64)
        lengths = self._directory[buckets + 1] - begin
        # every entry of every bucket, one after the other
        asked = np.repeat(np.arange(len(hashed)), lengths)
        ends = np.cumsum(lengths)
        positions = np.arange(ends[-1] if len(ends) else 0) + np.repeat(begin - (ends - lengths), lengths)
        same = np.flatnonzero(self._hashes[positions] == hashed[asked])
        return possible[asked[same]], positions[same]

    def partials_fitting(self, mark: str) -> list[int]:
        """Return the positions of the partial marks that the whole `mark` fits."""
        return self._partials.fitting(mark)


def build_index(columns: EntryColumns) -> FlatIndex:
    """Return the index of these entries."""
    several = {field.name: len(getattr(columns, field.name)) for field in fields(columns)}
    if len(set(several.values())) != 1:
        raise BadInput(f"the columns of an index have different lengths: {several}")
    partial = partial_among(columns.vrms)
    whole_rows, partial_rows = np.flatnonzero(~partial), np.flatnonzero(partial)
    hashes = hashes_of(keys_of(columns.vrms[whole_rows]))
    order = np.argsort(hashes, kind="stable")
    hashes, whole_rows = hashes[order], whole_rows[order]
    partial_marks = columns.vrms[partial_rows].astype(_TYPES["partial_marks"])
    fits = partial_hashes(partial_marks)
    order = np.argsort(fits, kind="stable")
    partial_marks, partial_rows, fits = partial_marks[order], partial_rows[order], fits[order]
    rows = np.concatenate([whole_rows, partial_rows])
    return FlatIndex.over(
        _buffer_of(
            {
                "hashes": hashes,
                "directory": _directory_of(hashes),
                "occupied": _occupied_by(hashes),
                "rows": rows,
                **{name: getattr(columns, name)[rows] for name in _TIMED},
                "partial_hashes": fits,
                "partial_marks": partial_marks,
            }
        )
    )


_TIMED = ("hotlists", "valid_from", "weed_date", "listed_at", "removed_at")


def _directory_bits(hashes: Hashes) -> int:
    return max(len(hashes) // _ENTRIES_A_BUCKET, 2).bit_length() - 1


def _occupied_by(hashes: Hashes) -> NDArray[np.uint8]:
    """Return a bit for every beginning that a hash may have, the lowest of each byte first: is there one?"""
    bits = _directory_bits(hashes) + _FINER_BITS
    there = np.zeros(1 << bits, np.bool_)
    there[(hashes >> np.uint64(64 - bits)).astype(np.intp)] = True
    return np.packbits(there, bitorder="little")


def _directory_of(hashes: Hashes) -> NDArray[np.uint32]:
    """Return where each bucket begins, and behind the last the end."""
    bits = _directory_bits(hashes)
    directory = np.zeros((1 << bits) + 1, np.uint32)
    buckets = (hashes >> np.uint64(64 - bits)).astype(np.intp)
    directory[1:] = np.cumsum(np.bincount(buckets, minlength=1 << bits))
    return directory


def _buffer_of(sections: dict[str, NDArray[Any]]) -> NDArray[np.uint8]:
    """Return header and sections in one buffer: magic, then where each section begins and how many items it has."""
    header = np.zeros(1 + 2 * len(_TYPES), np.int64)
    header[0] = _MAGIC
    at = _aligned(header.nbytes)
    for place, (name, kind) in enumerate(_TYPES.items()):
        header[1 + 2 * place : 3 + 2 * place] = at, len(sections[name])
        at = _aligned(at + len(sections[name]) * np.dtype(kind).itemsize)
    buffer = np.zeros(at, np.uint8)
    buffer[: header.nbytes] = header.view(np.uint8)
    for name, target in _sections(buffer).items():
        target[:] = sections[name]
    return buffer


def _sections(buffer: NDArray[np.uint8]) -> dict[str, NDArray[Any]]:
    size = 8 * (1 + 2 * len(_TYPES))
    header = buffer[:size].view(np.int64) if len(buffer) >= size else np.zeros(1, np.int64)
    if header[0] != _MAGIC:
        raise BadInput("this is no index of entries, or one of another version")
    found = {}
    for place, (name, kind) in enumerate(_TYPES.items()):
        begin, count = int(header[1 + 2 * place]), int(header[2 + 2 * place])
        found[name] = buffer[begin : begin + count * np.dtype(kind).itemsize].view(kind)
    return found


def _aligned(size: int) -> int:
    return -(-size // _ALIGNED) * _ALIGNED
