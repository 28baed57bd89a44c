"""Exact matching: every list a mark is on, in force at that instant, the most urgent first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.domain.hotlist import HitKind, HotlistId, VehicleOfInterest
from pipeline.domain.vrm import Vrm
from pipeline.match.hotlist_file import Hotlist, load_hotlist
from pipeline.match.matcher import ExactMatcher
from tests.support.builders import a_read, a_voi

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


def matcher(*entries: VehicleOfInterest) -> ExactMatcher:
    return ExactMatcher(Hotlist(revision="r1", entries=entries))


def test_a_read_of_a_listed_mark_is_an_exact_hit() -> None:
    read, voi = a_read(vrm=Vrm("AB12CDE")), a_voi(vrm=Vrm("AB12CDE"))
    (hit,) = matcher(voi).match(read, AT)
    assert (hit.read_id, hit.voi, hit.kind, hit.likelihood) == (read.read_id, voi, HitKind.EXACT, 1.0)
    assert hit.hotlist_revision == "r1"


def test_a_mark_that_differs_by_one_character_is_no_exact_hit() -> None:
    assert matcher(a_voi(vrm=Vrm("AB12CDE"))).match(a_read(vrm=Vrm("AB12CDF")), AT) == []


def test_an_empty_list_matches_nothing() -> None:
    assert matcher().match(a_read(), AT) == []
    assert len(matcher()) == 0


def test_a_mark_on_several_lists_hits_on_each_the_most_urgent_first() -> None:
    lists = [a_voi(hotlist_id=HotlistId(name), priority=priority) for name, priority in [("a", 5), ("b", 1), ("c", 3)]]
    hits = matcher(*lists).match(a_read(), AT)
    assert [(hit.voi.hotlist_id, hit.voi.priority) for hit in hits] == [("b", 1), ("c", 3), ("a", 5)]
    assert len({hit.hit_id for hit in hits}) == 3


def test_the_order_of_the_file_does_not_change_the_order_of_hits() -> None:
    lists = [a_voi(hotlist_id=HotlistId(name)) for name in "abcd"]
    assert matcher(*lists).match(a_read(), AT) == matcher(*reversed(lists)).match(a_read(), AT)


def test_matching_again_makes_the_same_hit() -> None:
    read = a_read()
    assert matcher(a_voi()).match(read, AT)[0].hit_id == matcher(a_voi(priority=1)).match(read, AT)[0].hit_id


def test_other_reads_make_other_hits() -> None:
    one, other = (matcher(a_voi()).match(a_read(read_id=id_), AT)[0].hit_id for id_ in ("1" * 32, "2" * 32))
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
    assert len(matcher(a_voi(weed_date=AT)).match(a_read(), at)) == hits


def test_it_counts_its_entries() -> None:
    assert len(matcher(a_voi(), a_voi(hotlist_id=HotlistId("b")), a_voi(vrm=Vrm("XY34ZZZ")))) == 3


def test_an_entry_spelt_with_spaces_and_small_letters_matches_the_read(tmp_path: Path) -> None:
    path = tmp_path / "hotlist.csv"
    path.write_text("vrm\nab12 cde\n")
    assert len(ExactMatcher(load_hotlist(path)).match(a_read(vrm=Vrm("AB12CDE")), AT)) == 1
