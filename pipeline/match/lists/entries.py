"""Entries of hotlists as columns: what files are parsed into, what lies on disk, and what hits are told from.

Rows are sorted by (vrm, hotlist). `listed_at` and `removed_at` say when the list began and ceased to hold the row;
`valid_from` and `weed_date` when the owner wants it to match. Texts that many entries share (reason, make, priority …)
are stored once for all of them.

On failure: nothing here can fail; what is read from outside is checked before it gets here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.domain.hotlist import Action, HotlistTerms, VehicleOfInterest
from pipeline.domain.vrm import MAXIMUM_LENGTH, Vrm
from pipeline.match.instants import OPEN_END, instant_of
from pipeline.wire.arrow_alone import leave_pandas_out

leave_pandas_out()
SCHEMA = pa.schema(
    [
        ("vrm", pa.binary(MAXIMUM_LENGTH)),
        ("hotlist", pa.uint16()),
        ("valid_from", pa.int64()),
        ("weed_date", pa.int64()),
        ("listed_at", pa.int64()),
        ("removed_at", pa.int64()),
        ("shared", pa.dictionary(pa.int32(), pa.large_string())),
        ("own", pa.large_string()),
    ]
)
MARK = np.dtype(f"S{MAXIMUM_LENGTH}")
SHARED_FIELDS = (
    "action",
    "priority",
    "owner",
    "reason",
    "warning_markers",
    "make",
    "model",
    "colour",
    "intelligence",
    "force_area",
    "marking",
)
OWN_FIELDS = ("reference", "information", "incident")
Marks = NDArray[np.bytes_]
Rows = NDArray[np.int64]
SEPARATOR = "\x1f"
"""Stands between the texts of one row, which hold no control characters."""
_ROWS_A_CHUNK = 1 << 17


class EntriesBuilder:
    """Collects rows one at a time into Arrow, so that ten million never stand as Python objects at once."""

    def __init__(self) -> None:
        self._chunks: list[pa.RecordBatch] = []
        self._shared: dict[tuple[str, ...], int] = {}
        self._begin()

    def __len__(self) -> int:
        return len(self._chunks) * _ROWS_A_CHUNK + len(self._vrm)

    def add(
        self, *, vrm: str, hotlist: int, valid_from: int, weed_date: int, shared: tuple[str, ...], own: tuple[str, ...]
    ) -> None:
        """Add one row; `shared` and `own` hold the values of SHARED_FIELDS and OWN_FIELDS."""
        self._vrm.append(vrm)
        self._hotlist.append(hotlist)
        self._valid_from.append(valid_from)
        self._weed_date.append(weed_date)
        self._codes.append(self._shared.setdefault(shared, len(self._shared)))
        self._own.append(SEPARATOR.join(own) if any(own) else "")
        if len(self._vrm) == _ROWS_A_CHUNK:
            self._end()

    def build(self) -> pa.Table:
        """Return the rows in the order they were added, listed at no time yet."""
        self._end()
        names = pa.array([SEPARATOR.join(one) for one in self._shared], pa.large_string())
        table = pa.Table.from_batches(self._chunks, _coded_schema())
        codes = table["shared"].combine_chunks()
        shared = pa.DictionaryArray.from_arrays(codes, names)
        at = table.schema.get_field_index("shared")
        return table.set_column(at, SCHEMA.field("shared"), shared).combine_chunks()

    def _begin(self) -> None:
        self._vrm: list[str] = []
        self._hotlist: list[int] = []
        self._valid_from: list[int] = []
        self._weed_date: list[int] = []
        self._codes: list[int] = []
        self._own: list[str] = []

    def _end(self) -> None:
        if not self._vrm:
            return
        rows = len(self._vrm)
        open_end = np.full(rows, OPEN_END)
        columns = [
            marks_column(np.array(self._vrm, MARK)),
            pa.array(self._hotlist, pa.uint16()),
            pa.array(self._valid_from, pa.int64()),
            pa.array(self._weed_date, pa.int64()),
            pa.array(np.zeros(rows, np.int64)),
            pa.array(open_end),
            pa.array(self._codes, pa.int32()),
            pa.array(self._own, pa.large_string()),
        ]
        self._chunks.append(pa.RecordBatch.from_arrays(columns, schema=_coded_schema()))
        self._begin()


class ArrowEntries:
    """Tells whole entries by row; an `EntryTable` that costs nothing until a hit asks."""

    def __init__(self, table: pa.Table, lists: Sequence[HotlistTerms]) -> None:
        self._table = joined([table])
        self._lists = tuple(lists)
        self._columns = {name: self._table[name].chunk(0) for name in self._table.column_names if len(self._table)}

    def __len__(self) -> int:
        return int(self._table.num_rows)

    @property
    def table(self) -> pa.Table:
        return self._table

    def entry(self, row: int) -> VehicleOfInterest:
        """Return the entry in that row."""
        return entry_of({name: column[row].as_py() for name, column in self._columns.items()}, self._lists)


def told_of(table: pa.Table) -> pa.Table:
    """Return what an entry is told from, without what its index has too."""
    return table.drop_columns(["listed_at", "removed_at"])


def entry_of(row: Mapping[str, Any], lists: Sequence[HotlistTerms]) -> VehicleOfInterest:
    """Return the entry that a row of SCHEMA describes; its owner is the list's where it names none."""
    shared = dict(zip(SHARED_FIELDS, row["shared"].split(SEPARATOR), strict=True))
    own = dict(zip(OWN_FIELDS, row["own"].split(SEPARATOR), strict=True)) if row["own"] else {}
    terms = lists[row["hotlist"]]
    return VehicleOfInterest(
        vrm=Vrm(row["vrm"].rstrip(b"\0").decode("ascii")),
        hotlist_id=terms.hotlist_id,
        valid_from=instant_of(row["valid_from"]),
        weed_date=instant_of(row["weed_date"]),
        action=Action(shared.pop("action")),
        priority=int(shared.pop("priority")),
        owner=shared.pop("owner") or terms.owner,
        **shared,
        **own,
    )


