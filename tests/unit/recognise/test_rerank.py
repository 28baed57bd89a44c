"""Layouts nudge, they never veto."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.posterior import ALPHABET, Candidate, CharacterPosterior
from pipeline.recognise.rerank import reranked, sure_of_ink

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
    clear = (Candidate(text="KPTB45", probability=0.9), Candidate(text="KPT845", probability=0.1))
    assert reranked(clear)[0].text == "KPTB45"


def test_a_british_spelling_that_no_candidate_has_comes_along() -> None:
    rows = np.full((24, 37), 1e-9)
    rows[:, 0] = 1.0
    for place, character in enumerate("HIKWW"):
        rows[1 + 3 * place, 0], rows[1 + 3 * place, ALPHABET.index(character) + 1] = 1e-9, 1.0
    rows[4, ALPHABET.index("1") + 1] = 0.01
    seen = CharacterPosterior(log_probabilities=np.log(rows / rows.sum(axis=1, keepdims=True)).astype(np.float32))
    after = reranked((Candidate(text="HIKWW", probability=0.9),), seen)
    assert after[0].text == "H1KWW"
    assert sum(one.probability for one in after) <= 1.0


def test_a_q_where_no_mark_has_one_gives_way_to_what_else_it_may_be() -> None:
    alike = (Candidate(text="LQ12ABC", probability=0.8), Candidate(text="LO12ABC", probability=0.1))
    assert reranked(alike)[0].text == "LO12ABC"
    foreign = (Candidate(text="KTQ1234", probability=0.8), Candidate(text="KTO1234", probability=0.1))
    assert reranked(foreign)[0].text == "KTQ1234"
    first = (Candidate(text="Q123ABC", probability=0.8), Candidate(text="O123ABC", probability=0.1))
    assert reranked(first)[0].text == "Q123ABC"


def test_what_shows_the_same_is_counted_together_and_a_q_apart() -> None:
    found = [("AB0I2", 0.5), ("ABO12", 0.2), ("ABQ12", 0.1), ("AB812", 0.1)]
    candidates = tuple(Candidate(text=text, probability=share) for text, share in found)
    assert sure_of_ink(candidates) == pytest.approx(0.7)


def test_an_age_that_was_never_issued_says_nothing_for_a_mark() -> None:
    alike = (Candidate(text="RB48YKC", probability=0.5), Candidate(text="R848YKC", probability=0.4))
    assert reranked(alike)[0].text == "R848YKC"
    issued = (Candidate(text="RB18YKC", probability=0.4), Candidate(text="R818YKC", probability=0.5))
    assert reranked(issued)[0].text == "RB18YKC"
    clear = (Candidate(text="RB48YKC", probability=0.9), Candidate(text="R848YKC", probability=0.05))
    assert reranked(clear)[0].text == "RB48YKC"
