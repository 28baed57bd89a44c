"""One shard of all lists: the entries whose marks hash to it, indexed, at one revision.

Promise: `advance` brings the shard to exactly the revision asked for, or leaves it where it was; what it gives is
immutable. A change costs what it changes: the large base keeps its index, and only the overlay's is built anew.

On failure: what the store raises; the shard still gives its last revision, and may be asked again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa

from pipeline.domain.hotlist import VehicleOfInterest
from pipeline.errors import Unavailable
from pipeline.match.index import EntryColumns, FlatIndex, build_index
from pipeline.match.instants import OPEN_END, micros_of
from pipeline.match.keys import key_of, shards_of
from pipeline.match.lists.catalogue import Kind, terms_of
from pipeline.match.lists.entries import ArrowEntries, joined, marks_of, numbers_of
from pipeline.match.lists.held import Change, Held, Layer
from pipeline.match.lists.store import HotlistStore

_LARGE_SHARE = 0.25
_LARGE_ROWS = 200_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IndexedLayer:
    """A layer and the index of its table, which may lie in a file or in shared memory."""

    layer: Layer
    index: FlatIndex


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ShardState:
    """What the shard holds at a revision. A newer state shares what did not change: the same objects."""

    sequence: int
    base: IndexedLayer
    overlay: IndexedLayer

    def __len__(self) -> int:
        return len(self.base.layer) + len(self.overlay.layer)


class Shard:
    """Shard `number` of `shards` over a store."""

    def __init__(self, store: HotlistStore, *, number: int = 0, shards: int = 1) -> None:
        self._store = store
        self._number = number
        self._shards = shards
        self._state: ShardState | None = None
        self._erased = False

    @property
    def state(self) -> ShardState | None:
        return self._state

    def advance(self, sequence: int) -> ShardState:
        """Return the state at that revision."""
        state = self._state
        if state is not None and state.sequence == sequence:
            return state
        # a shard that is ahead was asked by one that looked earlier: the past is told from disk
        changes = self._store.changes(state.sequence, sequence) if state and state.sequence < sequence else None
        if state is None or changes is None:
            self._state = self._from_disk(sequence)
        else:
            self._erased |= any(one.kind is Kind.WEED for one in self._store.revisions(state.sequence, sequence))
            self._state = self._changed(state, changes, sequence)
        return self._state

    @property
    def is_heavy(self) -> bool:
        """True when a fresh shard would hold much less: so much was changed, or entries were erased from the disk."""
        state = self._state
        if state is None:
            return False
        return self._erased or len(state.overlay.layer) > max(_LARGE_ROWS, len(state.base.layer) * _LARGE_SHARE)

    def fresh(self, sequence: int) -> Shard:
        """Return another shard, read from disk at that revision; takes as long as indexing it, this one goes on."""
        other = Shard(self._store, number=self._number, shards=self._shards)
        other.advance(sequence)
        return other

    def look_up(self, marks: Sequence[str], at: datetime) -> tuple[int, list[tuple[VehicleOfInterest, ...]]]:
        """Return the revision, and for every whole mark the entries in force for it, as plates show them."""
        state = self._state
        if state is None:
            raise Unavailable("this shard of the hotlists has not been read yet")
        terms = terms_of(self._store.head())
        found: list[list[VehicleOfInterest]] = [[] for _ in marks]
        keys = np.array([key_of(mark) for mark in marks], np.int64)
        for indexed in (state.base, state.overlay):
            index, entries = indexed.index, ArrowEntries(indexed.layer.table, terms)
            asked, positions = index.positions_of(keys)
            rows = index.rows[positions]
            in_force = (index.valid_from[positions] <= micros_of(at)) & (micros_of(at) < index.weed_date[positions])
            in_force &= (index.removed_at[positions] == OPEN_END) & ~np.isin(rows, indexed.layer.off_rows)
            for place, row in zip(asked[in_force], rows[in_force], strict=True):
                found[place].append(entries.entry(int(row)))
        return state.sequence, [tuple(several) for several in found]

    def _from_disk(self, sequence: int) -> ShardState:
        held = self._store.held_at(sequence)
        own = Held(base=self._own_layer(held.base), overlay=self._own_layer(held.overlay))
        return ShardState(sequence=sequence, base=_indexed(own.base), overlay=_indexed(own.overlay))

    def _changed(self, state: ShardState, changes: Sequence[tuple[int, Change]], sequence: int) -> ShardState:
        held = Held(base=state.base.layer, overlay=state.overlay.layer)
        for at, change in changes:
            held = held.after(Change(entries=self._own(change.entries), removals=self._own(change.removals)), at)
        same_overlay = held.overlay.table is state.overlay.layer.table
        return ShardState(
            sequence=sequence,
            base=IndexedLayer(layer=held.base, index=state.base.index),
            overlay=state.overlay if same_overlay else _indexed(held.overlay),
        )

    def _own(self, table: pa.Table) -> pa.Table:
        if self._shards == 1 or not len(table):
            return table
        return joined([table.filter(pa.array(shards_of(marks_of(table), self._shards) == self._number))])

    def _own_layer(self, layer: Layer) -> Layer:
        return layer if self._shards == 1 or not len(layer) else Layer(table=self._own(layer.settled()))


def _indexed(layer: Layer) -> IndexedLayer:
    table = layer.table
    columns = EntryColumns(
        vrms=marks_of(table),
        hotlists=numbers_of(table, "hotlist").astype(np.uint16),
        valid_from=numbers_of(table, "valid_from"),
        weed_date=numbers_of(table, "weed_date"),
        listed_at=numbers_of(table, "listed_at"),
        removed_at=numbers_of(table, "removed_at"),
    )
    return IndexedLayer(layer=layer, index=build_index(columns))