def no_entries() -> pa.Table:
    """Return a table of no rows."""
    return SCHEMA.empty_table()


def marks_column(marks: Marks) -> pa.Array:
    """Return marks as an Arrow column over the same memory."""
    marks = np.ascontiguousarray(marks, MARK)
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(MAXIMUM_LENGTH), len(marks), [None, pa.py_buffer(marks)])


def marks_of(table: pa.Table) -> Marks:
    """Return the marks of a table as numpy, without a copy where the table is one chunk."""
    column = table["vrm"]
    column = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        return np.empty(0, MARK)
    whole = np.frombuffer(column.buffers()[1], MARK, count=len(column) + column.offset)
    return whole[column.offset :]


def numbers_of(table: pa.Table, name: str) -> NDArray[Any]:
    """Return a column of numbers as numpy, without a copy where the table is one chunk."""
    return np.asarray(table[name].to_numpy(zero_copy_only=False)) if len(table) else np.empty(0, np.int64)


def with_numbers(table: pa.Table, name: str, values: NDArray[Any]) -> pa.Table:
    """Return the table with a column of numbers replaced."""
    field = SCHEMA.field(name)
    return table.set_column(SCHEMA.get_field_index(name), field, pa.array(values, field.type))


def in_order(table: pa.Table) -> pa.Table:
    """Return the rows sorted by (vrm, hotlist), equal ones as they came, as one chunk."""
    if not len(table):
        return no_entries()
    order = order_of(marks_of(table), numbers_of(table, "hotlist"))
    if bool(np.all(order[:-1] < order[1:])):
        return joined([table])
    return joined([table.take(pa.array(order))])


def order_of(marks: Marks, hotlists: NDArray[Any]) -> Rows:
    """Return the stable order by (vrm, hotlist)."""
    words = np.ascontiguousarray(marks).view(">u8").reshape(-1, 2)
    keys = [hotlists, words[:, 0].astype(np.uint64)]
    if words[:, 1].any():
        keys.insert(1, words[:, 1].astype(np.uint64))
    if len(hotlists) and hotlists.min() == hotlists.max():
        del keys[0]
    return np.lexsort(keys).astype(np.int64)


def joined(tables: Sequence[pa.Table]) -> pa.Table:
    """Return the rows of all tables as one chunk with one dictionary."""
    filled = [table for table in tables if len(table)]
    if not filled:
        return no_entries()
    if len(filled) == 1 and all(column.num_chunks == 1 for column in filled[0].columns):
        # it may be mapped from a file: a copy would be the end of that
        return filled[0]
    return pa.concat_tables(filled).unify_dictionaries().combine_chunks()


def _coded_schema() -> pa.Schema:
    return SCHEMA.set(SCHEMA.get_field_index("shared"), pa.field("shared", pa.int32()))
