"""The posterior's sums against brute force over every alignment of tiny posteriors."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.domain.posterior import ALPHABET, BLANK, CharacterPosterior, log_likelihoods_by
from pipeline.errors import BadInput

USED = "AB1"
COLUMNS = [BLANK, *(ALPHABET.index(character) + 1 for character in USED)]


def posterior_from(weights: list[list[float]]) -> CharacterPosterior:
    """A posterior whose mass lies on the blank and three characters."""
    probabilities = np.full((len(weights), 37), 1e-30)
    for step, row in enumerate(weights):
        probabilities[step, COLUMNS] = np.maximum(np.asarray(row) / np.sum(row), 1e-30)
    return CharacterPosterior(log_probabilities=np.log(probabilities).astype(np.float32))


def brute_force(posterior: CharacterPosterior) -> dict[str, float]:
    """Every text's probability, by walking every path."""
    rows = np.exp(posterior.log_probabilities.astype(np.float64))
    totals: dict[str, float] = {}
    for path in itertools.product(COLUMNS, repeat=len(rows)):
        text = "".join(ALPHABET[column - 1] for column, _ in itertools.groupby(path) if column != BLANK)
        totals[text] = totals.get(text, 0.0) + math.prod(rows[step, column] for step, column in enumerate(path))
    return totals


posteriors = st.lists(
    st.lists(st.floats(0.02, 1.0), min_size=len(COLUMNS), max_size=len(COLUMNS)), min_size=1, max_size=5
).map(posterior_from)


@settings(max_examples=40, deadline=None)
@given(posteriors)
def test_the_likelihood_of_every_text_is_the_sum_over_its_alignments(posterior: CharacterPosterior) -> None:
    truth = brute_force(posterior)
    texts = list(truth)
    assert np.exp(posterior.log_likelihoods(texts)) == pytest.approx(
        [truth[text] for text in texts], rel=1e-4, abs=1e-9
    )


@settings(max_examples=40, deadline=None)
@given(posteriors)
def test_the_best_candidate_is_the_likeliest_text_of_all(posterior: CharacterPosterior) -> None:
    truth = brute_force(posterior)
    best = posterior.candidates(1)[0]
    assert truth[best.text] >= 0.98 * max(truth.values())
    assert best.probability == pytest.approx(truth[best.text], rel=1e-4)


@settings(max_examples=30, deadline=None)
@given(posteriors)
def test_candidates_are_ordered_distinct_and_sum_to_at_most_one(posterior: CharacterPosterior) -> None:
    candidates = posterior.candidates(5)
    probabilities = [candidate.probability for candidate in candidates]
    assert probabilities == sorted(probabilities, reverse=True)
    assert len({candidate.text for candidate in candidates}) == len(candidates)
    assert sum(probabilities) <= 1 + 1e-6


@settings(max_examples=30, deadline=None)
@given(posteriors, st.sampled_from(["A", "AB", "BA1", "AA"]))
def test_a_characters_confidence_is_its_share_among_all_characters_in_its_place(
    posterior: CharacterPosterior, text: str
) -> None:
    shares = posterior.character_confidences(text)
    for place, share in enumerate(shares):
        rivals = [text[:place] + character + text[place + 1 :] for character in ALPHABET]
        likelihoods = np.exp(posterior.log_likelihoods(rivals))
        if likelihoods.sum() > 1e-9:
            own = likelihoods[ALPHABET.index(text[place])]
            assert share == pytest.approx(own / likelihoods.sum(), rel=1e-3, abs=1e-6)


def test_a_repeated_character_needs_a_blank_between() -> None:
    posterior = posterior_from([[0.01, 1, 0.01, 0.01], [0.01, 1, 0.01, 0.01]])
    assert posterior.candidates(1)[0].text == "A"
    assert posterior.log_likelihood("AA") == -math.inf


def test_the_empty_text_is_as_likely_as_blanks_throughout() -> None:
    posterior = posterior_from([[0.9, 0.1, 0.0, 0.0], [0.8, 0.2, 0.0, 0.0]])
    assert math.exp(posterior.log_likelihood("")) == pytest.approx(0.72, rel=1e-4)
    assert posterior.character_confidences("") == ()


def test_a_text_no_plate_can_bear_is_refused_without_quoting_it() -> None:
    with pytest.raises(BadInput) as refusal:
        posterior_from([[1, 1, 1, 1]]).log_likelihood("AB?")
    assert "AB?" not in str(refusal.value)


def test_no_texts_have_no_likelihoods() -> None:
    assert len(posterior_from([[1, 1, 1, 1]]).log_likelihoods([])) == 0


def test_several_posteriors_judge_together_as_each_does_alone() -> None:
    chance = np.random.default_rng(5)
    rows = [chance.dirichlet(np.full(37, 0.1), steps) for steps in (24, 9, 24, 12)]
    posteriors = [
        CharacterPosterior(log_probabilities=np.log(np.maximum(one, 1e-12)).astype(np.float32)) for one in rows
    ]
    texts = ["AB12CDE", "A1", "", "ZZZZZZZZZ"]
    together = log_likelihoods_by(posteriors, texts)
    assert together.shape == (4, 4)
    assert all(np.array_equal(row, one.log_likelihoods(texts)) for row, one in zip(together, posteriors, strict=True))
    assert log_likelihoods_by([], texts).shape == (0, 4)
