"""Matching: exactly, nearly and in part, in force at that instant, on the lists as they are and as they were."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.domain.hotlist import Hit, HitKind, HotlistId, VehicleOfInterest
from pipeline.domain.plate import Candidate
from pipeline.domain.posterior import Doubt
from pipeline.domain.read import Read, ReadId
from pipeline.domain.vrm import MAXIMUM_LENGTH, Vrm, is_partial, same_glyphs
from pipeline.match.matcher import HotlistMatcher
from pipeline.match.partials import fits
from pipeline.match.settings import MatchSettings
from pipeline.match.snapshot import HotlistSnapshot
from tests.support.builders import a_read, a_voi
from tests.support.hotlists import a_segment, a_snapshot, terms

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
SETTINGS = MatchSettings(near_least_likelihood=0.0005)


def matcher(*entries: VehicleOfInterest, shards: int = 1) -> HotlistMatcher:
    return HotlistMatcher(a_snapshot(*entries, shards=shards), SETTINGS)


def read_of(vrm: str, *doubts: tuple[int, int, str, float], confidence: float = 0.9, **others: object) -> Read:
    """A fresh read; a doubt is (position, length, text, odds)."""
    told = tuple(
        Doubt(position=position, length=length, text=text, cost=round(-100 * math.log(odds)))
        for position, length, text, odds in doubts
    )
    read = a_read(vrm=Vrm(vrm), confidence=confidence, doubts=told, candidates=(), captured_at=AT)
    return replace(read, **others)  # type: ignore[arg-type]


def kinds(hits: Sequence[Hit]) -> dict[str, HitKind]:
    return {hit.voi.vrm: hit.kind for hit in hits}


def test_a_read_of_a_listed_mark_is_an_exact_hit() -> None:
    read, voi = a_read(vrm=Vrm("AB12CDE")), a_voi(vrm=Vrm("AB12CDE"))
    (hit,) = matcher(voi).match(read, AT)
    assert (hit.read_id, hit.voi, hit.kind, hit.likelihood) == (read.read_id, voi, HitKind.EXACT, 1.0)
    assert hit.hotlist_revision == "1"


def test_a_mark_that_differs_by_one_character_is_no_exact_hit() -> None:
    assert matcher(a_voi(vrm=Vrm("XY12CDE"))).match(a_read(vrm=Vrm("AB12CDF")), AT) == []


@pytest.mark.parametrize("listed", ["A011CDE", "AOI1CDE", "AO1ICDE"])
def test_characters_that_look_the_same_on_a_plate_are_exactly_the_same(listed: str) -> None:
    assert kinds(matcher(a_voi(vrm=Vrm(listed))).match(read_of("A0I1CDE"), AT)) == {listed: HitKind.EXACT}


def test_a_letter_with_a_tail_is_not_a_nought() -> None:
    assert matcher(a_voi(vrm=Vrm("Q123ABC"))).match(read_of("0123ABC", (6, 1, "D", 0.1)), AT) == []


def test_a_mark_longer_than_any_plate_is_still_matched_exactly() -> None:
    long = "ABCDEFGHJKLMNOPQ"
    hits = matcher(a_voi(vrm=Vrm(long)), a_voi(vrm=Vrm(long[:-1] + "R"))).match(read_of(long), AT)
    assert kinds(hits) == {long: HitKind.EXACT}


def test_an_empty_list_matches_nothing() -> None:
    assert matcher().match(a_read(), AT) == []
    assert len(matcher()) == 0


def test_a_mark_on_several_lists_hits_on_each_the_most_urgent_first() -> None:
    lists = [a_voi(hotlist_id=HotlistId(name), priority=priority) for name, priority in [("a", 5), ("b", 1), ("c", 3)]]
    hits = matcher(*lists).match(a_read(), AT)
    assert [(hit.voi.hotlist_id, hit.voi.priority) for hit in hits] == [("b", 1), ("c", 3), ("a", 5)]
    assert len({hit.hit_id for hit in hits}) == 3


def test_a_mark_entered_twice_on_one_list_is_one_hit_the_most_urgent() -> None:
    (hit,) = matcher(a_voi(priority=5), a_voi(priority=1)).match(a_read(), AT)
    assert hit.voi.priority == 1


def test_the_order_of_the_entries_does_not_change_the_order_of_hits() -> None:
    lists = [a_voi(hotlist_id=HotlistId(name)) for name in "abcd"]
    assert matcher(*lists).match(a_read(), AT) == matcher(*reversed(lists)).match(a_read(), AT)


def test_matching_again_makes_the_same_hit() -> None:
    read = a_read()
    assert matcher(a_voi()).match(read, AT)[0].hit_id == matcher(a_voi(priority=1)).match(read, AT)[0].hit_id


def test_other_reads_make_other_hits() -> None:
    one, other = (matcher(a_voi()).match(a_read(read_id=ReadId(id_)), AT)[0].hit_id for id_ in ("1" * 32, "2" * 32))
    assert one != other


@pytest.mark.parametrize(
    ("at", "hits"), [(AT - MOMENT, 0), (AT, 1), (AT + MOMENT, 1)], ids=["before", "at that instant", "after"]
)
def test_an_entry_matches_from_the_instant_it_is_valid(at: datetime, hits: int) -> None:
    assert len(matcher(a_voi(valid_from=AT)).match(a_read(), at)) == hits


@pytest.mark.parametrize(
    ("at", "hits"), [(AT - MOMENT, 1), (AT, 0), (AT + MOMENT, 0)], ids=["before", "at that instant", "after"]
)
def test_an_entry_is_gone_from_the_instant_of_its_weed_date(at: datetime, hits: int) -> None:
    assert len(matcher(a_voi(weed_date=AT)).match(a_read(captured_at=at), at)) == hits


def test_it_counts_its_entries() -> None:
    assert len(matcher(a_voi(), a_voi(hotlist_id=HotlistId("b")), a_voi(vrm=Vrm("XY34ZZZ")))) == 3


def test_a_doubted_character_makes_a_near_hit_as_likely_as_the_doubt() -> None:
    (hit,) = matcher(a_voi(vrm=Vrm("A812CDE"))).match(read_of("AB12CDE", (1, 1, "8", 0.05)), AT)
    assert hit.kind is HitKind.NEAR
    assert hit.likelihood == pytest.approx(0.9 * 0.05, rel=0.01)


def test_doubts_at_two_places_are_put_together() -> None:
    read = read_of("AB12CDE", (1, 1, "8", 0.1), (6, 1, "F", 0.2))
    (hit,) = matcher(a_voi(vrm=Vrm("A812CDF"))).match(read, AT)
    assert hit.likelihood == pytest.approx(0.9 * 0.1 * 0.2, rel=0.02)


@pytest.mark.parametrize(
    ("listed", "doubt"),
    [
        ("AB12CD", (6, 1, "", 0.1)),
        ("AB112CDE", (2, 0, "1", 0.1)),
        ("AB12CDEF", (7, 0, "F", 0.1)),
        ("ABH2CDE", (2, 1, "H", 0.1)),
    ],
    ids=["one too many", "one missing", "one missing at the end", "another"],
)
def test_a_character_too_many_or_too_few_is_near(listed: str, doubt: tuple[int, int, str, float]) -> None:
    assert kinds(matcher(a_voi(vrm=Vrm(listed))).match(read_of("AB12CDE", doubt), AT)) == {listed: HitKind.NEAR}


def test_two_strokes_read_as_one_letter_are_near() -> None:
    hits = matcher(a_voi(vrm=Vrm("AB11CDE"))).match(read_of("ABHCDE", (2, 1, "11", 0.1), (5, 1, "F", 0.1)), AT)
    assert kinds(hits) == {"AB11CDE": HitKind.NEAR}
    both = matcher(a_voi(vrm=Vrm("AB11CDF"))).match(read_of("ABHCDE", (2, 1, "11", 0.1), (5, 1, "F", 0.1)), AT)
    assert kinds(both) == {"AB11CDF": HitKind.NEAR}


def test_another_candidate_of_the_read_is_near_however_different_it_is() -> None:
    read = read_of("AB12CDE", (0, 1, "X", 0.01), candidates=(Candidate(text="XY34ZZZ", probability=0.2),))
    (hit,) = matcher(a_voi(vrm=Vrm("XY34ZZZ"))).match(read, AT)
    assert (hit.kind, hit.likelihood) == (HitKind.NEAR, 0.2)


def test_an_exact_mark_is_never_also_near() -> None:
    read = read_of(
        "AB12CDO", (6, 1, "0", 0.9), (1, 1, "8", 0.1), candidates=(Candidate(text="AB12CD0", probability=1),)
    )
    hits = matcher(a_voi(vrm=Vrm("AB12CD0")), a_voi(vrm=Vrm("A812CDO"))).match(read, AT)
    assert kinds(hits) == {"AB12CD0": HitKind.EXACT, "A812CDO": HitKind.NEAR}


def test_a_read_without_doubts_is_doubted_by_experience() -> None:
    others = [a_voi(vrm=Vrm(mark)) for mark in ("A812CDE", "ABI12CDE", "B12CDE", "XY34ZZZ")]
    found = matcher(*others).match(read_of("AB12CDE", confidence=0.6), AT)
    assert "A812CDE" in kinds(found)
    assert "XY34ZZZ" not in kinds(found)
    assert set(kinds(found).values()) == {HitKind.NEAR}
    likely = {hit.voi.vrm: hit.likelihood for hit in found}
    assert likely["A812CDE"] == max(likely.values())


def test_experience_knows_two_strokes_read_as_one_letter_and_the_other_way_round() -> None:
    assert "AB11CDE" in kinds(matcher(a_voi(vrm=Vrm("AB11CDE"))).match(read_of("ABHCDE", confidence=0.5), AT))
    assert "ABHCDE" in kinds(matcher(a_voi(vrm=Vrm("ABHCDE"))).match(read_of("AB11CDE", confidence=0.5), AT))


def test_a_character_that_a_strangers_reader_is_unsure_of_is_doubted_most() -> None:
    unsure = (0.99, 0.4, 0.99, 0.99, 0.99, 0.99, 0.99)
    even = matcher(a_voi(vrm=Vrm("A812CDE"))).match(read_of("AB12CDE", confidence=0.6, character_confidences=()), AT)
    told = matcher(a_voi(vrm=Vrm("A812CDE"))).match(
        read_of("AB12CDE", confidence=0.6, character_confidences=unsure), AT
    )
    assert told[0].likelihood > 3 * even[0].likelihood


def test_doubts_that_no_plate_could_give_are_left_out() -> None:
    odd = (
        Doubt(position=9, length=1, text="A", cost=1),
        Doubt(position=6, length=2, text="A", cost=1),
        Doubt(position=-1, length=1, text="A", cost=1),
        Doubt(position=0, length=-1, text="A", cost=1),
        Doubt(position=0, length=1, text="ä", cost=1),
        Doubt(position=0, length=0, text="AA", cost=1),
        Doubt(position=0, length=1, text="X", cost=-50),
        Doubt(position=1, length=1, text="8", cost=100),
    )
    marks = ["A812CDE", "XB12CDE", "AAAB12CDE", "AB12CDA"]
    hits = matcher(*(a_voi(vrm=Vrm(mark)) for mark in marks)).match(replace(read_of("AB12CDE"), doubts=odd), AT)
    assert kinds(hits) == {"A812CDE": HitKind.NEAR}


def test_a_list_of_millions_follows_only_strong_doubts_and_a_short_one_faint_ones_too() -> None:
    entry, long = a_voi(vrm=Vrm("A812CDE")), HotlistId("long")
    snapshot = a_snapshot(entry, replace(entry, hotlist_id=long))
    snapshot = replace(
        snapshot, lists=(terms("long", entries=10_000_000, budget=1.0), terms("stolen", entries=10_000, budget=1.0))
    )
    faint, strong = (read_of("AB12CDE", (1, 1, "8", odds), confidence=0.6) for odds in (0.01, 0.65))
    assert [hit.voi.hotlist_id for hit in HotlistMatcher(snapshot, SETTINGS).match(faint, AT)] == ["stolen"]
    hits = HotlistMatcher(snapshot, MatchSettings(vehicles_on_the_road=10**9)).match(strong, AT)
    assert {hit.voi.hotlist_id for hit in hits} == {"stolen", "long"}


def test_without_a_budget_nothing_is_near_and_exact_hits_stay() -> None:
    snapshot = a_snapshot(a_voi(vrm=Vrm("A812CDE")), a_voi(vrm=Vrm("AB12CDE")), budget=0.0)
    hits = HotlistMatcher(snapshot, SETTINGS).match(read_of("AB12CDE", (1, 1, "8", 0.9)), AT)
    assert kinds(hits) == {"AB12CDE": HitKind.EXACT}


@pytest.mark.parametrize("mark", ["AB1?CDE", "AB*", "*2CDE", "A*E", "??12???"])
def test_a_read_that_fits_a_partial_mark_is_a_partial_hit(mark: str) -> None:
    (hit,) = matcher(a_voi(vrm=Vrm(mark))).match(read_of("AB12CDE"), AT)
    assert (hit.kind, hit.likelihood, hit.voi.vrm) == (HitKind.PARTIAL, 1.0, mark)


@pytest.mark.parametrize("mark", ["AB1?CDF", "AC*", "AB12CDE?", "*X*"])
def test_a_read_that_does_not_fit_is_no_hit(mark: str) -> None:
    assert matcher(a_voi(vrm=Vrm(mark))).match(read_of("AB12CDE"), AT) == []


def test_a_late_read_is_matched_against_the_list_as_it_was_and_says_how_old_it_is() -> None:
    weeded = a_voi(vrm=Vrm("AB12CDE"), weed_date=AT + timedelta(hours=1))
    (hit,) = matcher(weeded).match(read_of("AB12CDE"), AT + timedelta(hours=3))
    assert (hit.as_it_was, hit.as_it_is, hit.read_age_seconds) == (True, False, 10800.0)


def test_a_late_read_is_matched_against_the_list_as_it_is() -> None:
    new = a_voi(vrm=Vrm("AB12CDE"), valid_from=AT + timedelta(hours=1))
    (hit,) = matcher(new).match(read_of("AB12CDE"), AT + timedelta(hours=3))
    assert (hit.as_it_was, hit.as_it_is) == (False, True)


def test_a_read_that_is_not_late_does_not_hit_what_has_just_been_weeded() -> None:
    weeded = a_voi(vrm=Vrm("AB12CDE"), weed_date=AT + timedelta(seconds=1))
    assert matcher(weeded).match(read_of("AB12CDE"), AT + timedelta(seconds=2)) == []


def with_history(**overrides: object) -> HotlistSnapshot:
    """An entry taken off at AT + 1 h, replaced by another of the same mark, and one that a table holds as history."""
    stolen, found = a_voi(vrm=Vrm("AB12CDE"), reason="stolen"), a_voi(vrm=Vrm("AB12CDE"), reason="stolen again")
    past = a_voi(vrm=Vrm("XY34ZZZ"))
    hour = timedelta(hours=1)
    base = a_segment([stolen, past], ["stolen"], taken_off={0: AT + hour}, removed_at=[None, AT + hour])
    overlay = a_segment([found], ["stolen"], listed_at=AT + hour)
    snapshot = HotlistSnapshot(
        revision="7", published_at=AT, lists=(terms("stolen"),), shards=((base, overlay),), history_from=AT
    )
    return replace(snapshot, **overrides)  # type: ignore[arg-type]


def test_an_entry_taken_off_does_not_match_any_more_and_its_successor_does() -> None:
    snapshot = with_history()
    matching = HotlistMatcher(snapshot, SETTINGS)
    assert len(matching) == 2
    now = AT + timedelta(hours=2)
    (hit,) = matching.match(read_of("AB12CDE", captured_at=now), now)
    assert (hit.voi.reason, hit.as_it_was, hit.as_it_is) == ("stolen again", True, True)
    assert matching.match(read_of("XY34ZZZ", captured_at=now), now) == []


def test_a_late_read_hits_what_was_taken_off_since_and_what_replaced_it_is_told_once() -> None:
    matching = HotlistMatcher(with_history(), SETTINGS)
    now = AT + timedelta(hours=2)
    (hit,) = matching.match(read_of("AB12CDE", captured_at=AT), now)
    assert (hit.voi.reason, hit.as_it_was, hit.as_it_is) == ("stolen again", True, True)
    (gone,) = matching.match(read_of("XY34ZZZ", captured_at=AT), now)
    assert (gone.as_it_was, gone.as_it_is, gone.hotlist_revision) == (True, False, "7")


def test_what_a_list_was_before_its_history_begins_is_not_known() -> None:
    matching = HotlistMatcher(with_history(history_from=AT + timedelta(minutes=30)), SETTINGS)
    now = AT + timedelta(hours=2)
    (hit,) = matching.match(read_of("AB12CDE", captured_at=AT), now)
    assert (hit.as_it_was, hit.as_it_is) == (None, True)
    assert matching.match(read_of("XY34ZZZ", captured_at=AT), now) == []


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
