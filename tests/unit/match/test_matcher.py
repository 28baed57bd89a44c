"""Matching: exactly, nearly and in part, in force at that instant, on the lists as they are and as they were."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pipeline.domain.hotlist import HitKind, HotlistId
from pipeline.domain.read import ReadId
from pipeline.domain.vrm import Vrm
from pipeline.match.matcher import HotlistMatcher
from pipeline.match.snapshot import HotlistSnapshot
from tests.support.builders import a_read, a_voi
from tests.support.hotlists import a_segment, terms
from tests.unit.match.given import AT, MOMENT, SETTINGS, kinds, matcher, read_of


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
