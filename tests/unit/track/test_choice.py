"""Which sightings are read: few, always the same ones, and never so few that a vehicle is missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.track.choice import ReadingChoice
from pipeline.track.settings import TrackSettings
from tests.support.sightings import Shot, Vehicle, counts_after, passing, scene, texts_of, track, vehicle

SETTINGS = TrackSettings()
LOOKS_A_SECOND = 12.5


def road(*vehicles: Vehicle) -> list[Shot]:
    return scene(*vehicles, per_second=LOOKS_A_SECOND)


def chosen(shots: Sequence[Shot], settings: TrackSettings = SETTINGS) -> list[Shot]:
    """The same road with the texts of what is chosen alone."""
    choice = ReadingChoice(settings)
    left = []
    for shot in shots:
        worth = choice.choose(shot.captured_at, [one.detection for one in shot.sightings])
        kept = [one if read else replace(one, text=None) for one, read in zip(shot.sightings, worth, strict=True)]
        left.append(replace(shot, sightings=tuple(kept)))
    return left


def read_in(shots: Sequence[Shot]) -> list[int]:
    """The frames in which something is read."""
    return [shot.sequence for shot in shots for one in shot.sightings if one.text is not None]


def test_a_vehicle_that_drives_by_is_read_a_handful_of_times_and_all_of_it_is_followed() -> None:
    shots = chosen(road(passing("AB12CDE", frames=range(25))))
    assert 5 <= len(read_in(shots)) <= 8
    (passage,) = track(shots)
    assert texts_of([passage]) == ["AB12CDE"]
    assert passage.sighting_count == 25


def test_a_plate_is_read_as_it_turns_up_and_near_its_largest() -> None:
    read = read_in(chosen(road(passing("AB12CDE", frames=range(25)))))
    assert read[:2] == [0, 1]
    assert read[-1] >= 20


def test_a_vehicle_that_stands_is_read_twice_a_second() -> None:
    read = read_in(chosen(road(vehicle("AB12CDE", frames=range(125)))))
    assert 18 <= len(read) <= 20


def test_a_vehicle_at_the_place_of_another_is_noticed_though_nothing_shows_but_its_mark() -> None:
    first = vehicle("AB12CDE", frames=range(40))
    second = vehicle("XY34ZZZ", frames=range(40, 80))
    passages = track(chosen(road(first, second)))
    assert texts_of(passages) == ["AB12CDE", "XY34ZZZ"]
    # what was seen before that was noticed may still count for the first
    assert passages[0].sightings[-1].sequence <= 40 + LOOKS_A_SECOND * SETTINGS.read_again_seconds + 1


def test_what_is_not_read_does_not_make_a_misread_of_the_vehicle_that_follows() -> None:
    first = vehicle("AB12CDE", frames=range(40))
    second = vehicle("XY34ZZZ", frames=range(40, 80))
    assert counts_after(chosen(road(first, second))).misreads == 0


def test_vehicles_beside_each_other_are_read_each_for_itself() -> None:
    shots = chosen(
        road(
            vehicle("AB12CDE", frames=range(30), moving_from=(200.0, 150.0, 20.0)),
            vehicle("XY34ZZZ", frames=range(10, 40), moving_from=(420.0, 150.0, 20.0)),
        )
    )
    assert sorted(texts_of(track(shots))) == ["AB12CDE", "XY34ZZZ"]


def test_a_plate_that_jumps_is_read_because_it_may_be_another() -> None:
    fast = vehicle("AB12CDE", frames=range(12), moving_from=(100.0, 150.0, 20.0), to=(1400.0, 900.0, 20.0))
    assert read_in(chosen(road(fast)))[:2] == [0, 1]
    here = vehicle("AB12CDE", frames=range(6), moving_from=(100.0, 150.0, 20.0))
    there = vehicle("AB12CDE", frames=range(6, 12), moving_from=(300.0, 150.0, 20.0))
    assert 6 in read_in(chosen(road(here, there)))


def test_every_sighting_is_read_where_the_settings_say_so() -> None:
    shots = road(vehicle("AB12CDE", frames=range(30)))
    assert read_in(chosen(shots, TrackSettings(read_again_seconds=0.0))) == list(range(30))


def doubting(shots: Sequence[Shot], *frames: int) -> list[int]:
    """The frames in which something is kept where what those frames show was found unsurely."""
    choice, kept = ReadingChoice(SETTINGS), []
    for shot in shots:
        found = [replace(one.detection, doubtful=shot.sequence in frames) for one in shot.sightings]
        believed = choice.kept(shot.captured_at, found)
        choice.choose(shot.captured_at, believed)
        kept += [shot.sequence] * len(believed)
    return kept


def test_a_doubtful_find_continues_a_plate_and_begins_none() -> None:
    shots = road(passing("AB12CDE", frames=range(10)))
    assert doubting(shots, 0, 1, 6, 7, 9) == [2, 3, 4, 5, 6, 7, 8, 9]
    assert doubting(shots, *range(10)) == []


def test_a_doubtful_find_elsewhere_is_no_plate() -> None:
    shots = road(
        passing("AB12CDE", frames=range(6)), vehicle("XY34ZZZ", frames=range(6, 8), moving_from=(1100.0, 600.0, 20.0))
    )
    assert doubting(shots, 6, 7) == [0, 1, 2, 3, 4, 5]


def test_two_doubtful_finds_at_a_plate_are_not_both_that_plate() -> None:
    choice = ReadingChoice(SETTINGS)
    [first, second, *_] = road(passing("AB12CDE", frames=range(25)))
    choice.choose(first.captured_at, [one.detection for one in first.sightings])
    found = [replace(one.detection, doubtful=True) for one in second.sightings] * 2
    assert len(choice.kept(second.captured_at, found)) == 1
