"""From a passage to the one read of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.domain.plate import ClosedBecause, Passage, PassageId
from pipeline.domain.read import ClockState, Direction, FeedId, Read, SourceId, digest_of, read_id_of
from pipeline.domain.syntax import Syntax
from pipeline.errors import BadInput
from pipeline.track.assemble import direction_of, read_of, told
from tests.support.sightings import CAMERA, START, plate_text, sighting


def passage_of(heights: Sequence[float], *, pictured: int = 0) -> Passage:
    seen = [
        sighting(
            plate_text("AB12CDE"), frame=at, at=START + timedelta(seconds=at / 10), place=(100.0 + at, 100.0, height)
        )
        for at, height in enumerate(heights)
    ]
    bare = [one if at == pictured else replace(one, patch=None, overview=None) for at, one in enumerate(seen)]
    return Passage(
        passage_id=PassageId("p"), camera_id=CAMERA, sightings=tuple(bare), closed_because=ClosedBecause.GONE
    )


def assembled(passage: Passage) -> Read:
    return read_of(
        passage,
        plate_text("AB12CDE"),
        feed_id=FeedId("f"),
        source_id=SourceId("s"),
        clock_state=ClockState.STREAM,
        location=None,
        received_at=START + timedelta(seconds=9),
        patch_jpeg=b"patch",
        overview_jpeg=b"overview",
        model_version="m1",
        lane=2,
    )


def test_a_read_is_identified_by_its_first_sighting_and_timed_by_the_one_with_the_pictures() -> None:
    passage = passage_of([20, 24, 30], pictured=2)
    read = assembled(passage)
    first = passage.sightings[0]
    assert read.read_id == read_id_of(CAMERA, first.captured_at, first.detection.box)
    assert read.captured_at == passage.sightings[2].captured_at


def test_a_read_carries_the_digests_of_its_pictures_and_the_syntax_of_its_mark() -> None:
    read = assembled(passage_of([20, 24, 30]))
    assert (read.patch_digest, read.overview_digest) == (digest_of(b"patch"), digest_of(b"overview"))
    assert (read.syntax, read.lane, read.model_version) == (Syntax.CURRENT, 2, "m1")


def test_a_read_counts_all_sightings_not_only_those_kept() -> None:
    assert assembled(passage_of([20, 24, 30])).sighting_count == 3
    assert assembled(replace(passage_of([20, 24, 30]), sighting_count=90)).sighting_count == 90


def test_a_passage_without_sightings_is_refused() -> None:
    with pytest.raises(BadInput, match="at least one sighting"):
        assembled(replace(passage_of([20]), sightings=()))


@pytest.mark.parametrize(
    ("heights", "direction"),
    [
        ([20, 22, 25, 30, 40], Direction.APPROACHING),
        ([40, 30, 25, 22, 20], Direction.RECEDING),
        ([30, 31, 30, 29, 30], Direction.UNKNOWN),
        ([20, 22, 90, 30, 34, 12, 40, 44, 50], Direction.APPROACHING),
        ([20, 60], Direction.UNKNOWN),
        ([20], Direction.UNKNOWN),
    ],
)
def test_the_direction_is_told_by_the_growth_of_the_plate_though_some_boxes_are_wrong(
    heights: list[float], direction: Direction
) -> None:
    assert direction_of(passage_of(heights).sightings) is direction


def test_sightings_of_one_instant_tell_no_direction() -> None:
    seen = [sighting(plate_text("AB12CDE"), place=(100.0, 100.0, height)) for height in (20.0, 30.0, 40.0)]
    assert direction_of(seen) is Direction.UNKNOWN


def test_probabilities_are_told_to_four_decimals_and_never_sum_to_more_than_one() -> None:
    assert [told(one) for one in (0.0, 0.00009, 0.99999, 1.0)] == [0.0, 0.0, 0.9999, 1.0]
    every = [number / 10_000 for number in range(10_001)]
    assert [told(one) for one in every] == every
