"""A misread of one character does not hide a wanted vehicle: from what the looks saw to the hit."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from pipeline.domain.hotlist import HitKind, VehicleOfInterest
from pipeline.domain.plate import ClosedBecause, Passage, PassageId, PlateText
from pipeline.domain.posterior import ALPHABET, CharacterPosterior
from pipeline.domain.read import ClockState, FeedId, Read, SourceId
from pipeline.domain.vrm import Vrm
from pipeline.match.matcher import HotlistMatcher
from pipeline.match.settings import MatchSettings
from pipeline.track.assemble import read_of
from pipeline.track.vote import vote
from pipeline.wire.read_proto import decode_record, encode_record
from tests.support.builders import a_record, a_voi
from tests.support.hotlists import a_snapshot
from tests.support.sightings import CAMERA, START, sighting


def look(text: str, *, instead: dict[int, tuple[str, float]]) -> PlateText:
    """What a recogniser saw that read `text`, but gave another character a share at some places."""
    steps = np.full((3 * len(text), len(ALPHABET) + 1), 1e-6)
    steps[:, 0] = 1.0
    for at, character in enumerate(text):
        other, share = instead.get(at, ("0", 0.0))
        steps[3 * at + 1] = 1e-6
        steps[3 * at + 1, ALPHABET.index(other) + 1] = max(share, 1e-6)
        steps[3 * at + 1, ALPHABET.index(character) + 1] = 1.0 - share
    posterior = CharacterPosterior(log_probabilities=np.log(steps / steps.sum(axis=1, keepdims=True)).astype("f4"))
    candidates = posterior.candidates(5)
    return PlateText(
        raw=text,
        vrm=Vrm(candidates[0].text),
        confidence=candidates[0].probability,
        character_confidences=posterior.character_confidences(candidates[0].text),
        candidates=candidates,
        posterior=posterior,
    )


def stored_read(*looks: PlateText) -> Read:
    """The read of a passage with these looks, as it comes out of the journal."""
    sightings = tuple(
        sighting(one, frame=at, at=START + timedelta(seconds=at / 5), place=(100.0 + 80 * at, 100.0, 20.0 + at))
        for at, one in enumerate(looks)
    )
    passage = Passage(
        passage_id=PassageId("p"), camera_id=CAMERA, sightings=sightings, closed_because=ClosedBecause.GONE
    )
    text = vote(passage)
    assert text is not None
    read = read_of(
        passage,
        text,
        feed_id=FeedId("local"),
        source_id=SourceId("1"),
        clock_state=ClockState.STREAM,
        location=None,
        received_at=START + timedelta(seconds=2),
        patch_jpeg=b"patch",
        overview_jpeg=b"overview",
        model_version="made-up",
    )
    return decode_record(encode_record(replace(a_record(), read=read))).read


def hits_of(read: Read, *marks: str) -> dict[str, tuple[HitKind, float]]:
    entries: list[VehicleOfInterest] = [a_voi(vrm=Vrm(mark)) for mark in marks]
    hits = HotlistMatcher(a_snapshot(*entries), MatchSettings()).match(read, START + timedelta(seconds=3))
    return {hit.voi.vrm: (hit.kind, hit.likelihood) for hit in hits}


def test_a_wanted_vehicle_whose_plate_was_read_wrong_by_one_character_is_a_near_hit_and_says_how_likely() -> None:
    read = stored_read(look("A812CDE", instead={1: ("B", 0.4)}))
    assert read.vrm == "A812CDE"
    [(mark, (kind, likelihood))] = hits_of(read, "AB12CDE", "AC12CDE").items()
    assert (mark, kind) == ("AB12CDE", HitKind.NEAR)
    assert likelihood == pytest.approx(0.4, abs=0.03)


def test_an_innocent_driver_whose_plate_was_read_clearly_is_no_hit_on_a_mark_that_differs_by_one_character() -> None:
    sure = look("AB12CDE", instead={})
    assert hits_of(stored_read(sure, sure, sure), "A812CDE", "AB12CDF", "AB12CD", "AAB12CDE") == {}


def test_looks_that_agree_make_a_near_hit_less_likely_and_one_that_sees_the_other_more() -> None:
    unsure, other = look("A812CDE", instead={1: ("B", 0.3)}), look("AB12CDE", instead={1: ("8", 0.45)})
    [one] = hits_of(stored_read(unsure), "AB12CDE").values()
    [three] = hits_of(stored_read(unsure, unsure, unsure), "AB12CDE").values()
    assert three[1] < one[1]
    mixed = stored_read(unsure, unsure, other)
    assert hits_of(mixed, "AB12CDE")["AB12CDE"][1] > three[1]


def test_a_read_from_before_doubts_were_told_still_comes_near_by_experience() -> None:
    old = replace(stored_read(look("A812CDE", instead={1: ("B", 0.4)})), doubts=(), candidates=(), confidence=0.6)
    assert hits_of(old, "AB12CDE", "AX12CDE")["AB12CDE"][0] is HitKind.NEAR
