"""One vehicle, one passage: the rules of the tracker as sentences."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.domain.plate import CameraId, ClosedBecause
from pipeline.errors import BadInput
from pipeline.track.settings import TrackSettings
from pipeline.track.tracker import PassageTracker
from tests.support.sightings import (
    CAMERA,
    START,
    counts_after,
    observe_all,
    passing,
    plate_text,
    scene,
    sighting,
    texts_of,
    track,
    vehicle,
)

SETTINGS = TrackSettings()


def test_a_passing_vehicle_yields_one_passage() -> None:
    passages = track(scene(passing("AB12CDE", frames=range(40)), frames=100))
    assert texts_of(passages) == ["AB12CDE"]
    assert passages[0].sighting_count == 40
    assert passages[0].closed_because is ClosedBecause.GONE


def test_an_empty_road_yields_nothing() -> None:
    assert track(scene(frames=50)) == []


def test_a_passage_closes_once_its_vehicle_is_gone_for_long_enough_and_not_before() -> None:
    tracker = PassageTracker(CAMERA, SETTINGS)
    shots = scene(passing("AB12CDE", frames=range(40)), frames=200)
    last_seen = shots[39].captured_at
    closed_at = next(
        shot.captured_at for shot in shots if tracker.observe(shot.sequence, shot.captured_at, shot.sightings)
    )
    gone_after = timedelta(seconds=SETTINGS.gone_after_seconds)
    assert gone_after <= closed_at - last_seen < gone_after + timedelta(seconds=0.05)


def test_a_vehicle_waiting_at_the_lights_yields_one_passage_though_its_plate_is_hidden_for_a_moment() -> None:
    passages = track(scene(vehicle("AB12CDE", frames=range(200), hidden=range(80, 110))))
    assert texts_of(passages) == ["AB12CDE"]
    assert passages[0].sighting_count == 170


def test_a_waiting_vehicle_that_a_bus_hides_for_longer_than_it_takes_to_be_gone_yields_one_passage() -> None:
    waiting = vehicle("AB12CDE", frames=range(500), hidden=range(100, 350))
    assert texts_of(track(scene(waiting))) == ["AB12CDE"]
    assert counts_after(scene(waiting)).rejoined == 1


def test_a_waiting_vehicle_that_another_passes_in_front_of_yields_one_passage_and_the_other_one_too() -> None:
    waiting = vehicle("AB12CDE", frames=range(400), moving_from=(500.0, 300.0, 30.0), hidden=range(150, 220))
    crossing = vehicle("XY34FGH", frames=range(140, 230), moving_from=(0.0, 300.0, 40.0), to=(1000.0, 300.0, 40.0))
    assert sorted(texts_of(track(scene(waiting, crossing)))) == ["AB12CDE", "XY34FGH"]


def test_a_vehicle_that_a_motion_gate_hides_while_it_stands_yields_one_passage() -> None:
    waiting = vehicle("AB12CDE", frames=range(3000), hidden=range(30, 2950))
    assert texts_of(track(scene(waiting))) == ["AB12CDE"]


def test_two_vehicles_at_once_are_two_passages() -> None:
    left = passing("AB12CDE", frames=range(40))
    right = vehicle("XY34FGH", frames=range(10, 50), moving_from=(800.0, 150.0, 20.0), to=(1200.0, 600.0, 60.0))
    assert texts_of(track(scene(left, right))) == ["AB12CDE", "XY34FGH"]


def test_two_vehicles_of_one_fleet_that_differ_by_a_look_alike_character_are_two_passages_side_by_side() -> None:
    left = vehicle("AB12CDE", frames=range(40), moving_from=(200.0, 300.0, 30.0))
    right = vehicle("AB12CDF", frames=range(40), moving_from=(400.0, 300.0, 30.0))
    assert texts_of(track(scene(left, right))) == ["AB12CDE", "AB12CDF"]


def test_a_queue_one_plate_width_apart_and_moving_a_width_a_frame_keeps_its_vehicles_apart() -> None:
    width = 30.0 * 520 / 111
    texts = ["AB12CDE", "XY34FGH", "KL56MNP"]
    queue = [
        vehicle(
            text, frames=range(8), moving_from=(100 + width * i, 300.0, 30.0), to=(100 + width * (i + 7), 300.0, 30.0)
        )
        for i, text in enumerate(texts)
    ]
    passages = track(scene(*queue))
    assert sorted(texts_of(passages)) == sorted(texts)
    assert [passage.sighting_count for passage in passages] == [8, 8, 8]


@pytest.mark.parametrize("per_second", [12.0, 25.0])
def test_a_vehicle_moving_one_plate_width_a_frame_is_followed_though_it_is_misread_now_and_then(
    per_second: float,
) -> None:
    width = 30.0 * 520 / 111
    fast = vehicle(
        "AB12CDE",
        frames=range(12),
        moving_from=(100.0, 300.0, 30.0),
        to=(100 + 11 * width, 300.0, 30.0),
        misread={4: "A812CDE", 7: "AB12COE"},
    )
    assert texts_of(track(scene(fast, per_second=per_second))) == ["AB12CDE"]
    assert counts_after(scene(fast, per_second=per_second)).trails == 1


def test_a_vehicle_that_returns_after_long_enough_is_two_passages() -> None:
    there, back = passing("AB12CDE", frames=range(40)), passing("AB12CDE", frames=range(140, 180))
    assert texts_of(track(scene(there, back))) == ["AB12CDE", "AB12CDE"]


def test_a_vehicle_that_is_seen_again_sooner_than_it_can_return_is_one_passage() -> None:
    there, back = passing("AB12CDE", frames=range(40)), passing("AB12CDE", frames=range(95, 135))
    assert texts_of(track(scene(there, back))) == ["AB12CDE"]


@pytest.mark.parametrize("dropped", [range(15, 25), range(10, 45)])
def test_a_gap_of_dropped_frames_within_a_passage_does_not_split_it(dropped: range) -> None:
    assert texts_of(track(scene(passing("AB12CDE", frames=range(60)), dropped=dropped))) == ["AB12CDE"]


def test_a_gap_of_dropped_frames_longer_than_it_takes_to_return_ends_the_passage() -> None:
    before, after = passing("AB12CDE", frames=range(20)), passing("XY34FGH", frames=range(120, 140))
    passages = track(scene(before, after, dropped=range(20, 120)))
    assert texts_of(passages) == ["AB12CDE", "XY34FGH"]


@pytest.mark.parametrize("per_second", [12.0, 25.0])
def test_a_cut_from_one_vehicle_to_another_at_the_same_place_is_two_passages(per_second: float) -> None:
    first = vehicle("12KLX9", frames=range(36))
    second = vehicle("71TKX9", frames=range(36, 72))
    assert texts_of(track(scene(first, second, per_second=per_second))) == ["12KLX9", "71TKX9"]


def test_after_a_cut_two_sightings_of_the_other_vehicle_are_enough() -> None:
    first, second = vehicle("AB12CDE", frames=range(36)), vehicle("XY34FGH", frames=range(36, 38))
    assert texts_of(track(scene(first, second))) == ["AB12CDE", "XY34FGH"]


def test_an_odd_misread_does_not_split_a_passage() -> None:
    seen = scene(passing("AB12CDE", frames=range(40), misread={0: "77ZZZ1", 10: "XQ87WW1", 25: "11AAA1", 39: "KKK9"}))
    passages = track(seen)
    assert texts_of(passages) == ["AB12CDE"]
    assert counts_after(seen).misreads >= 1


def test_a_sign_that_stays_for_ever_yields_one_passage() -> None:
    sign = vehicle("TAXI99", frames=range(1500))
    passages = track(scene(sign, per_second=12))
    assert texts_of(passages) == ["TAXI99"]
    assert passages[0].closed_because is ClosedBecause.LONGEST


def test_a_sign_that_is_only_found_now_and_then_yields_one_passage() -> None:
    sign = vehicle("TAXI99", frames=range(1500), hidden=[frame for frame in range(1500) if frame % 300 > 5])
    assert texts_of(track(scene(sign, per_second=12))) == ["TAXI99"]


def test_a_vehicle_that_parks_for_long_and_leaves_yields_one_passage() -> None:
    parked = vehicle("AB12CDE", frames=range(600), moving_from=(500.0, 300.0, 30.0))
    leaving = vehicle("AB12CDE", frames=range(600, 640), moving_from=(500.0, 300.0, 30.0), to=(1200.0, 300.0, 30.0))
    assert texts_of(track(scene(parked, leaving))) == ["AB12CDE"]


def test_a_vehicle_is_two_passages_when_another_was_read_meanwhile_where_it_would_have_hidden_it() -> None:
    near, farther = (500.0, 300.0, 60.0), (500.0, 200.0, 30.0)
    first = vehicle("26KRR5", frames=range(36), moving_from=near)
    second = vehicle("99DDRS", frames=range(36, 72), moving_from=farther)
    again = vehicle("26KRR5", frames=range(72, 108), moving_from=near)
    assert texts_of(track(scene(first, second, again, per_second=12))) == ["26KRR5", "99DDRS", "26KRR5"]


def test_a_vehicle_that_takes_the_place_of_a_sign_is_read() -> None:
    sign, other = vehicle("TAXI99", frames=range(600)), vehicle("XY34FGH", frames=range(600, 620))
    assert texts_of(track(scene(sign, other))) == ["TAXI99", "XY34FGH"]


def test_only_one_sighting_of_a_passage_keeps_its_pictures_and_the_number_kept_is_bounded() -> None:
    (passage,) = track(scene(passing("AB12CDE", frames=range(300))))
    assert len([one for one in passage.sightings if one.patch is not None]) == 1
    assert len([one for one in passage.sightings if one.overview is not None]) == 1
    assert len(passage.sightings) <= SETTINGS.kept_sightings + 3
    assert passage.sighting_count == 300
    assert (passage.sightings[0].sequence, passage.sightings[-1].sequence) == (0, 299)


def test_the_picture_kept_is_not_of_a_misread() -> None:
    (passage,) = track(scene(passing("AB12CDE", frames=range(40), misread={39: "AB12COE"})))
    (pictured,) = [one for one in passage.sightings if one.patch is not None]
    assert pictured.sequence == 38


def test_a_kept_picture_does_not_keep_its_frame_in_memory() -> None:
    seen = sighting(plate_text("AB12CDE", 0.99))
    assert seen.patch is not None
    tracker = PassageTracker(CAMERA, SETTINGS)
    tracker.observe(0, START, [replace(seen, patch=seen.patch[1:3])])
    (passage,) = tracker.flush()
    assert passage.sightings[0].patch is not None
    assert passage.sightings[0].patch.base is None


def test_noise_without_end_is_bounded_and_counted() -> None:
    tracker = PassageTracker(CAMERA, SETTINGS)
    letters = "ABCDEFGHJKLMNPRSTUVWXY"
    for frame in range(120):
        at = START + timedelta(seconds=frame / 25)
        found = []
        for i in range(5):
            seed = frame * 5 + i
            text = "".join(letters[(seed * step) % len(letters)] for step in (3, 5, 7, 9, 13, 15))
            found.append(
                sighting(plate_text(text, 0.5), frame=frame, at=at, place=(300.0 * i, 70.0 * (frame % 9), 20.0))
            )
        tracker.observe(frame, at, found)
        assert len(tracker.snapshot()) < 3_000_000
    tracker.flush()
    counts = tracker.counts
    assert counts.sightings == 600
    ended = counts.passages + counts.rejoined + counts.joined + counts.misreads + sum(counts.rejected.values())
    assert counts.trails == ended


def test_a_clock_that_jumps_back_ends_what_was_in_view_and_starts_afresh() -> None:
    tracker = PassageTracker(CAMERA, SETTINGS)
    before = observe_all(tracker, scene(passing("AB12CDE", frames=range(3000, 3040))))
    shifted = observe_all(tracker, scene(passing("XY34FGH", frames=range(40))))
    assert texts_of([*before, *shifted, *tracker.flush()]) == ["AB12CDE", "XY34FGH"]


def test_flush_ends_everything_in_view_and_says_why() -> None:
    tracker = PassageTracker(CAMERA, SETTINGS)
    observe_all(tracker, scene(passing("AB12CDE", frames=range(20))))
    (passage,) = tracker.flush(ClosedBecause.STREAM_ENDED)
    assert passage.closed_because is ClosedBecause.STREAM_ENDED
    assert tracker.flush() == []


def test_a_vehicle_flushed_in_mid_passage_is_not_read_again() -> None:
    tracker = PassageTracker(CAMERA, SETTINGS)
    shots = scene(passing("AB12CDE", frames=range(40)))
    passages = observe_all(tracker, shots[:20]) + tracker.flush() + observe_all(tracker, shots[20:]) + tracker.flush()
    assert texts_of(passages) == ["AB12CDE"]


def test_a_sighting_of_another_camera_is_refused() -> None:
    tracker = PassageTracker(CameraId("south-gate"), SETTINGS)
    with pytest.raises(BadInput, match="one camera"):
        tracker.observe(0, START, [sighting(plate_text("AB12CDE"))])


def test_the_same_misread_again_and_again_between_good_readings_is_no_vehicle() -> None:
    seen = scene(passing("AB12CDE", frames=range(40), misread=dict.fromkeys(range(3, 40, 6), "TAXI99")))
    assert texts_of(track(seen)) == ["AB12CDE"]


def test_a_sure_misread_at_the_very_start_is_no_vehicle_even_at_a_low_frame_rate() -> None:
    seen = scene(vehicle("AB12CDE", frames=range(6), misread={0: "77ZZZ1"}, confidence=0.99), frames=20, per_second=3)
    assert texts_of(track(seen)) == ["AB12CDE"]
    assert counts_after(seen).misreads == 1


def test_a_thing_many_times_as_large_as_the_plate_before_it_is_no_look_at_that_plate() -> None:
    # a house wall was found around a distant plate; as its largest look it outvoted all that was read of the plate
    car = vehicle("AB12CDE", frames=range(24), moving_from=(800.0, 270.0, 11.0), to=(1100.0, 600.0, 22.0))
    car = replace(car, hidden={3}, illegible=[frame for frame in range(24) if frame % 6])
    wall = vehicle("I111", frames=range(3, 4), moving_from=(950.0, 270.0, 275.0), confidence=0.3)
    seen = scene(car, wall)
    assert [(one.text.vrm, one.text.confidence > 0.9) for one in track(seen) if one.text] == [("AB12CDE", True)]


@pytest.mark.parametrize(("text", "reads"), [("1111", 0), ("I11", 0), ("A11", 1), ("1111AB", 1)])
def test_a_row_of_windows_that_reads_as_strokes_is_no_mark(text: str, reads: int) -> None:
    seen = scene(vehicle(text, frames=range(20), confidence=0.95))
    assert len(track(seen)) == reads
    assert sum(counts_after(seen).rejected.values()) == 1 - reads


def test_at_a_low_frame_rate_two_vehicles_seen_once_each_at_one_place_are_two_passages() -> None:
    first, second = (
        vehicle(text, frames=range(i, i + 1), confidence=0.99) for i, text in enumerate(["AB12CDE", "XY34FGH"])
    )
    assert texts_of(track(scene(first, second, frames=20, per_second=3))) == ["AB12CDE", "XY34FGH"]
