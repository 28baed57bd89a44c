"""A new vehicle of interest against the past: which of the reads that a person may see come of it, and how surely.

Promise: only reads are looked at that the grant opens (its spans of capture time, its cameras, its area), that were
captured within the look-back, and that come before the limit is reached; of each, the hit is what it would have been
had the entry been on a list of its own. Who may ask, and that it is written down, is the matter of whoever grants: the
grant must ask for this very mark. The reads are the caller's to fetch, through the same gate.

On failure: AccessDenied for a grant that is not for this mark; BadInput for a look-back or a limit that is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from pipeline.domain.access import Grant
from pipeline.domain.hotlist import Hit, HotlistTerms, VehicleOfInterest
from pipeline.domain.read import Read
from pipeline.domain.vrm import Vrm, fold_vrm
from pipeline.errors import AccessDenied, BadInput
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


def past_hits(
    voi: VehicleOfInterest,
    reads: Iterable[Read],
    grant: Grant,
    *,
    at: datetime,
    look_back: LookBack,
    settings: MatchSettings,
) -> Iterator[Hit]:
    """Return the hits of those `reads` on `voi`, in the order of the reads; `at` is now."""
    query = grant.request.query
    if fold_vrm(voi.vrm) not in {fold_vrm(Vrm(term.text)) for term in query.terms}:
        raise AccessDenied("the grant is for another mark than the one that is asked about")
    return _hits(_matcher(voi, at, settings), reads, grant, at=at, look_back=look_back)


def _hits(
    matcher: HotlistMatcher, reads: Iterable[Read], grant: Grant, *, at: datetime, look_back: LookBack
) -> Iterator[Hit]:
    query = grant.request.query
    looked_at = 0
    for read in reads:
        if not at - look_back.longest <= read.captured_at <= at:
            continue
        if not any(read.captured_at in span for span in grant.spans):
            continue
        if query.cameras and read.camera_id not in query.cameras:
            continue
        if query.area is not None and (read.location is None or not query.area.holds(read.location)):
            continue
        if looked_at == look_back.most_reads:
            return
        looked_at += 1
        yield from matcher.match(read, at)


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
