"""Which sighting continues which trail."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.track.association import Likeness, assign, associate, likeness, without_doubles
from pipeline.track.likeness import edits, is_fragment, is_nearly, unlikeness
from pipeline.track.motion import Motion, overlap
from pipeline.track.settings import TrackSettings
from pipeline.track.trail import Trail
from tests.support.sightings import START, Place, plate_text, sighting

SETTINGS = TrackSettings()
LATER = START + timedelta(seconds=0.08)


def trail_of(text: str, place: Place, number: int = 0, confidence: float = 0.9) -> Trail:
    return Trail.of(sighting(plate_text(text, confidence), place=place), number=number, kept_most=4)


def least_total(costs: list[list[float | None]]) -> tuple[int, float]:
    """How many rows can be matched at most, and at what cost, found by trying everything."""
    rows, columns = len(costs), len(costs[0])
    best = (0, 0.0)
    for order in permutations([*range(columns), *[None] * rows], rows):
        chosen = [costs[row][column] for row, column in enumerate(order) if column is not None]
        if None in chosen:
            continue
        total = sum(one for one in chosen if one is not None)
        if (len(chosen), -total) > (best[0], -best[1]):
            best = (len(chosen), total)
    return best


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(1, 3), st.integers(1, 3), st.data())
def test_the_assignment_matches_the_most_at_the_least_cost(rows: int, columns: int, data: st.DataObject) -> None:
    cost = st.one_of(st.none(), st.floats(0, 5))
    costs = data.draw(st.lists(st.lists(cost, min_size=columns, max_size=columns), min_size=rows, max_size=rows))
    pairs = assign(costs)
    chosen = [costs[row][column] for row, column in pairs]
    assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)
    assert None not in chosen
    number, total = least_total(costs)
    assert len(pairs) == number
    assert abs(sum(one for one in chosen if one is not None) - total) < 1e-6


def test_nothing_is_matched_with_nothing() -> None:
    assert assign([]) == []
    assert assign([[], []]) == []
    assert associate([], [], START, SETTINGS) == []


def test_the_text_outweighs_the_place() -> None:
    here, there = trail_of("AB12CDE", (100, 100, 20), 0), trail_of("XY34FGH", (200, 100, 20), 1)
    swapped = [
        sighting(plate_text("XY34FGH"), at=LATER, place=(100, 100, 20)),
        sighting(plate_text("AB12CDE"), at=LATER, place=(200, 100, 20)),
    ]
    pairs = associate([here, there], swapped, LATER, SETTINGS)
    assert [(trail.number, seen.text and seen.text.vrm) for trail, seen in pairs] == [(1, "XY34FGH"), (0, "AB12CDE")]


def test_an_illegible_sighting_goes_to_the_trail_that_is_expected_there() -> None:
    left, right = trail_of("AB12CDE", (100, 100, 20), 0), trail_of("XY34FGH", (240, 100, 20), 1)
    ((trail, _),) = associate([left, right], [sighting(None, at=LATER, place=(230, 100, 20))], LATER, SETTINGS)
    assert trail is right


def test_a_clearly_different_text_never_continues_a_trail() -> None:
    trail = trail_of("AB12CDE", (100, 100, 20))
    other = sighting(plate_text("XY34FGH"), at=LATER, place=(100, 100, 20))
    assert associate([trail], [other], LATER, SETTINGS) == []


def test_a_similar_text_continues_a_trail_nearby_but_not_across_the_picture() -> None:
    trail = trail_of("AB12CDE", (100, 100, 20))
    near = sighting(plate_text("A812CDE"), at=LATER, place=(150, 100, 20))
    far = sighting(plate_text("A812CDE"), at=LATER, place=(600, 100, 20))
    assert len(associate([trail], [near], LATER, SETTINGS)) == 1
    assert associate([trail], [far], LATER, SETTINGS) == []


def test_no_plate_moves_faster_than_the_settings_say() -> None:
    trail = trail_of("AB12CDE", (100, 100, 20))
    seen = sighting(plate_text("AB12CDE"), at=LATER, place=(900, 100, 20))
    assert associate([trail], [seen], LATER, SETTINGS) == []


def test_a_text_that_the_recogniser_also_thought_of_counts_as_the_same() -> None:
    text = plate_text("XY34FGH", 0.5, others={"AB12CDE": 0.2})
    assert likeness(trail_of("AB12CDE", (100, 100, 20)), text)[0] is Likeness.SAME


def test_two_sure_readings_are_told_apart_by_fewer_characters_than_two_unsure_ones() -> None:
    assert likeness(trail_of("AB12CDE", (0, 0, 20)), plate_text("AB34CDE", 0.9))[0] is Likeness.DIFFERENT
    assert likeness(trail_of("AB12CDE", (0, 0, 20), confidence=0.4), plate_text("AB34CDE", 0.4))[0] is Likeness.SIMILAR


def test_of_a_plate_found_twice_the_surer_text_stays() -> None:
    unsure, sure = sighting(plate_text("A812CDE", 0.4)), sighting(plate_text("AB12CDE", 0.9), place=(203, 151, 20))
    elsewhere = sighting(None, place=(500, 150, 20))
    assert without_doubles([unsure, sure, elsewhere]) == [sure, elsewhere]


def test_edits_are_counted_as_levenshtein_did() -> None:
    assert [edits("AB12CDE", other) for other in ("AB12CDE", "A812CDE", "AB12CD", "XAB12CDE", "")] == [0, 1, 1, 1, 7]


def test_a_text_cut_off_is_like_the_whole_and_a_different_one_is_not() -> None:
    assert unlikeness("2CDE", "AB12CDE") < 0.2
    assert unlikeness("AB12CDE", "XY34FGH") == 1.0
    assert unlikeness("", "AB12CDE") == 1.0
    assert is_fragment("B12C", "AB12CDE")
    assert not is_fragment("AB", "AB12CDE")


def test_marks_are_nearly_the_same_only_by_a_character_that_readers_confuse() -> None:
    assert is_nearly("AB12CDE", "A812CDE")
    assert not is_nearly("AB12CDE", "AX12CDE")
    assert not is_nearly("AB12CDE", "A812CDF")


def test_a_plate_is_expected_where_its_speed_and_growth_take_it() -> None:
    motion = Motion()
    for step in range(3):
        at = START + timedelta(seconds=0.1 * step)
        motion.note(at, sighting(None, place=(100.0 + 50 * step, 100.0, 20.0 * 1.1**step)).detection.box)
    expected = motion.expected(START + timedelta(seconds=0.3))
    actual = sighting(None, place=(250.0, 100.0, 20.0 * 1.1**3)).detection.box
    assert overlap(expected, actual) > 0.95
    assert not motion.stands
