"""Checks reads against one revision of the hotlists: exactly, nearly, and against marks of which only a part is known.

Promise: a hit is exact when read and entry show the same on a plate (O is 0, I is 1, nothing else); near when the plate
may bear the entry's whole mark by the doubts of the read, likely enough for the budget of the entry's list; partial
when the read fits the entry's partial mark. An entry gives a read one hit, and exact comes before near. An entry counts
from its `valid_from` until its `weed_date`, as long as it is on its list. A read that comes late is also matched
against what its list was when the vehicle was captured, as far back as that is known, and every hit says which it was.

On failure: nothing here can fail but reading the entries of what was hit.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.domain.hotlist import Hit, HitId, HitKind, VehicleOfInterest, hit_id_of
from pipeline.domain.read import Read
from pipeline.domain.vrm import same_glyphs
from pipeline.match.budget import thresholds_of
from pipeline.match.instants import OPEN_END, micros_of
from pipeline.match.keys import LONGEST_KEY, hash_of, hashes_of, key_of, owner_of, owners_of
from pipeline.match.near import near_marks
from pipeline.match.settings import MatchSettings
from pipeline.match.snapshot import HotlistSnapshot, Segment

_ORDER = {HitKind.EXACT: 0, HitKind.PARTIAL: 1, HitKind.NEAR: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """An entry that a read may hit: where it stands, and why."""

    segment: Segment
    position: int
    kind: HitKind
    likelihood: float = 1.0


class HotlistMatcher:
    """A `Matcher` over an immutable revision; a new revision is a new matcher, so nobody sees half of one."""

    def __init__(self, snapshot: HotlistSnapshot, settings: MatchSettings) -> None:
        self.snapshot = snapshot
        self._late_after = settings.late_after_seconds
        self._thresholds = thresholds_of(snapshot.lists, settings)
        self._least = float(self._thresholds.min(initial=2.0))

    def __len__(self) -> int:
        return len(self.snapshot)

    def match(self, read: Read, at: datetime) -> list[Hit]:
        """Return the hits of `read` as the lists are at `at`, the most urgent first (priority 1 before 2)."""
        age = (at - read.captured_at).total_seconds()
        hits: dict[HitId, Hit] = {}
        for found in (*self._exact(read), *self._partial(read), *self._near(read)):
            hit = self._hit(read, found, at, age)
            if hit is not None:
                known = hits.get(hit.hit_id)
                hits[hit.hit_id] = hit if known is None else _one_of(known, hit)
        return sorted(hits.values(), key=lambda hit: (hit.voi.priority, _ORDER[hit.kind], hit.hit_id))

    def exact_positions(self, vrm: str) -> list[tuple[Segment, int]]:
        """Return where the entries stand that show the same as `vrm`, in force or not."""
        hashed = hash_of(key_of(vrm))
        shards = self.snapshot.shards
        if not shards:
            return []
        segments = shards[0] if len(shards) == 1 else shards[owner_of(hashed, len(shards))]
        return [(segment, position) for segment in segments for position in segment.index.positions_of_hash(hashed)]

    def _exact(self, read: Read) -> Iterator[_Found]:
        for segment, position in self.exact_positions(read.vrm):
            yield _Found(segment=segment, position=position, kind=HitKind.EXACT)

    def _partial(self, read: Read) -> Iterator[_Found]:
        for segments in self.snapshot.shards:
            for segment in segments:
                for position in segment.index.partials_fitting(read.vrm):
                    yield _Found(segment=segment, position=position, kind=HitKind.PARTIAL)

    def _near(self, read: Read) -> Iterator[_Found]:
        near = near_marks(read, self._least)
        if not len(near.keys):
            return
        shards = self.snapshot.shards
        hashed = hashes_of(near.keys)
        owners = owners_of(hashed, len(shards)) if len(shards) > 1 else None
        for number, segments in enumerate(shards):
            mine = slice(None) if owners is None else owners == number
            asked_for, likelihoods = hashed[mine], near.likelihoods[mine]
            for segment in segments:
                asked, positions = segment.index.positions_of_hashes(asked_for)
                likely = likelihoods[asked]
                enough = likely >= self._thresholds[segment.index.hotlists[positions]]
                for position, likelihood in zip(positions[enough].tolist(), likely[enough].tolist(), strict=True):
                    yield _Found(segment=segment, position=position, kind=HitKind.NEAR, likelihood=likelihood)

    def _hit(self, read: Read, found: _Found, at: datetime, age: float) -> Hit | None:
        index, position = found.segment.index, found.position
        row = int(index.rows[position])
        removed_at = min(int(index.removed_at[position]), _taken_off_at(found.segment, row))
        valid_from, weed_date = int(index.valid_from[position]), int(index.weed_date[position])
        captured = micros_of(read.captured_at)
        as_it_is = removed_at == OPEN_END and valid_from <= micros_of(at) < weed_date
        as_it_was = (
            int(index.listed_at[position]) <= captured < removed_at and valid_from <= captured < weed_date
            if read.captured_at >= self.snapshot.history_from
            else None
        )
        if not as_it_is and not (as_it_was and age > self._late_after):
            return None
        voi = found.segment.entries.entry(row)
        if len(read.vrm) > LONGEST_KEY and found.kind is HitKind.EXACT and not _shows_the_same(voi, read):
            return None
        return Hit(
            hit_id=hit_id_of(read.read_id, voi.hotlist_id, voi.vrm, voi.reference),
            read_id=read.read_id,
            voi=voi,
            kind=found.kind,
            likelihood=found.likelihood,
            hotlist_revision=self.snapshot.revision,
            as_it_was=as_it_was,
            as_it_is=as_it_is,
            read_age_seconds=age,
        )


def _one_of(one: Hit, other: Hit) -> Hit:
    """Return which of two hits of a read on one mark of one list is told.

    The list holds the mark twice, or held it in another form, or the mark was reached in two ways.
    """
    told = min(one, other, key=lambda hit: (not hit.as_it_is, _ORDER[hit.kind], hit.voi.priority, -hit.likelihood))
    return replace(told, as_it_was=one.as_it_was or other.as_it_was)


def _taken_off_at(segment: Segment, row: int) -> int:
    rows = segment.taken_off_rows
    place = bisect_left(rows, row) if len(rows) else 0
    if place < len(rows) and rows[place] == row:
        return int(segment.taken_off_at[place])
    return OPEN_END


def _shows_the_same(voi: VehicleOfInterest, read: Read) -> bool:
    return same_glyphs(voi.vrm) == same_glyphs(read.vrm)
