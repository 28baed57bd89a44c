"""The budget of false near hits: what a list's owner will bear sets how faint a doubt may be."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.match.budget import NEVER, false_near_hits, rivals_above, thresholds_of
from pipeline.match.misreads import FIGURES
from pipeline.match.settings import MatchSettings
from tests.support.hotlists import terms

SETTINGS = MatchSettings()


def threshold(entries: int, budget: float, settings: MatchSettings = SETTINGS) -> float:
    [found] = thresholds_of([terms("a", entries=entries, budget=budget)], settings).tolist()
    return float(found)


@given(st.integers(0, 10**8), st.floats(1e-6, 1e4))
def test_the_threshold_keeps_the_budget(entries: int, budget: float) -> None:
    found = threshold(entries, budget)
    assert found == NEVER or false_near_hits(entries, found, SETTINGS) <= budget
    assert found >= SETTINGS.near_least_likelihood


@given(st.integers(0, 10**8), st.integers(0, 10**8), st.floats(1e-3, 100))
def test_a_longer_list_never_follows_fainter_doubts(one: int, other: int, budget: float) -> None:
    assert threshold(min(one, other), budget) <= threshold(max(one, other), budget)


def test_a_larger_budget_lets_fainter_doubts_count() -> None:
    found = [threshold(1_000_000, budget) for budget in (0.01, 0.1, 1.0, 10.0, 1000.0)]
    assert found == sorted(found, reverse=True)
    assert found[0] > found[-1] == SETTINGS.near_least_likelihood


def test_no_budget_is_no_near_hit() -> None:
    assert threshold(1, 0.0) == NEVER
    assert threshold(1, -1.0) == NEVER


def test_lists_of_a_snapshot_have_their_own_thresholds() -> None:
    found = thresholds_of([terms("a", entries=100, budget=1.0), terms("b", entries=10**7, budget=0.5)], SETTINGS)
    assert found[0] < found[1]


def test_fewer_vehicles_on_the_road_make_a_list_denser() -> None:
    small = replace(SETTINGS, vehicles_on_the_road=1_000_000)
    assert threshold(100_000, 1.0, small) > threshold(100_000, 1.0)


def test_what_was_measured_falls_as_the_likelihood_rises_and_is_read_downwards() -> None:
    likelihoods, rivals = zip(*FIGURES.rivals, strict=True)
    assert list(likelihoods) == sorted(likelihoods)
    assert list(rivals) == sorted(rivals, reverse=True)
    assert rivals_above(likelihoods[3] * 1.0001) == rivals[3]
    assert rivals_above(likelihoods[0] / 2) == pytest.approx(2 / likelihoods[0])


def test_experience_has_shares_that_are_shares_and_knows_every_glyph() -> None:
    for read, shares in FIGURES.instead.items():
        assert 0 < sum(share for _, share in shares) <= 1.0 + 1e-3
        assert read not in dict(shares)
    assert {text for shares in FIGURES.instead.values() for text, _ in shares} >= set(
        "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
    )
    assert {"11", "VV"} <= FIGURES.instead.keys()
    assert "11" in dict(FIGURES.instead["H"])
    assert len(FIGURES.missing) == 34


@pytest.mark.parametrize(
    "wrong",
    [
        {"near_least_likelihood": 0.0},
        {"vehicles_on_the_road": 0},
        {"share_of_marks_in_use": 0.0},
        {"share_of_marks_in_use": 1.5},
        {"late_after_seconds": -1.0},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        MatchSettings(**wrong)  # type: ignore[arg-type]
