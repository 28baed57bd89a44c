"""What all lists hold, and how a change alters it: a large base that stays as it is, and a small overlay over it.

A change replaces every entry of the (list, mark) pairs that it names. A row that ceases to be held stays with the
instant at which it did, so that the lists as they were can be told; nothing here forgets.

On failure: nothing here can fail.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.match.instants import OPEN_END
from pipeline.match.lists.entries import (
    Marks,
    Rows,
    in_order,
    joined,
    marks_of,
    no_entries,
    numbers_of,
    with_numbers,
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layer:
    """Rows in order of (vrm, hotlist), and when each ceased to be held: taken from the table, or since."""

    table: pa.Table = field(default_factory=no_entries)
    off_rows: Rows = field(default_factory=lambda: np.empty(0, np.int64))
    """Rows taken off since the table was made, sorted, and when (µs)."""
    off_at: Rows = field(default_factory=lambda: np.empty(0, np.int64))

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def removed_at(self) -> Rows:
        """Return for every row when it ceased to be held."""
        removed = numbers_of(self.table, "removed_at").copy()
        removed[self.off_rows] = self.off_at
        return removed

    def live_rows_of(self, marks: Marks, hotlists: NDArray[Any]) -> Rows:
        """Return the rows held now of these (mark, list) pairs, sorted."""
        if not len(self) or not len(marks):
            return np.empty(0, np.int64)
        own = marks_of(self.table)
        begin, end = np.searchsorted(own, marks, "left"), np.searchsorted(own, marks, "right")
        lengths = end - begin
        asked = np.repeat(np.arange(len(marks)), lengths)
        rows = np.arange(lengths.sum()) + np.repeat(begin - (np.cumsum(lengths) - lengths), lengths)
        same = numbers_of(self.table, "hotlist")[rows] == hotlists[asked]
        same &= numbers_of(self.table, "removed_at")[rows] == OPEN_END
        rows = np.unique(rows[same])
        return rows[~np.isin(rows, self.off_rows)]

    def taking_off(self, rows: Rows, at: int) -> Layer:
        """Return the layer with these live rows taken off at that instant."""
        if not len(rows):
            return self
        several = np.concatenate([self.off_rows, rows])
        order = np.argsort(several, kind="stable")
        instants = np.concatenate([self.off_at, np.full(len(rows), at)])
        return Layer(table=self.table, off_rows=several[order], off_at=instants[order])

    def settled(self) -> pa.Table:
        """Return the table with what was taken off since written into it."""
        return with_numbers(self.table, "removed_at", self.removed_at()) if len(self.off_rows) else self.table


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Entries that a revision puts on lists, and marks it takes off; sorted by (vrm, hotlist), numbers as stored."""

    entries: pa.Table
    removals: pa.Table

    def __len__(self) -> int:
        return int(self.entries.num_rows + self.removals.num_rows)

    def named(self) -> tuple[Marks, NDArray[Any]]:
        """Return the (mark, list) pairs whose entries are replaced."""
        both = in_order(joined([self.entries, self.removals]))
        marks, hotlists = marks_of(both), numbers_of(both, "hotlist")
        first = np.ones(len(marks), np.bool_)
        first[1:] = (marks[1:] != marks[:-1]) | (hotlists[1:] != hotlists[:-1])
        return marks[first], hotlists[first]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Held:
    """Base and overlay. Immutable: a change makes another."""

    base: Layer = field(default_factory=Layer)
    overlay: Layer = field(default_factory=Layer)

    def __len__(self) -> int:
        return len(self.base) + len(self.overlay)

    def after(self, change: Change, at: int) -> Held:
        """Return what is held once the change is made at that instant."""
        marks, hotlists = change.named()
        overlay = self.overlay.taking_off(self.overlay.live_rows_of(marks, hotlists), at)
        put = with_numbers(change.entries, "listed_at", np.full(change.entries.num_rows, at))
        return Held(
            base=self.base.taking_off(self.base.live_rows_of(marks, hotlists), at),
            overlay=Layer(table=in_order(joined([overlay.settled(), put]))),
        )

    def settled(self) -> pa.Table:
        """Return all rows, those of the past too, as one table in order."""
        if not len(self.overlay):
            return self.base.settled()
        return in_order(joined([self.base.settled(), self.overlay.settled()]))

    def chosen(self, choose: Callable[[pa.Table], NDArray[np.bool_]]) -> pa.Table:
        """Return the rows of base and overlay that `choose` picks, in order."""
        found = []
        for layer in (self.base, self.overlay):
            table = layer.settled()
            rows = np.flatnonzero(choose(table)) if len(layer) else np.empty(0, np.int64)
            found.append(table.take(pa.array(rows)) if len(rows) < len(layer) else table)
        return in_order(joined(found))

    def live(self, hotlist: int) -> pa.Table:
        """Return the rows that the list holds now, in order."""
        return self.chosen(
            lambda table: (numbers_of(table, "hotlist") == hotlist) & (numbers_of(table, "removed_at") == OPEN_END)
        )

    def live_of(self, mark: bytes, hotlist: int) -> Rows:
        """Return the rows of the base and the overlay that a list holds now of a mark."""
        marks, hotlists = np.array([mark], "S16"), np.array([hotlist])
        return np.concatenate([layer.live_rows_of(marks, hotlists) for layer in (self.base, self.overlay)])

    def rows_of_mark(self, mark: bytes) -> pa.Table:
        """Return every row of a mark, those of the past too."""
        marks = np.array([mark], "S16")
        found = []
        for layer in (self.base, self.overlay):
            if len(layer):
                own = marks_of(layer.table)
                begin, end = int(np.searchsorted(own, marks, "left")[0]), int(np.searchsorted(own, marks, "right")[0])
                removed = layer.removed_at()[begin:end]
                found.append(with_numbers(layer.table.slice(begin, end - begin), "removed_at", removed))
        return joined(found)
