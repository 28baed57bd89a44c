"""What evidence a passage needs: how many sightings, how sure, and which fragments are one vehicle."""

from __future__ import annotations

from dataclasses import replace

from pipeline.track.counts import RejectedBecause
from pipeline.track.settings import TrackSettings
from tests.support.sightings import (
    counts_after,
    passing,
    scene,
    texts_of,
    track,
    vehicle,
)

SETTINGS = TrackSettings()


def test_a_single_sighting_at_a_high_frame_rate_yields_nothing_and_is_counted() -> None:
    seen = scene(vehicle("AB12CDE", frames=range(10, 11), confidence=0.99), frames=100)
    assert track(seen) == []
    assert counts_after(seen).rejected[RejectedBecause.TOO_FEW] == 1


def test_a_single_very_sure_sighting_at_a_low_frame_rate_yields_a_passage() -> None:
    seen = scene(vehicle("AB12CDE", frames=range(10, 11), confidence=0.99), frames=20, per_second=2)
    assert texts_of(track(seen)) == ["AB12CDE"]
    assert track(seen, replace(SETTINGS, lone_sighting_confidence=1.1)) == []


def test_a_single_unsure_sighting_at_a_low_frame_rate_yields_nothing() -> None:
    assert track(scene(vehicle("AB12CDE", frames=range(10, 11), confidence=0.7), frames=20, per_second=2)) == []


def test_a_plate_that_is_never_legible_is_counted_as_such() -> None:
    seen = scene(passing("AB12CDE", frames=range(40), illegible=range(40)))
    assert track(seen) == []
    assert counts_after(seen).rejected[RejectedBecause.ILLEGIBLE] == 1


def test_sightings_that_do_not_agree_are_counted_as_a_poor_vote() -> None:
    babble = dict(enumerate(["AB12CDE", "AB12CDX", "AB12CDK", "AB12CDS"]))
    seen = scene(vehicle("AB12CDE", frames=range(4), misread=babble, confidence=0.3))
    assert track(seen) == []
    assert counts_after(seen).rejected[RejectedBecause.POOR_VOTE] == 1


def test_an_illegible_start_belongs_to_the_passage() -> None:
    passages = track(scene(passing("AB12CDE", frames=range(40), illegible=range(12))))
    assert texts_of(passages) == ["AB12CDE"]
    assert passages[0].sightings[0].sequence == 0


def test_two_fragments_with_too_few_sightings_each_make_one_passage() -> None:
    seen = scene(vehicle("AB12CDE", frames=range(60), hidden=[f for f in range(60) if f not in (2, 50)]), frames=150)
    passages = track(seen)
    assert texts_of(passages) == ["AB12CDE"]
    assert [one.sequence for one in passages[0].sightings] == [2, 50]


def test_fragments_that_differ_by_a_look_alike_character_make_one_passage() -> None:
    before = vehicle("AB12CDE", frames=range(20), moving_from=(100.0, 300.0, 30.0), to=(300.0, 300.0, 30.0))
    after = vehicle("A812CDE", frames=range(60, 80), moving_from=(500.0, 300.0, 30.0), to=(700.0, 300.0, 30.0))
    assert texts_of(track(scene(before, after))) == ["AB12CDE"]


def test_the_spellings_of_one_glyph_are_one_vehicle() -> None:
    before = vehicle("AB10CDO", frames=range(20))
    after = vehicle("ABI0CD0", frames=range(60, 80))
    assert len(track(scene(before, after))) == 1


def test_a_plate_that_is_cut_off_by_the_edge_of_the_picture_yields_its_whole_text() -> None:
    leaving = passing("AB12CDE", frames=range(30), cut_off=dict.fromkeys(range(12, 30), "AB12C"))
    assert texts_of(track(scene(leaving))) == ["AB12CDE"]


def test_a_plate_found_twice_in_a_frame_yields_one_passage() -> None:
    once = passing("AB12CDE", frames=range(20))
    again = vehicle(
        "A812CDE", frames=range(20), moving_from=(204.0, 151.0, 20.0), to=(904.0, 602.0, 60.0), confidence=0.5
    )
    seen = scene(once, again)
    assert texts_of(track(seen)) == ["AB12CDE"]
    assert counts_after(seen).doubles == 20


def test_a_trailer_that_bears_the_mark_of_its_vehicle_adds_no_second_passage() -> None:
    car = vehicle("AB12CDE", frames=range(30), moving_from=(200.0, 300.0, 30.0), to=(600.0, 300.0, 30.0))
    trailer = vehicle("AB12CDE", frames=range(30), moving_from=(200.0, 500.0, 30.0), to=(600.0, 500.0, 30.0))
    assert texts_of(track(scene(car, trailer))) == ["AB12CDE"]
