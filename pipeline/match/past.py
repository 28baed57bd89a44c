"""A new vehicle of interest against the past: which of the stored reads come of it, and how surely.

Promise: of the reads that a search finds by the entry's mark (what was read, and the rivals stored with it), those are
left that would have been a hit had the entry been on a list of its own, captured within the look-back, until so many
were looked at. What remains of each says which it is: rank 0 for a read that is exactly of the mark or fits a partial
one, a rank beyond for a near one, whose probability is the likelihood of the hit. Who may ask, and that it is written
down, is the gate's matter: this stands behind it in the place of the search, so nothing is looked at that it did not
open.

On failure: as the search that it asks; BadInput for a query that is not for the entry's mark, and for a look-back
without bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from pipeline.domain.hotlist import Hit, HitKind, HotlistTerms, VehicleOfInterest
from pipeline.domain.ports import RecordSearch
from pipeline.domain.query import Ended, Found, Limits, Page, Query
from pipeline.domain.read import Read
from pipeline.domain.vrm import Vrm, fold_vrm
from pipeline.errors import BadInput
from pipeline.match.index import EntryColumns, build_index
from pipeline.match.instants import OPEN_END, OPEN_START, micros_of
from pipeline.match.matcher import HotlistMatcher
from pipeline.match.settings import MatchSettings
from pipeline.match.snapshot import HotlistSnapshot, Segment


@dataclass(frozen=True, slots=True, kw_only=True)
class LookBack:
    """How far into the past, and through how many reads, one may look at most."""

    longest: timedelta = timedelta(days=90)
    most_reads: int = 1_000_000

    def __post_init__(self) -> None:
        if self.longest <= timedelta(0) or self.most_reads < 1:
            raise BadInput("a look-back needs some time and at least one read")


class _OneEntry:
    def __init__(self, voi: VehicleOfInterest) -> None:
        self._voi = voi

    def entry(self, row: int) -> VehicleOfInterest:
        return self._voi

    def __len__(self) -> int:
        return 1


class PastSearch:
    """A `RecordSearch` for one look-back of one entry at `at`. `reads` fetches the whole reads of what was found."""

    def __init__(
        self,
        search: RecordSearch,
        reads: Callable[[Sequence[Found]], Sequence[Read]],
        voi: VehicleOfInterest,
        *,
        at: datetime,
        settings: MatchSettings,
        look_back: LookBack | None = None,
    ) -> None:
        self._search = search
        self._reads = reads
        self._mark = fold_vrm(voi.vrm)
        self._at = at
        self._matcher = _matcher(voi, at, settings)
        self._look_back = look_back or LookBack()
        self._looked_at = 0

    def page(self, query: Query, limits: Limits, cursor: str | None = None) -> Page:
        """Return those of the search's next page that come of the entry; it may be empty and not the last."""
        if {fold_vrm(Vrm(term.text)) for term in query.terms} != {self._mark}:
            raise BadInput("a look-back asks for the mark of its entry and for no other")
        within = query.within(self._at - self._look_back.longest, self._at)
        left = self._look_back.most_reads - self._looked_at
        if within is None or left <= 0:
            return Page(found=(), ended=Ended.COMPLETE, cursor=None)
        page = self._search.page(within, replace(limits, rows=min(limits.rows, left)), cursor)
        self._looked_at += len(page.found)
        return replace(page, found=tuple(self._hits(page.found)))

    def _hits(self, found: Sequence[Found]) -> Iterator[Found]:
        hits: dict[tuple[Vrm, datetime, str], Hit] = {}
        for read in self._reads(found):
            for hit in self._matcher.match(read, self._at):
                hits.setdefault((read.vrm, read.captured_at, read.camera_id), hit)
        for one in found:
            told = hits.get((one.vrm, one.captured_at, one.camera_id))
            if told is not None and told.kind is HitKind.NEAR:
                yield replace(one, rank=max(1, one.rank), probability=told.likelihood)
            elif told is not None:
                yield replace(one, rank=0)


def _matcher(voi: VehicleOfInterest, at: datetime, settings: MatchSettings) -> HotlistMatcher:
    """Return a matcher with this entry alone, in force now whatever its dates."""
    columns = EntryColumns(
        vrms=np.array([voi.vrm.encode()], "S16"),
        hotlists=np.zeros(1, np.uint16),
        valid_from=np.array([OPEN_START]),
        weed_date=np.array([OPEN_END]),
        listed_at=np.array([micros_of(at)]),
        removed_at=np.array([OPEN_END]),
    )
    return HotlistMatcher(
        HotlistSnapshot(
            revision="past",
            published_at=at,
            lists=(HotlistTerms(hotlist_id=voi.hotlist_id, entries=1),),
            shards=((Segment(index=build_index(columns), entries=_OneEntry(voi)),),),
        ),
        settings,
    )
