"""One text from many looks at one plate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from pipeline.domain.plate import ClosedBecause, Passage, PassageId, PlateText, Sighting
from pipeline.domain.posterior import ALPHABET, CharacterPosterior
from pipeline.domain.vrm import Vrm
from pipeline.track.vote import vote
from tests.support.sightings import CAMERA, START, plate_text, sighting, stated_posterior


def looks(
    *texts: PlateText | None, pixels_apart: float = 60.0, heights: Sequence[float] = (), narrower: Sequence[float] = ()
) -> Passage:
    """A passage with these texts, a tenth of a second apart."""
    sightings: list[Sighting] = []
    for at, text in enumerate(texts):
        sightings.append(
            sighting(
                text,
                frame=at,
                at=START + timedelta(seconds=at / 10),
                place=(100.0 + at * pixels_apart, 100.0, heights[at] if heights else 20.0),
                narrower=narrower[at] if narrower else 1.0,
            )
        )
    return Passage(
        passage_id=PassageId("p"), camera_id=CAMERA, sightings=tuple(sightings), closed_because=ClosedBecause.GONE
    )


def voted(passage: Passage) -> PlateText:
    text = vote(passage)
    assert text is not None
    return text


def test_a_passage_without_a_legible_sighting_has_no_text() -> None:
    assert vote(looks(None, None)) is None


def test_one_look_keeps_the_text_and_about_the_confidence_of_its_recogniser() -> None:
    text = voted(looks(plate_text("AB12CDE", 0.8, others={"A812CDE": 0.15})))
    assert text.vrm == "AB12CDE"
    assert text.confidence == pytest.approx(0.8, abs=0.02)
    assert text.candidates[1].probability == pytest.approx(0.15, abs=0.02)


def test_agreeing_looks_make_the_vote_surer_than_each_of_them() -> None:
    one = plate_text("AB12CDE", 0.8, others={"A812CDE": 0.1})
    assert voted(looks(one, one, one)).confidence > 0.97


def posterior_of(text: str, *, unsure: float, rival: int) -> CharacterPosterior:
    """A posterior of 40 steps; every character has `unsure` of its probability on another one, a step for `rival`."""
    steps = np.full((40, len(ALPHABET) + 1), 1e-6)
    steps[:, 0] = 1.0
    for at, character in enumerate(text):
        column = ALPHABET.index(character) + 1
        steps[3 + 5 * at] = 1e-6
        steps[3 + 5 * at, column] = 1.0 - unsure
        steps[3 + 5 * at, 1 + (column + rival + at) % len(ALPHABET)] = unsure
    steps /= steps.sum(axis=1, keepdims=True)
    return CharacterPosterior(log_probabilities=np.log(steps).astype(np.float32))


def read_by(posterior: CharacterPosterior) -> PlateText:
    candidates = posterior.candidates(5)
    best = candidates[0].text
    return PlateText(
        raw=best,
        vrm=Vrm(best),
        confidence=candidates[0].probability,
        character_confidences=posterior.character_confidences(best),
        candidates=candidates,
        posterior=posterior,
    )


def test_looks_unsure_of_every_character_are_sure_together_if_each_doubts_differently() -> None:
    read = [read_by(posterior_of("AB12CDE", unsure=0.4, rival=rival)) for rival in range(3, 11)]
    assert max(one.confidence for one in read) < 0.05
    text = voted(looks(*read))
    assert text.vrm == "AB12CDE"
    assert text.confidence > 0.95


def test_two_sure_looks_outvote_three_that_were_unsure_of_the_wrong_text() -> None:
    wrong = plate_text("A812CDE", 0.45, others={"AB12CDE": 0.4})
    right = plate_text("AB12CDE", 0.95, others={"A812CDE": 0.02})
    assert voted(looks(wrong, right, wrong, right, wrong)).vrm == "AB12CDE"


def test_the_probabilities_sum_to_one_at_most_and_the_winner_comes_first() -> None:
    text = voted(looks(plate_text("AB12CDE", 0.5, others={"A812CDE": 0.4}), plate_text("A812CDE", 0.5)))
    assert sum(one.probability for one in text.candidates) <= 1.0 + 1e-9
    assert text.candidates[0].text == text.vrm
    assert text.candidates[0].probability == text.confidence == max(one.probability for one in text.candidates)


def test_looks_that_contradict_each_other_leave_the_vote_unsure() -> None:
    text = voted(looks(plate_text("AB12CDE", 0.7), plate_text("XY34FGH", 0.7), plate_text("KL56MNP", 0.7)))
    assert text.confidence < 0.3


def test_every_candidate_is_judged_by_every_posterior_also_where_it_was_no_candidate() -> None:
    first = replace(plate_text("A812CDE", 0.5), posterior=stated_posterior(A812CDE=0.5, AB12CDE=0.45))
    second = replace(plate_text("AB12COE", 0.5), posterior=stated_posterior(AB12COE=0.5, AB12CDE=0.45))
    third = replace(plate_text("AB12CDE", 0.5), posterior=stated_posterior(AB12CDE=0.5, A812CDE=0.01))
    assert voted(looks(first, second, third)).vrm == "AB12CDE"


def test_what_grammar_favours_counts_once_and_not_once_a_look() -> None:
    favoured = replace(
        plate_text("AB12CDO", 0.6, others={"AB12CD0": 0.3}), posterior=stated_posterior(AB12CDO=0.3, AB12CD0=0.6)
    )
    assert voted(looks(favoured)).vrm == "AB12CDO"
    assert voted(looks(*[favoured] * 12)).vrm == "AB12CD0"


def test_many_nearly_identical_frames_do_not_outvote_a_few_different_looks() -> None:
    standing = [sighting(plate_text("A812CDE", 0.9), frame=i, at=START + timedelta(seconds=i / 25)) for i in range(12)]
    moving = [
        sighting(
            plate_text("AB12CDE", 0.9),
            frame=20 + i,
            at=START + timedelta(seconds=1 + i / 5),
            place=(300.0 + 150.0 * i, 150.0, 24.0 + 4 * i),
        )
        for i in range(4)
    ]
    passage = replace(looks(None), sightings=(*standing, *moving))
    assert voted(passage).vrm == "AB12CDE"


def test_a_hundred_frames_of_a_standing_vehicle_are_not_taken_for_certainty() -> None:
    unsure = plate_text("AB12CDE", 0.6, others={"A812CDE": 0.38})
    assert voted(looks(*[unsure] * 100, pixels_apart=0.0)).confidence < 0.95


def test_a_large_plate_counts_more_than_a_small_one() -> None:
    small, large = plate_text("A812CDE", 0.9), plate_text("AB12CDE", 0.9)
    assert voted(looks(small, large, heights=(12.0, 60.0))).vrm == "AB12CDE"
    assert voted(looks(small, large, heights=(60.0, 12.0))).vrm == "A812CDE"


def test_looks_at_a_part_of_the_plate_do_not_win_by_number() -> None:
    part, whole = plate_text("AB12C", 0.95), plate_text("AB12CDE", 0.9)
    cut_off = looks(*[whole] * 2, *[part] * 10, narrower=[1.0] * 2 + [5 / 7] * 10)
    assert voted(cut_off).vrm == "AB12CDE"


def test_a_few_looks_at_the_whole_plate_win_even_if_the_boxes_do_not_show_that_it_was_cut_off() -> None:
    part, whole = plate_text("AB12C", 0.95), plate_text("AB12CDE", 0.9)
    assert voted(looks(*[whole] * 3, *[part] * 4)).vrm == "AB12CDE"


def test_one_look_with_a_bolt_read_as_a_character_does_not_lengthen_the_text() -> None:
    longer, right = plate_text("1AB12CDE", 0.9), plate_text("AB12CDE", 0.9)
    assert voted(looks(right, right, longer, right, right, right, right, right)).vrm == "AB12CDE"


def test_the_character_in_dispute_is_the_one_of_low_confidence() -> None:
    text = voted(looks(plate_text("AB12CDE", 0.6, others={"A812CDE": 0.38})))
    assert len(text.character_confidences) == 7
    assert text.character_confidences.index(min(text.character_confidences)) == 1
    assert min(text.character_confidences) >= text.confidence - 1e-9
    assert text.character_confidences[0] > 0.95


def test_the_line_break_of_a_two_line_plate_is_kept() -> None:
    two_line = replace(plate_text("AB12CDE", 0.9), raw="AB12 CDE")
    assert voted(looks(two_line, replace(plate_text("A812CDE", 0.2)))).raw == "AB12 CDE"


def test_a_vote_already_taken_stands() -> None:
    taken = plate_text("XY34FGH")
    assert vote(replace(looks(plate_text("AB12CDE")), text=taken)) is taken


def test_the_empty_text_is_never_voted_for() -> None:
    nearly_nothing = plate_text("AB12CDE", 0.3, others={"": 0.6})
    assert voted(looks(nearly_nothing, nearly_nothing)).vrm == "AB12CDE"
