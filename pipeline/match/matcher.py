"""The first matcher: exact, by the canonical VRM, against one list held in memory.

Promise: an entry matches from its `valid_from` until its `weed_date`, at the instant asked about, on every list it is
on.

On failure: nothing here can fail; a list that is wrong is refused before there is a matcher of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from pipeline.domain.hotlist import Hit, HitKind, VehicleOfInterest, hit_id_of
from pipeline.domain.read import Read
from pipeline.domain.vrm import Vrm
from pipeline.match.hotlist_file import Hotlist


class ExactMatcher:
    """A `Matcher` over an immutable index; a new list is a new index, so nobody sees half of one."""

    def __init__(self, hotlist: Hotlist) -> None:
        self.revision = hotlist.revision
        self._entries = _by_vrm(hotlist.entries)

    def __len__(self) -> int:
        return sum(len(entries) for entries in self._entries.values())

    def match(self, read: Read, at: datetime) -> list[Hit]:
        """Return the hits of `read` on the list as it is at `at`, the most urgent first (priority 1 before 2)."""
        hits = [
            Hit(
                hit_id=hit_id_of(read.read_id, voi.hotlist_id, voi.vrm),
                read_id=read.read_id,
                voi=voi,
                kind=HitKind.EXACT,
                likelihood=1.0,
                hotlist_revision=self.revision,
            )
            for voi in self._entries.get(read.vrm, ())
            if _in_force(voi, at)
        ]
        return sorted(hits, key=lambda hit: (hit.voi.priority, hit.hit_id))


def _in_force(voi: VehicleOfInterest, at: datetime) -> bool:
    begun = voi.valid_from is None or voi.valid_from <= at
    return begun and (voi.weed_date is None or at < voi.weed_date)


def _by_vrm(entries: Iterable[VehicleOfInterest]) -> dict[Vrm, tuple[VehicleOfInterest, ...]]:
    found: dict[Vrm, list[VehicleOfInterest]] = defaultdict(list)
    for entry in entries:
        found[entry.vrm].append(entry)
    return {vrm: tuple(several) for vrm, several in found.items()}
