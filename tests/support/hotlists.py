"""Hotlists in memory: a revision of any entries in any number of shards, and a source that gives what it is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from pipeline.domain.hotlist import HotlistTerms, VehicleOfInterest
from pipeline.errors import Unavailable
from pipeline.match.index import EntryColumns, FlatIndex, build_index
from pipeline.match.instants import OPEN_END, OPEN_START, micros_of
from pipeline.match.keys import shard_of
from pipeline.match.snapshot import HotlistSnapshot, Segment

EVER = datetime(1980, 1, 1, tzinfo=UTC)


class Entries:
    """An `EntryTable` over a tuple."""

    def __init__(self, vois: Sequence[VehicleOfInterest]) -> None:
        self._vois = tuple(vois)

    def entry(self, row: int) -> VehicleOfInterest:
        return self._vois[row]

    def __len__(self) -> int:
        return len(self._vois)


def columns_of(
    vois: Sequence[VehicleOfInterest],
    names: Sequence[str],
    *,
    listed_at: datetime = EVER,
    removed_at: Sequence[datetime | None] | None = None,
) -> EntryColumns:
    """The columns of entries on the lists called `names`."""
    return EntryColumns(
        vrms=np.array([voi.vrm.encode() for voi in vois], "S16"),
        hotlists=np.array([names.index(voi.hotlist_id) for voi in vois], np.uint16),
        valid_from=np.array(
            [OPEN_START if one.valid_from is None else micros_of(one.valid_from) for one in vois], "i8"
        ),
        weed_date=np.array([OPEN_END if one.weed_date is None else micros_of(one.weed_date) for one in vois], "i8"),
        listed_at=np.full(len(vois), micros_of(listed_at), np.int64),
        removed_at=np.array(
            [OPEN_END if at is None else micros_of(at) for at in removed_at or [None] * len(vois)], np.int64
        ),
    )


def a_segment(
    vois: Sequence[VehicleOfInterest],
    names: Sequence[str],
    *,
    taken_off: dict[int, datetime] | None = None,
    listed_at: datetime = EVER,
    removed_at: Sequence[datetime | None] | None = None,
) -> Segment:
    """A segment whose rows are the entries in this order."""
    off = sorted((taken_off or {}).items())
    return Segment(
        index=FlatIndex.over(build_index(columns_of(vois, names, listed_at=listed_at, removed_at=removed_at)).buffer),
        entries=Entries(vois),
        taken_off_rows=np.array([row for row, _ in off], np.uint32),
        taken_off_at=np.array([micros_of(at) for _, at in off], np.int64),
    )


def a_snapshot(
    *vois: VehicleOfInterest, revision: str = "1", shards: int = 1, budget: float = 1000.0, names: Sequence[str] = ()
) -> HotlistSnapshot:
    """A revision that holds `vois`; the budget of false alerts is so large that any near match is told."""
    names = names or sorted({voi.hotlist_id for voi in vois})
    counted = Counter(voi.hotlist_id for voi in vois)
    divided = [[voi for voi in vois if shard_of(voi.vrm, shards) == number] for number in range(shards)]
    return HotlistSnapshot(
        revision=revision,
        published_at=EVER,
        lists=tuple(terms(name, entries=counted[name], budget=budget) for name in names),
        shards=tuple((a_segment(several, names),) for several in divided),
        history_from=EVER,
    )


def terms(name: str, *, entries: int = 1, budget: float = 1000.0) -> HotlistTerms:
    """The terms of a list."""
    blank = HotlistTerms(hotlist_id=name)  # type: ignore[arg-type]
    return replace(blank, entries=entries, near_false_per_1000_reads=budget)


class GivenHotlist:
    """A `HotlistSource` that gives what a test puts into it; before the first it is like dead shards."""

    def __init__(self, snapshot: HotlistSnapshot | None = None) -> None:
        self.snapshot = snapshot
        self.checked_at = 100.0

    def current(self) -> HotlistSnapshot:
        if self.snapshot is None:
            raise Unavailable("there was never any list")
        return self.snapshot
