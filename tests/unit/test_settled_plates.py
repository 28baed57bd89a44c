"""Settled plates: what goes on as it did is left out of every other look, and what stands stays known."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import pytest

from pipeline.domain.plate import Box, Detection
from pipeline.searching import Known, Search, parts_of
from tests.support.plain_road import (
    COLUMNS,
    EVERYWHERE,
    FULL,
    KNOWN,
    NOTHING,
    ROWS,
    UNSETTLED,
    WINDOW,
    Road,
    look,
    plate,
    searched,
)

CAR, LORRY = plate(600, 500), plate(1500, 800)
ROUND_CAR, ROUND_LORRY = Box(x=500, y=200, width=300, height=500), Box(x=1300, y=600, width=600, height=400)


def settled(*plates: Detection) -> Known:
    return NOTHING.then(plates, [None]).then(plates, [None])


def test_a_settled_plate_is_not_looked_for_in_every_other_look_which_then_costs_nothing() -> None:
    road = Road({number: [CAR] for number in range(5)})
    frames = [look(number, moving=(ROUND_CAR,)) for number in range(5)]
    found = searched(road, frames, [FULL, UNSETTLED, KNOWN, UNSETTLED, FULL])
    # it is settled from the second look on that shows it
    assert found == [[CAR], [CAR], [CAR], [], [CAR]]
    assert len(road.asked) == 4


def test_what_begins_to_move_beside_a_settled_plate_is_searched_at_once() -> None:
    road = Road({0: [CAR, LORRY]})
    found = searched(road, [look(0, moving=(ROUND_CAR, ROUND_LORRY))], [UNSETTLED], settled(CAR))
    assert found == [[LORRY]]
    assert [(one.left <= 600, one.shape[:2]) for one in road.asked] == [(False, (756, 960))]


@pytest.mark.parametrize(
    ("where", "still"),
    [
        (plate(600, 500), True),
        (plate(650, 530), True),
        (plate(700, 500), False),
        (plate(595, 498, 110, 25), True),
        (plate(595, 498, 120, 27), False),
    ],
)
def test_what_hurries_or_grows_fast_is_never_settled(where: Detection, still: bool) -> None:
    known = NOTHING.then([CAR], [None]).then([where], [None])
    assert known.plates == (where,)
    assert (known.settled == (where,)) is still
    [window] = parts_of(known, KNOWN, EVERYWHERE, (), ROWS, COLUMNS)
    assert parts_of(known, UNSETTLED, EVERYWHERE, (), ROWS, COLUMNS) == ([] if still else [window])


def test_what_stands_where_a_look_did_not_go_stays_known_until_one_goes_there() -> None:
    road = Road({0: [CAR, LORRY], 1: [LORRY], 2: [CAR, LORRY], 3: [LORRY], 4: [LORRY]})
    frames = [look(0, None), *(look(number, moving=(ROUND_LORRY,)) for number in range(1, 5))]
    found = searched(road, frames, [FULL, FULL, KNOWN, KNOWN, KNOWN])
    assert found == [[CAR, LORRY], [LORRY], [LORRY, CAR], [LORRY], [LORRY]]
    # the last but one was around where the car had stood, the last not any more
    assert [sum(one.number == number for one in road.asked) for number in range(5)] == [1, 1, 2, 2, 1]


def test_movements_far_from_each_other_are_searched_apart() -> None:
    far = Box(x=100, y=100, width=200, height=100), Box(x=1600, y=900, width=200, height=100)
    parts = parts_of(NOTHING, FULL, EVERYWHERE, far, ROWS, COLUMNS)
    assert [(one.width, one.height) for one in parts if one] == [WINDOW, WINDOW]
    road = Road({0: [plate(150, 120), plate(1650, 920)]})
    assert searched(road, [look(0, moving=far)], [FULL]) == [[plate(150, 120), plate(1650, 920)]]


def test_a_plate_too_large_for_a_window_is_not_missed_where_it_is_settled() -> None:
    large = plate(600, 500, 300, 60)
    assert parts_of(settled(large), UNSETTLED, EVERYWHERE, (ROUND_CAR,), ROWS, COLUMNS) == []
    [part] = parts_of(settled(large), KNOWN, EVERYWHERE, (ROUND_CAR,), ROWS, COLUMNS)
    assert part is not None
    assert part.width >= 300


def test_what_is_known_goes_on_from_batch_to_batch() -> None:
    road = Road({number: [CAR] for number in range(3)})
    before = Search([look(0), look(1)], road, [FULL, KNOWN])
    before.found(NOTHING)
    assert before.known == settled(CAR)
    after = Search([look(2, moving=(ROUND_CAR,))], road, [UNSETTLED])
    assert after.found(before.known) == [[]]
    assert after.known == before.known


def test_what_stands_has_its_window_whatever_becomes_of_what_moves() -> None:
    known, small = NOTHING.then([CAR, plate(1650, 100)], [None]), Box(x=1600, y=60, width=200, height=100)
    [moves, stands] = parts_of(known, KNOWN, EVERYWHERE, (small,), ROWS, COLUMNS)
    assert [(one.width, one.height) for one in (moves, stands) if one] == [WINDOW, WINDOW]
    assert stands == parts_of(Known((CAR,)), KNOWN, EVERYWHERE, (), ROWS, COLUMNS)[0]
    # nor if what moves is too large for a window
    large = NOTHING.then([CAR, plate(1400, 100, 400, 100)], [None])
    assert parts_of(large, KNOWN, EVERYWHERE, (small,), ROWS, COLUMNS)[-1] == stands


def test_a_known_plate_that_is_found_doubtfully_for_once_stays_known() -> None:
    doubtful = replace(CAR, confidence=0.5, doubtful=True)
    assert NOTHING.then([doubtful], [None]) == NOTHING
    known = NOTHING.then([CAR], [None]).then([doubtful], [None])
    assert known.plates == (doubtful,)
    [window] = parts_of(known, KNOWN, EVERYWHERE, (), ROWS, COLUMNS)
    assert window is not None
    assert (window.width, window.height) == WINDOW


def test_a_plate_at_the_edge_of_the_picture_is_in_the_part_that_ends_there() -> None:
    corner = plate(2, 2)
    new = Box(x=0, y=0, width=100, height=100)
    known = Known((corner,))
    # the movement is that plate's, so that it has a window; a second one beside it needs none of its own
    assert len(parts_of(known, KNOWN, EVERYWHERE, (new,), ROWS, COLUMNS)) == 1
    beside = Box(x=200, y=100, width=100, height=100)
    assert len(parts_of(known, KNOWN, EVERYWHERE, (new, beside), ROWS, COLUMNS)) == 1


def test_of_a_plate_that_two_parts_show_the_surer_find_counts() -> None:
    far = Box(x=100, y=100, width=200, height=100), Box(x=500, y=100, width=500, height=400)

    class Unsure(Road):
        def find(self, images: Sequence[Any], sides: Sequence[int]) -> Future[list[tuple[Detection, ...]]]:
            answer: Future[list[tuple[Detection, ...]]] = Future()
            answer.set_result(
                [
                    tuple(replace(one, confidence=0.5 + 0.1 * at) for one in ones)
                    for at, ones in enumerate(super().find(images, sides).result())
                ]
            )
            return answer

    shown = [plate(150, 120), plate(520, 150)]
    [found] = searched(Unsure({0: shown}), [look(0, moving=far)], [FULL])
    assert sorted(one.box.x for one in found) == [150, 520]
