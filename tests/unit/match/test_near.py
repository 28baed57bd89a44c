"""Near matches: what the doubts of a read lead to, how likely, and how far the budget lets them go."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.domain.hotlist import HitKind, HotlistId
from pipeline.domain.plate import Candidate
from pipeline.domain.posterior import Doubt
from pipeline.domain.vrm import Vrm
from pipeline.match.matcher import HotlistMatcher
from pipeline.match.settings import MatchSettings
from tests.support.builders import a_voi
from tests.support.hotlists import a_snapshot, terms
from tests.unit.match.given import AT, SETTINGS, kinds, matcher, read_of


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
    assert likely["A812CDE"] > 2 * likely["ABI12CDE"]
    # Of marks as long: whether an 8 read as B or a lost A is likelier, tens of misreads do not tell.
    assert likely["A812CDE"] == max(likelihood for mark, likelihood in likely.items() if len(mark) == len("AB12CDE"))


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
