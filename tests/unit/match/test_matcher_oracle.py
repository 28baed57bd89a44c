"""The index and the near matches against a brute-force search through every entry, on random lists and reads."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.domain.hotlist import HitKind, HotlistId, VehicleOfInterest
from pipeline.domain.plate import Candidate
from pipeline.domain.posterior import Doubt
from pipeline.domain.read import Read
from pipeline.domain.vrm import MAXIMUM_LENGTH, Vrm, is_partial, same_glyphs
from pipeline.match.matcher import HotlistMatcher
from pipeline.match.partials import fits
from pipeline.match.settings import MatchSettings
from tests.support.builders import a_read, a_voi
from tests.support.hotlists import a_snapshot

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
SETTINGS = MatchSettings(near_least_likelihood=0.0005)

# few letters and short marks, so that random reads and lists meet
_mark = st.text("AB01IOH8", min_size=1, max_size=5).map(Vrm)
_long = st.text("AB", min_size=MAXIMUM_LENGTH - 4, max_size=MAXIMUM_LENGTH).map(Vrm)
_partial = st.sampled_from(["A?B", "AB*", "*10", "A*B1", "??A8", "*A*B*"]).map(Vrm)
_doubt = st.builds(
    Doubt,
    position=st.integers(0, 5),
    length=st.integers(0, 2),
    text=st.text("AB01H8", max_size=2),
    cost=st.integers(0, 600),
)
_instant = st.integers(-3, 3).map(lambda hours: AT + timedelta(hours=hours))
_voi = st.builds(
    lambda vrm, name, start, end: a_voi(vrm=vrm, hotlist_id=HotlistId(name), valid_from=start, weed_date=end),
    vrm=_mark | _partial | _long,
    name=st.sampled_from(["a", "b"]),
    start=st.none() | _instant,
    end=st.none() | _instant,
)
_read = st.builds(
    lambda vrm, doubts, confidence, captured, others: a_read(
        vrm=vrm,
        doubts=tuple(doubts),
        confidence=confidence,
        captured_at=captured,
        candidates=tuple(Candidate(text=text, probability=0.01) for text in others),
    ),
    vrm=_mark | _long,
    doubts=st.lists(_doubt, min_size=1, max_size=6),
    confidence=st.floats(0.2, 1.0),
    captured=_instant,
    others=st.lists(_mark, max_size=2),
)


def near_by_trying(read: Read, least: float) -> dict[str, float]:
    """What the plate may bear, by applying every doubt and every two that do not overlap, in either order."""
    if len(read.vrm) > 10:
        return {}
    able = [
        one
        for one in read.doubts
        if one.position + one.length <= len(read.vrm) and abs(len(one.text) - one.length) <= 1 and one.applied(read.vrm)
    ]
    ways = [[one] for one in able] + [
        [one, two] for one in able for two in able if one.position + one.length <= two.position
    ]
    found: dict[str, float] = {}
    for way in ways:
        if len(way) == 2 and way[0].position == way[1].position and way[0].length == way[1].length == 0:
            continue
        text: str = read.vrm
        # from the right, so that places further left stay where they are
        for one in reversed(way):
            text = one.applied(text)
        likelihood = min(1.0, read.confidence * math.exp(-sum(one.cost for one in way) / 100))
        found[same_glyphs(text)] = max(likelihood, found.get(same_glyphs(text), 0.0))
    for candidate in read.candidates:
        found[same_glyphs(candidate.text)] = max(candidate.probability, found.get(same_glyphs(candidate.text), 0.0))
    found.pop(same_glyphs(read.vrm), None)
    return {text: likelihood for text, likelihood in found.items() if likelihood >= least * (1 + 1e-9)}


def oracle(vois: Sequence[VehicleOfInterest], read: Read, at: datetime, least: float) -> dict[tuple[str, str], tuple]:
    """(list, mark) to (kind, likelihood, as it was, as it is) of every hit, by looking at every entry."""
    near = near_by_trying(read, least)
    hits: dict[tuple[str, str], tuple] = {}
    for voi in vois:
        if is_partial(voi.vrm):
            kind, likelihood = (HitKind.PARTIAL, 1.0) if fits(voi.vrm, read.vrm) else (None, 0.0)
        elif same_glyphs(voi.vrm) == same_glyphs(read.vrm):
            kind, likelihood = HitKind.EXACT, 1.0
        elif same_glyphs(voi.vrm) in near:
            kind, likelihood = HitKind.NEAR, near[same_glyphs(voi.vrm)]
        else:
            continue
        was, is_now = (
            (voi.valid_from is None or voi.valid_from <= then) and (voi.weed_date is None or then < voi.weed_date)
            for then in (read.captured_at, at)
        )
        late = (at - read.captured_at).total_seconds() > SETTINGS.late_after_seconds
        if kind is not None and (is_now or (was and late)):
            key = (voi.hotlist_id, voi.vrm)
            known = hits.get(key, (kind, likelihood, False, False))
            hits[key] = (kind, pytest.approx(likelihood, rel=1e-6), known[2] or was, known[3] or is_now)
    return hits


@given(st.lists(_voi, max_size=25), _read, _instant, st.integers(1, 3))
@settings(max_examples=400, deadline=None)
def test_it_finds_exactly_what_looking_at_every_entry_finds(
    vois: list[VehicleOfInterest], read: Read, at: datetime, shards: int
) -> None:
    matching = HotlistMatcher(a_snapshot(*vois, shards=shards), SETTINGS)
    found = {
        (hit.voi.hotlist_id, hit.voi.vrm): (hit.kind, hit.likelihood, hit.as_it_was, hit.as_it_is)
        for hit in matching.match(read, at)
    }
    assert found == oracle(vois, read, at, SETTINGS.near_least_likelihood)
