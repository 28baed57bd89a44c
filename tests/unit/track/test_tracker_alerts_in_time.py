"""A read is given once nothing better will be seen of its vehicle: an alert is due two seconds after the picture."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta

from pipeline.domain.plate import ClosedBecause, Passage
from pipeline.track.settings import TrackSettings
from pipeline.track.tracker import PassageTracker
from tests.support.sightings import CAMERA, START, Shot, Vehicle, counts_after, scene, texts_of, track, vehicle

SETTINGS = TrackSettings()
PER_SECOND = 25


def driving_away(
    text: str,
    *,
    frames: range,
    misread: Mapping[int, str] | None = None,
    hidden: Collection[int] = (),
    confidence: float = 0.9,
) -> Vehicle:
    near, far = (300.0, 500.0, 60.0), (600.0, 200.0, 15.0)
    return vehicle(text, frames=frames, moving_from=near, to=far, misread=misread, hidden=hidden, confidence=confidence)


def given_after(shots: list[Shot], settings: TrackSettings = SETTINGS) -> list[tuple[Passage, timedelta]]:
    """Return each passage and how long after its picture it was given."""
    tracker = PassageTracker(CAMERA, settings)
    given = []
    for shot in shots:
        for passage in tracker.observe(shot.sequence, shot.captured_at, shot.sightings):
            (pictured,) = [one for one in passage.sightings if one.patch is not None]
            given.append((passage, shot.captured_at - pictured.captured_at))
    assert tracker.flush() == []
    return given


def test_a_vehicle_that_drives_away_is_read_while_it_is_still_in_view_and_not_again() -> None:
    ((passage, waited),) = given_after(scene(driving_away("AB12CDE", frames=range(75)), frames=300))
    assert passage.text is not None
    assert passage.text.vrm == "AB12CDE"
    assert passage.closed_because is ClosedBecause.RECEDING
    assert waited <= timedelta(seconds=SETTINGS.gone_after_seconds + 1 / PER_SECOND)


def test_its_read_is_that_of_the_whole_passage() -> None:
    seen = scene(driving_away("AB12CDE", frames=range(75)), frames=300)
    ((early, _),) = given_after(seen)
    ((late, waited),) = given_after(seen, replace(SETTINGS, receding_confidence=1.1))
    assert early.passage_id == late.passage_id
    assert late.closed_because is ClosedBecause.GONE
    assert waited > timedelta(seconds=3)


def test_one_that_is_not_surely_read_yet_is_looked_at_for_as_long_as_it_is_in_view() -> None:
    babble = dict.fromkeys(range(0, 75, 2), "AB12CDF")
    seen = scene(driving_away("AB12CDE", frames=range(75), misread=babble, confidence=0.5), frames=300)
    ((passage, _),) = given_after(seen)
    assert passage.closed_because is ClosedBecause.GONE
    assert passage.sighting_count == 75


def test_one_that_is_hidden_after_it_was_read_is_not_read_again_when_it_turns_up() -> None:
    seen = scene(driving_away("AB12CDE", frames=range(75), hidden=range(30, 66)), frames=300)
    assert texts_of(track(seen)) == ["AB12CDE"]
    assert counts_after(seen).rejoined == 1


def test_one_that_is_misread_after_it_was_read_is_not_read_again() -> None:
    misread = dict.fromkeys(range(30, 75, 2), "A812CDE") | {51: "77ZZZ1"}
    seen = scene(driving_away("AB12CDE", frames=range(75), misread=misread), frames=300)
    assert texts_of(track(seen)) == ["AB12CDE"]


def test_one_that_comes_nearer_is_not_read_before_it_has_passed() -> None:
    nearer = vehicle("AB12CDE", frames=range(200), moving_from=(300.0, 200.0, 15.0), to=(600.0, 500.0, 60.0))
    ((passage, _),) = given_after(scene(nearer, frames=300))
    assert passage.closed_because is ClosedBecause.GONE
    assert passage.sighting_count == 200


def test_one_that_stops_and_is_hidden_for_a_moment_is_not_gone_as_soon_as_one_that_moves() -> None:
    stopped = vehicle("AB12CDE", frames=range(40))
    ((passage, waited),) = given_after(scene(stopped, frames=120))
    assert passage.sightings[-1].captured_at < START + timedelta(seconds=40 / PER_SECOND)
    assert waited >= timedelta(seconds=SETTINGS.standing_gone_after_seconds)


def test_two_of_a_fleet_that_drive_away_side_by_side_are_two_passages() -> None:
    left = driving_away("AB12CDE", frames=range(75))
    right = vehicle("AB12CDF", frames=range(75), moving_from=(900.0, 500.0, 60.0), to=(900.0, 200.0, 15.0))
    assert sorted(texts_of(track(scene(left, right, frames=300)))) == ["AB12CDE", "AB12CDF"]
