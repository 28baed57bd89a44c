"""Reading a few marks of sorted files by page: of a day of a million reads the thousand rows that lie beside a mark.

Which pages these are is known before a file is opened (`page_index.py`). The pages of many files are put behind one
another under one footer, which makes them one small Parquet file, and pyarrow decodes that: neither the footers of the
files nor whole row groups are read for the sake of a few rows.

On failure: OSError or ArrowException for a file that is gone or damaged.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO, FileIO
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.store.layout import MARKS_SORTED_BY
from pipeline.store.search.page_index import (
    COLUMNS,
    COLUMNS_SCHEMA,
    GROUPS,
    MAGIC,
    SCHEMA,
    Pages,
    empty_file,
    footer_of,
)
from pipeline.store.search.thrift import END, STRUCT, Reader, beginning_of_list, number

_RUNS_AT_ONCE = 128
"""So many thousand rows are in memory before those that nobody asked for are dropped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """The rows of `marks` in the file at `path`."""

    path: Path
    pages: Pages
    marks: tuple[str, ...]


def rows_of(wanted: Iterable[LookUp], *, use_threads: bool, halt: Callable[[], None]) -> pa.Table:
    """Return the rows of all that is wanted, the columns COLUMNS, in no order. `halt` may end it by an error."""
    tables = [COLUMNS_SCHEMA.empty_table()]
    runs = ((one, first, last) for one in wanted for first, last in one.pages.runs(one.marks))
    while several := list(islice(runs, _RUNS_AT_ONCE)):
        halt()
        marks = pa.array(sorted({mark for one, _, _ in several for mark in one.marks}))
        rows = pq.ParquetFile(_as_one_file(several)).read(use_threads=use_threads)
        tables.append(rows.filter(pc.is_in(rows[MARKS_SORTED_BY], value_set=marks)))
    return pa.concat_tables(tables)


def _as_one_file(runs: Sequence[tuple[LookUp, int, int]]) -> pa.Buffer:
    """Return a Parquet file of these pages, each run of them a row group."""
    body, at, groups, count = [MAGIC], len(MAGIC), [beginning_of_list(len(runs))], 0
    for one, first, last in runs:
        pages, began, rows = one.pages, at, int(one.pages.rows[first : last + 1].sum())
        dictionaries = pages.dictionary[:, pages.group[first]].tolist()
        data = np.stack([pages.data[:, first, 0], pages.data[:, last, 1]], axis=1).tolist()
        groups.append(beginning_of_list(len(COLUMNS)))
        with one.path.open("rb", buffering=0) as file:
            for described, keys, values in zip(pages.described, dictionaries, data, strict=True):
                dictionary = _between(file, *keys)
                body += [dictionary, _between(file, *values)]
                length = keys[1] - keys[0] + values[1] - values[0]
                # a ColumnChunk: where it is, and its meta_data, of which the number of values and the places are ours
                groups += [number(at, skipped=1), bytes([1 << 4 | STRUCT]), described, number(rows), number(length)]
                groups += [number(length), number(at + len(dictionary), skipped=1)]
                groups += [number(at, skipped=1) if dictionary else b"", END, END]
                at += length
        groups += [number(at - began), number(rows), END]
        count += rows
    before, behind = _around_the_groups()
    footer = b"".join([before, number(count), *groups, behind])
    return pa.py_buffer(b"".join([*body, footer, len(footer).to_bytes(4, "little"), MAGIC]))


def _between(file: FileIO, begin: int, end: int) -> bytes:
    read = os.pread(file.fileno(), end - begin, begin)
    if len(read) < end - begin:
        raise OSError("a file of marks is shorter than it was")
    return read


@cache
def _around_the_groups() -> tuple[bytes, bytes]:
    """Return what a footer says before the number of rows and behind the row groups, as pyarrow writes it."""
    footer = footer_of(BytesIO(empty_file()))
    reader = Reader(footer)
    ends = {field: reader.at for field, _ in reader.fields()}
    return footer[: ends[SCHEMA]], footer[ends[GROUPS] :]
