"""Looks between: around what the look before found, and what else moves."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.capture.parts import window_size
from pipeline.domain.plate import Box, Detection
from pipeline.searching import Known, Search, parts_of
from tests.support.flow import frame
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


def windows_on(*plates: Detection, search: Box | None = EVERYWHERE, moving: tuple[Box, ...] = ()) -> list[Box | None]:
    return parts_of(Known(plates), KNOWN, search, moving, ROWS, COLUMNS)


def test_the_look_after_one_that_found_something_is_around_it_alone() -> None:
    road = Road({0: [plate(600, 500)], 1: [plate(640, 510)]})
    found = searched(road, [look(0), look(1)], [FULL, KNOWN])
    assert found == [[plate(600, 500)], [plate(640, 510)]]
    whole, window = road.asked
    assert whole.shape == (ROWS, COLUMNS, 3)
    assert window.shape[:2] == WINDOW[::-1] == window_size(ROWS, COLUMNS)
    assert (window.left + WINDOW[0] / 2, window.top + WINDOW[1] / 2) == pytest.approx((645, 510), abs=2)


def test_what_was_found_in_the_batch_before_is_followed_too() -> None:
    road = Road({1: [plate(640, 510)]})
    assert searched(road, [look(1)], [KNOWN], before=Known((plate(600, 500),))) == [[plate(640, 510)]]
    assert road.asked[0].shape[:2] == WINDOW[::-1]


def test_where_the_look_before_found_nothing_all_that_moves_is_searched() -> None:
    part = Box(x=100, y=200, width=960, height=756)
    road = Road({1: [plate(640, 510)]})
    assert searched(road, [look(0, part), look(1, part)], [FULL, KNOWN]) == [[], [plate(640, 510)]]
    assert [one.shape[:2] for one in road.asked] == [(756, 960)] * 2


def test_what_begins_to_move_elsewhere_is_searched_in_the_same_look() -> None:
    known, new = Box(x=500, y=200, width=400, height=700), Box(x=1300, y=100, width=400, height=500)
    road = Road({0: [plate(600, 500)], 1: [plate(640, 510), plate(1500, 400)]})
    found = searched(road, [look(0), look(1, moving=(known, new))], [FULL, KNOWN])
    assert found[1] == [plate(1500, 400), plate(640, 510)]
    assert [one.shape[:2] for one in road.asked[-2:]] == [(756, 960), WINDOW[::-1]]


def test_a_window_in_a_part_that_is_searched_anyway_is_not_searched_twice() -> None:
    known, new = Box(x=700, y=300, width=250, height=300), Box(x=1000, y=300, width=100, height=300)
    road = Road({0: [plate(830, 500)], 1: [plate(840, 510)]})
    assert searched(road, [look(0), look(1, moving=(known, new))], [FULL, KNOWN])[1] == [plate(840, 510)]
    # what is too far from the edge of the part around what is new is in no need of a window
    assert [one.shape[:2] for one in road.asked[1:]] == [WINDOW[::-1]]


def test_where_much_else_moves_all_of_it_is_searched() -> None:
    known, new = Box(x=500, y=300, width=250, height=300), Box(x=800, y=0, width=1100, height=1080)
    everything = parts_of(NOTHING, FULL, EVERYWHERE, (known, new), ROWS, COLUMNS)
    assert windows_on(plate(600, 500), moving=(known, new)) == everything
    assert [(one.width, one.height) for one in everything if one] == [WINDOW, (1344, 1080)]


def test_a_plate_that_may_leave_its_window_has_all_that_moves_searched() -> None:
    assert windows_on(plate(600, 500, 300, 60)) == [EVERYWHERE]
    assert windows_on(plate(600, 500, 200, 200)) == [EVERYWHERE]


def test_more_windows_than_are_worth_it_are_not_taken() -> None:
    many = [plate(x, y) for x in (50, 700, 1400) for y in (50, 500, 950)]
    assert len(windows_on(*many[:6])) == 6
    assert windows_on(*many) == [EVERYWHERE]


def test_a_plate_in_two_windows_is_found_once() -> None:
    beside = [plate(600, 500), plate(850, 500)]
    road = Road({0: beside, 1: beside})
    assert searched(road, [look(0), look(1)], [FULL, KNOWN])[1] == beside
    assert len(road.asked) == 3


def test_plates_close_to_each_other_share_a_window() -> None:
    assert len(windows_on(plate(600, 500), plate(700, 520))) == 1


def test_what_the_window_cuts_off_is_no_plate() -> None:
    road = Road({0: [plate(600, 500)], 1: [plate(600 + 45 - 288 + 5, 500)]})
    assert searched(road, [look(0), look(1)], [FULL, KNOWN])[1] == []


def test_frames_that_nobody_looks_at_pass_by() -> None:
    road = Road({0: [plate(600, 500)], 2: [plate(620, 505)]})
    between = replace(frame(1), pixels=None)
    found = searched(road, [look(0), between, look(2)], [FULL, FULL, KNOWN])
    assert found == [[plate(600, 500)], [plate(620, 505)]]


def test_what_follows_is_asked_as_soon_as_the_looks_before_are_known_and_not_sooner() -> None:
    class Held(Road):
        def find(self, images: Sequence[Any], sides: Sequence[int]) -> Future[list[tuple[Detection, ...]]]:
            answer = super().find(images, sides)
            self.held: Future[list[tuple[Detection, ...]]] = Future()
            self.given = answer.result()
            return self.held

    road = Held({0: [plate(600, 500)], 1: [plate(640, 510)]})
    search = Search([look(0), look(1)], road, [FULL, KNOWN])
    assert not search.is_done(NOTHING)
    assert road.calls == 1
    road.held.set_result(road.given)
    assert not search.is_done(NOTHING)
    assert not search.is_done(NOTHING)
    assert road.calls == 2
    road.held.set_result(road.given)
    assert search.is_done(NOTHING)
    assert search.found(NOTHING) == [[plate(600, 500)], [plate(640, 510)]]


def test_a_search_that_breaks_is_no_empty_road() -> None:
    class Broken(Road):
        def find(self, images: Sequence[Any], sides: Sequence[int]) -> Future[list[tuple[Detection, ...]]]:
            answer: Future[list[tuple[Detection, ...]]] = Future()
            answer.set_exception(OSError("the models are gone"))
            return answer

    search = Search([look(0), look(1)], Broken({}), [FULL, KNOWN])
    with pytest.raises(OSError, match="gone"):
        search.found(NOTHING)


def _around(box: Box) -> Box:
    left, top = max(box.x - 100, 0), max(box.y - 100, 0)
    right, bottom = min(box.x + box.width + 100, COLUMNS), min(box.y + box.height + 50, ROWS)
    return Box(x=left, y=top, width=max(right - left, 1), height=max(bottom - top, 1))


DRIVES = st.lists(
    st.tuples(st.integers(0, 1700), st.integers(0, 1000), st.integers(-60, 60), st.integers(-40, 40)), max_size=4
)


@given(
    drives=DRIVES,
    ends=st.sets(st.integers(1, 11)),
    parts=st.lists(st.sampled_from([None, EVERYWHERE]), min_size=12),
    moving=st.lists(st.integers(0, 4), min_size=12),
    unsure=st.sets(st.integers(0, 11)),
)
@settings(max_examples=150, deadline=None)
def test_what_is_found_does_not_depend_on_how_looks_are_batched(
    drives: list[tuple[int, int, int, int]],
    ends: set[int],
    parts: list[Box | None],
    moving: list[int],
    unsure: set[int],
) -> None:
    plates = {
        number: [plate(x + number * right, y + number * down) for x, y, right, down in drives] for number in range(12)
    }
    frames = [
        look(number, parts[number], tuple(_around(one.box) for one in plates[number][: moving[number]]))
        for number in range(12)
    ]
    kinds = [FULL if parts[number] is None else kind for number, kind in enumerate([FULL, UNSETTLED, KNOWN] * 4)]

    def all_found(cuts: list[int]) -> list[list[Detection]]:
        found, known = list[list[Detection]](), NOTHING
        for begin, end in zip([0, *cuts], [*cuts, 12], strict=True):
            search = Search(frames[begin:end], Road(plates, unsure=unsure), kinds[begin:end])
            assert search.is_done(known)
            found += search.found(known)
            known = search.known or NOTHING
        return found

    assert all_found(sorted(ends)) == all_found([])


@given(
    found=st.lists(
        st.tuples(st.floats(-20, 4000), st.floats(-20, 2300), st.floats(10, 200), st.floats(4, 60)),
        min_size=1,
        max_size=9,
    ),
    size=st.sampled_from([(1080, 1920), (720, 1280), (360, 640), (1440, 1080), (1079, 1917), (100, 90)]),
)
@settings(max_examples=200, deadline=None)
def test_windows_lie_in_the_picture_at_even_places(
    found: list[tuple[float, float, float, float]], size: tuple[int, int]
) -> None:
    rows, columns = size
    everywhere = Box(x=0, y=0, width=columns, height=rows)
    for part in parts_of(Known(tuple(plate(*one) for one in found)), KNOWN, everywhere, (), rows, columns):
        assert part is not None
        if part == everywhere:
            continue
        assert part.x % 2 == part.y % 2 == 0
        assert 0 <= part.x <= part.x + part.width <= columns
        assert 0 <= part.y <= part.y + part.height <= rows
        assert (part.height, part.width) == window_size(rows, columns)


def test_a_window_is_the_same_part_of_what_is_searched_at_any_size() -> None:
    for rows, columns in ((1080, 1920), (720, 1280), (1440, 2560), (2160, 3840)):
        height, width = window_size(rows, columns)
        assert (round(height * 640 / columns), round(width * 640 / columns)) == (128, 192)


def test_pixels_are_cut_where_the_window_says() -> None:
    class Brightest(Road):
        def find(self, images: Sequence[Any], sides: Sequence[int]) -> Future[list[tuple[Detection, ...]]]:
            answer: Future[list[tuple[Detection, ...]]] = Future()
            found = []
            for image in images:
                [row, column] = np.argwhere(image[..., 0] == 255)[0]
                found.append((plate(float(column), float(row)),))
            answer.set_result(found)
            return answer

    pixels = np.zeros((2, ROWS, COLUMNS, 3), np.uint8)
    pixels[0, 500, 600] = pixels[1, 520, 650] = 255
    frames = [replace(look(number), pixels=pixels[number]) for number in range(2)]
    found = searched(Brightest({}), frames, [FULL, KNOWN])
    assert [(one.box.x, one.box.y) for ones in found for one in ones] == [(600, 500), (650, 520)]


def test_a_doubtful_find_gets_no_window_and_makes_no_movement_known() -> None:
    sure, doubtful = plate(300, 300), replace(plate(1400, 800), doubtful=True)
    moving = [Box(x=200, y=200, width=300, height=200), Box(x=1300, y=700, width=300, height=200)]
    assert NOTHING.then([doubtful], [None]) == NOTHING
    [both, one] = (
        parts_of(NOTHING.then(found, [None]), KNOWN, EVERYWHERE, moving, ROWS, COLUMNS)
        for found in ([sure, doubtful], [sure])
    )
    assert both == one
    assert len(both) == 2
