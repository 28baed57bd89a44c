"""A revision of all hotlists as one immutable value: whoever holds it sees the whole of it and nothing else.

The entries are cut into shards by their marks. A shard is a few segments: a large one that is rarely rebuilt, and
small ones with what came since. An entry that was taken off, or changed, stays in its segment and is named beside it
with the instant from which it no longer counts, so that it can still be told what the list was then.

On failure: nothing here fails; see the `HotlistSource` that gives it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.hotlist import HotlistTerms, VehicleOfInterest
from pipeline.match.index import FlatIndex

_EVER = datetime.min.replace(tzinfo=UTC)


class EntryTable(Protocol):
    """The whole entries of a segment by row; it is only asked for those that were hit."""

    def entry(self, row: int) -> VehicleOfInterest: ...

    def __len__(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Segment:
    """An index, its entries, and those of its rows that were taken off since it was built (sorted), and when (µs)."""

    index: FlatIndex
    entries: EntryTable
    taken_off_rows: NDArray[np.uint32] = field(default_factory=lambda: np.empty(0, np.uint32))
    taken_off_at: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HotlistSnapshot:
    """What every list holds under one revision. An entry's number of the list is its place in `lists`.

    Which list held what before `history_from` is not known any more.
    """

    revision: str
    published_at: datetime
    lists: tuple[HotlistTerms, ...]
    shards: tuple[tuple[Segment, ...], ...]
    history_from: datetime = _EVER

    def __len__(self) -> int:
        return sum(len(segment.index) - len(segment.taken_off_rows) for segments in self.shards for segment in segments)


class HotlistSource(Protocol):
    """Gives the newest whole revision; the same object while nothing changed, so that asking is cheap.

    Raises Unavailable only while there has never been one. `checked_at` is when, in monotonic seconds, it was last
    certain that this is the newest.
    """

    def current(self) -> HotlistSnapshot: ...

    @property
    def checked_at(self) -> float: ...
