"""Where the pages of a sorted file of marks lie, and with which mark each begins, as its own page index tells; kept in
memory, 0.1 MB for a day of a million reads.

On failure: a file that cannot be read, or is not as the contract says, has no known pages.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.store.layout import MARKS_SCHEMA
from pipeline.store.search.thrift import I32, Reader, Struct, number, numbers, places_of_pages, texts

COLUMNS = ("mark", "rank", "probability", "vrm", "camera_id", "captured_at", "latitude", "longitude")
"""What a search reads of a mark."""
COLUMNS_SCHEMA = pa.schema([MARKS_SCHEMA.field(name) for name in COLUMNS])
MAGIC = b"PAR1"
# what Parquet calls by number: https://parquet.apache.org/docs/file-format/metadata/
SCHEMA, GROUPS = 2, 4
_CHUNKS, _GROUP_ROWS = 1, 3
_CHUNK, _INDEX_AT, _INDEX_LENGTH = 3, 4, 5
_TYPE, _ENCODINGS, _PATH, _CODEC, _DATA_AT, _DICTIONARY_AT = 1, 2, 3, 4, 9, 11


@dataclass(frozen=True, slots=True, eq=False)
class Pages:
    """Where the pages of one file lie, which is sorted by mark."""

    firsts: NDArray[np.bytes_]
    """The mark with which each page begins."""
    rows: NDArray[np.uint32]
    """How many rows each page has: the same in every column."""
    group: NDArray[np.uint16]
    """Of which row group each page is."""
    data: NDArray[np.uint32]
    """Begin and end of each page in the file, columns x pages x 2."""
    dictionary: NDArray[np.uint32]
    """Begin and end of each row group's dictionaries, columns x groups x 2; both the same where there is none."""
    described: tuple[bytes, ...]
    """Type, encodings, name and compression of each column, as a footer says it."""

    @property
    def nbytes(self) -> int:
        return sum(one.nbytes for one in (self.firsts, self.rows, self.group, self.data, self.dictionary))

    def runs(self, marks: Iterable[str]) -> Iterator[tuple[int, int]]:
        """Yield first and last of the pages that may hold one of `marks`, each page once, no run over two groups."""
        asked = np.array([mark.encode() for mark in marks], "S")
        # a page that begins with it may be the second that holds it
        firsts = np.maximum(np.searchsorted(self.firsts, asked, side="left") - 1, 0)
        lasts = np.maximum(np.searchsorted(self.firsts, asked, side="right") - 1, 0)
        places = sorted({at for first, last in zip(firsts, lasts, strict=True) for at in range(first, last + 1)})
        begin = 0
        for at in range(1, len(places) + 1):
            last = places[at - 1]
            if at == len(places) or places[at] != last + 1 or self.group[places[at]] != self.group[last]:
                yield places[begin], last
                begin = at


def pages_of(path: Path, marks: pa.Array) -> Pages | None:
    """Return where the pages of the file at `path` lie, whose rows bear `marks`; None for one that is not sorted by
    them, or whose pages cannot be told."""
    if not len(marks) or not pc.all(pc.less_equal(marks[:-1], marks[1:])).as_py():
        return None
    try:
        return _told_by_footer(path, marks)
    except (OSError, pa.ArrowException, IndexError, KeyError, ValueError, RecursionError):
        # a damaged file is told of when it is read
        return None


def _told_by_footer(path: Path, marks: pa.Array) -> Pages | None:
    with path.open("rb") as file:
        footer = dict(Reader(footer_of(file)).fields())
        columns = [_column_of(file, footer, name) for name in COLUMNS]
    first, *others = found = [one for one in columns if one is not None]
    if len(found) < len(columns) or _physical(path) != _physical(pa.BufferReader(empty_file())):
        return None
    if any(not np.array_equal(one.begins, first.begins) for one in others) or first.begins[0] != 0:
        return None
    if sum(one[_GROUP_ROWS] for one in footer[GROUPS]) != len(marks):
        return None
    return Pages(
        firsts=np.array(marks.take(pa.array(first.begins)).to_pylist(), "S"),
        rows=np.diff(first.begins, append=len(marks)).astype(np.uint32),
        group=first.group.astype(np.uint16),
        data=np.stack([one.data for one in found]),
        dictionary=np.stack([one.dictionary for one in found]),
        described=tuple(one.described for one in found),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """One column of Pages; `begins` is the first row of each page."""

    begins: NDArray[np.int64]
    group: NDArray[np.int64]
    data: NDArray[np.uint32]
    dictionary: NDArray[np.uint32]
    described: bytes


def footer_of(file: BinaryIO) -> bytes:
    """Return the footer of a Parquet file."""
    end = file.seek(-len(MAGIC) - 4, os.SEEK_END)
    length = int.from_bytes(file.read(4), "little")
    file.seek(end - length)
    return file.read(length)


def _column_of(file: BinaryIO, footer: Struct, name: str) -> _Column | None:
    """Return what the footer and the page index tell of a column; None where they tell too little."""
    begins, group, data, dictionary, before = [], [], [], [], 0
    described = set()
    for at, of_group in enumerate(footer[GROUPS]):
        (chunk,) = (one for one in of_group[_CHUNKS] if one[_CHUNK][_PATH] == [name.encode()])
        if _INDEX_AT not in chunk:
            return None
        file.seek(chunk[_INDEX_AT])
        places = places_of_pages(file.read(chunk[_INDEX_LENGTH]))
        told = chunk[_CHUNK]
        described.add((told[_TYPE], told[_CODEC]))
        begins.append(before + places[:, 2])
        group.append(np.full(len(places), at))
        data.append(np.stack([places[:, 0], places[:, 0] + places[:, 1]], axis=1))
        dictionary.append((told.get(_DICTIONARY_AT, told[_DATA_AT]), told[_DATA_AT]))
        before += of_group[_GROUP_ROWS]
    if len(described) != 1 or max(int(one.max()) for one in data) >= 1 << 32:
        return None
    return _Column(
        begins=np.concatenate(begins),
        group=np.concatenate(group),
        data=np.concatenate(data).astype(np.uint32),
        dictionary=np.array(dictionary, np.uint32),
        described=number(told[_TYPE], I32) + numbers(told[_ENCODINGS]) + texts(told[_PATH]) + number(told[_CODEC], I32),
    )


def _physical(file: Path | pa.BufferReader) -> list[tuple[str, int]]:
    """Return how the file stores each of the columns, and whether it may be null."""
    schema = pq.read_metadata(file).schema
    columns = {one.name: one for one in map(schema.column, range(len(schema)))}
    return [(columns[name].physical_type, columns[name].max_definition_level) for name in COLUMNS]


@cache
def empty_file() -> bytes:
    """Return a Parquet file of COLUMNS without rows, as pyarrow writes it."""
    written = BytesIO()
    pq.write_table(COLUMNS_SCHEMA.empty_table(), written)
    return written.getvalue()
