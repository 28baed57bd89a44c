"""What a read tells of the texts the plate may bear besides the voted one."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from pipeline.domain.plate import ClosedBecause, Passage, PassageId, PlateText
from pipeline.domain.posterior import ALPHABET, CharacterPosterior, Doubt
from pipeline.domain.read import MOST_DOUBTS
from pipeline.domain.vrm import Vrm
from pipeline.track.vote import vote
from pipeline.wire.read_proto import message_of
from tests.support.builders import a_read
from tests.support.sightings import CAMERA, START, plate_text, sighting


def look(
    text: str,
    others: dict[int, dict[str, float]],
    *,
    blank: dict[int, float] | None = None,
    around: dict[int, dict[str, float]] | None = None,
) -> PlateText:
    """What a recogniser says that reads `text`, but leaves a share to other characters, or to none, at some places,
    and to others on both sides `around` them."""
    steps = np.full((2 * len(text) + 1, len(ALPHABET) + 1), 1e-7)
    steps[::2, 0] = 1.0
    for at, character in enumerate(text):
        row = steps[2 * at + 1]
        row[ALPHABET.index(character) + 1] = 1.0
        for other, share in others.get(at, {}).items():
            row[ALPHABET.index(other) + 1] = share
        row[0] = (blank or {}).get(at, 1e-7)
        for other, share in (around or {}).get(at, {}).items():
            steps[[2 * at, 2 * at + 2], ALPHABET.index(other) + 1] = share
    steps /= steps.sum(axis=1, keepdims=True)
    posterior = CharacterPosterior(log_probabilities=np.log(steps).astype(np.float32))
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


def doubts(*looks: PlateText) -> dict[str, float]:
    """Each doubted text and its odds against the voted one."""
    sightings = tuple(
        sighting(text, frame=at, at=START + timedelta(seconds=at), place=(100.0 + 60 * at, 100.0, 20.0))
        for at, text in enumerate(looks)
    )
    text = vote(
        Passage(passage_id=PassageId("p"), camera_id=CAMERA, sightings=sightings, closed_because=ClosedBecause.GONE)
    )
    assert text is not None
    assert list(text.doubts) == sorted(text.doubts, key=lambda one: one.cost)
    return {one.applied(text.vrm): float(np.exp(-one.cost / 100)) for one in text.doubts}


def test_another_character_has_the_odds_of_the_posterior() -> None:
    told = doubts(look("AB12CDE", {1: {"8": 0.25}, 6: {"F": 0.01}}))
    assert told["A812CDE"] == pytest.approx(0.25, rel=0.02)
    assert told["AB12CDF"] == pytest.approx(0.01, rel=0.05)
    assert set(told) == {"A812CDE", "AB12CDF"}


def test_a_character_that_may_be_none_is_doubted() -> None:
    assert doubts(look("AB12CDE", {}, blank={0: 0.1}))["B12CDE"] == pytest.approx(0.1, rel=0.02)


def test_a_character_that_may_be_missing_is_doubted() -> None:
    seen = look("AB112CDE", {}, blank={2: 0.75, 3: 0.75})
    assert seen.vrm == "AB12CDE"
    assert doubts(seen)["AB112CDE"] > 0.1


def test_two_strokes_run_together_are_doubted_as_one_letter_and_the_letter_as_two_strokes() -> None:
    assert "ABHCDE" in doubts(look("AB11CDE", {2: {"H": 0.3}}, blank={3: 0.3}))
    assert "AB11CDE" in doubts(look("ABHCDE", {2: {}}, blank={2: 0.5}, around={2: {"1": 0.5}}))


def test_a_doubt_says_what_the_plate_may_bear() -> None:
    assert Doubt(position=2, length=1, text="11", cost=5).applied("ABHCDE") == "AB11CDE"
    assert Doubt(position=6, length=0, text="E", cost=5).applied("AB12CD") == "AB12CDE"


def test_characters_that_look_the_same_on_the_plate_are_no_doubt() -> None:
    assert not {"AB12CD0", "ABI2CDO"} & doubts(look("AB12CDO", {6: {"0": 0.9}, 2: {"I": 0.9}})).keys()


def test_looks_that_agree_leave_less_doubt_than_one_of_them() -> None:
    one = look("AB12CDE", {1: {"8": 0.2}})
    assert doubts(one, one, one)["A812CDE"] < doubts(one)["A812CDE"] / 3


def test_a_look_at_something_else_does_not_make_its_text_likely() -> None:
    sure, other = look("AB12CDE", {}), look("XY34ZZZ", {})
    assert max(doubts(sure, sure, sure, other).values()) < 0.01


def test_a_sure_read_tells_its_likeliest_doubt_so_that_no_doubt_means_that_none_were_told() -> None:
    told = doubts(look("AB12CDE", {}))
    assert len(told) == 1
    assert max(told.values()) < 1e-3


def test_a_look_without_a_posterior_is_judged_by_its_candidates() -> None:
    told = doubts(plate_text("AB12CDE", 0.8, others={"A812CDE": 0.15}))
    assert told["A812CDE"] == pytest.approx(0.15 / 0.8, rel=0.05)


def test_the_doubts_of_a_plate_that_can_hardly_be_read_stay_below_a_kilobyte() -> None:
    rows = np.log(np.full((24, 37), 1 / 37, np.float32))
    for at in range(0, 24, 3):
        rows[at, 1 + at % 20] += 1.0
    blurred = CharacterPosterior(log_probabilities=rows - np.logaddexp.reduce(rows, axis=1, keepdims=True))
    text = PlateText(
        raw="AB12CDE",
        vrm=Vrm("AB12CDE"),
        confidence=0.2,
        character_confidences=(0.2,) * 7,
        candidates=(),
        posterior=blurred,
    )
    passage = Passage(
        passage_id=PassageId("p"),
        camera_id=CAMERA,
        sightings=(sighting(text, frame=0, at=START),),
        closed_because=ClosedBecause.GONE,
    )
    voted = vote(passage)
    assert voted is not None
    assert len(voted.doubts) == MOST_DOUBTS
    with_doubts, without = (message_of(a_read(doubts=told)).ByteSize() for told in (voted.doubts, ()))
    assert with_doubts - without < 1024
