"""Layouts nudge, they never veto."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.posterior import ALPHABET, Candidate
from pipeline.recognise.rerank import reranked

texts = st.text(alphabet=ALPHABET, max_size=8)
candidates = st.dictionaries(texts, st.floats(0.0, 0.15), max_size=6).map(
    lambda found: tuple(Candidate(text=text, probability=share) for text, share in found.items())
)


@given(candidates)
def test_nothing_is_lost_and_the_sum_stays(given_candidates: tuple[Candidate, ...]) -> None:
    after = reranked(given_candidates)
    assert {one.text for one in after} == {one.text for one in given_candidates}
    assert sum(one.probability for one in after) == pytest.approx(sum(one.probability for one in given_candidates))


def test_of_two_readings_that_look_alike_the_one_with_a_layout_wins() -> None:
    alike = (Candidate(text="ABO2CDE", probability=0.5), Candidate(text="AB02CDE", probability=0.4))
    assert reranked(alike)[0].text == "AB02CDE"


def test_a_clear_foreign_plate_stays_first() -> None:
    clear = (Candidate(text="XSNB23", probability=0.9), Candidate(text="XSN823", probability=0.1))
    assert reranked(clear)[0].text == "XSNB23"
